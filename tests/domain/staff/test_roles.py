"""Roles include the ones before them."""

import pytest

from app.domain.staff.roles import Role

ORDER = [Role.COLLECTOR, Role.SUPERVISOR, Role.MANAGER, Role.ADMIN]


@pytest.mark.parametrize("role", ORDER)
@pytest.mark.parametrize("other", ORDER)
def test_a_role_includes_itself_and_the_ones_before_it(role: Role, other: Role) -> None:
    place, others_place = ORDER.index(role), ORDER.index(other)
    assert role.includes(other) is (place >= others_place)
    assert (role < other, role <= other) == (place < others_place, place <= others_place)
    assert (role > other, role >= other) == (place > others_place, place >= others_place)


def test_roles_are_not_sorted_by_the_alphabet() -> None:
    assert sorted([Role.ADMIN, Role.MANAGER, Role.SUPERVISOR, Role.COLLECTOR]) == ORDER
    assert max(Role) is Role.ADMIN


def test_a_role_is_not_compared_with_a_word_that_is_no_role() -> None:
    with pytest.raises(ValueError):
        _ = Role.ADMIN > "owner"
