"""Who may do what: four roles, each including the ones before it."""

from app.domain.words import Word


class Role(Word):
    """A member of staff's role, ordered by what it includes.

    >>> Role.MANAGER > Role.SUPERVISOR, Role.MANAGER.includes(Role.COLLECTOR), Role.COLLECTOR.includes(Role.ADMIN)
    (True, True, False)
    """

    COLLECTOR = "collector", "Collector"
    SUPERVISOR = "supervisor", "Supervisor"
    MANAGER = "manager", "Manager"
    ADMIN = "admin", "Admin"

    @property
    def rank(self) -> int:
        """0 for a collector up to 3 for an admin."""
        return tuple(Role).index(self)

    def includes(self, other: "Role") -> bool:
        """Whether this role may do whatever the other may."""
        return self.rank >= other.rank

    # Without these four a role would compare as text, where "manager" < "supervisor" by the alphabet's accident.
    def __lt__(self, other: str) -> bool:
        """Whether this role includes less than the other."""
        return self.rank < Role(other).rank

    def __le__(self, other: str) -> bool:
        """Whether this role includes no more than the other."""
        return self.rank <= Role(other).rank

    def __gt__(self, other: str) -> bool:
        """Whether this role includes more than the other."""
        return self.rank > Role(other).rank

    def __ge__(self, other: str) -> bool:
        """Whether this role includes at least what the other does."""
        return self.rank >= Role(other).rank
