"""Sharing accounts out among collectors so that nobody has much more than another.

A person's accounts go to one collector (domain.md part 8), so people are shared out, not accounts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import heapify, heapreplace


@dataclass(frozen=True, slots=True)
class Person:
    """A customer with all their chosen accounts, and who may be given them."""

    customer_id: int
    account_ids: tuple[int, ...]
    past_due_cents: int
    collectors: frozenset[int]


@dataclass(frozen=True, slots=True)
class Load:
    """What a collector carries: accounts first, then what is past due on them."""

    accounts: int = 0
    past_due_cents: int = 0


def shared_out(people: Iterable[Person], loads: Mapping[int, Load]) -> dict[int, list[Person]]:
    """Who gets whom: the people who owe most first, each to the collector with the least at that moment.

    `loads` is what each collector carries already, by id. Somebody whom none of them may see is left out. The same people and
    loads give the same shares, in whatever order they come.

    >>> people = [Person(n, (n,), cents, frozenset({7, 8})) for n, cents in enumerate((90, 80, 20, 10), start=1)]
    >>> shares = shared_out(people, {7: Load(), 8: Load()})
    >>> {collector: [person.past_due_cents for person in share] for collector, share in shares.items()}
    {7: [90, 10], 8: [80, 20]}
    >>> len(shared_out(people, {7: Load(accounts=4), 8: Load()})[8])
    4
    """
    shares: dict[int, list[Person]] = {collector: [] for collector in loads}
    queues: dict[frozenset[int], list[tuple[int, int, int]]] = {}
    carried = {collector: [load.accounts, load.past_due_cents] for collector, load in loads.items()}
    for person in sorted(people, key=lambda each: (-each.past_due_cents, each.customer_id)):
        allowed = frozenset(person.collectors & carried.keys())
        if not allowed:
            continue
        queue = queues.setdefault(allowed, [])
        if not queue:
            queue.extend((carried[collector][0], carried[collector][1], collector) for collector in allowed)
            heapify(queue)
        # Another group of collectors may have given somebody more since this queue saw them.
        while list(queue[0][:2]) != carried[queue[0][2]]:
            collector = queue[0][2]
            heapreplace(queue, (carried[collector][0], carried[collector][1], collector))
        collector = queue[0][2]
        carried[collector][0] += len(person.account_ids)
        carried[collector][1] += person.past_due_cents
        heapreplace(queue, (carried[collector][0], carried[collector][1], collector))
        shares[collector].append(person)
    return shares
