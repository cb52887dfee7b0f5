"""Sharing people out among collectors."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.domain.collections.balancing import Load, Person, shared_out

EVERYBODY = frozenset({1, 2, 3})
people_of_any_size = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 500_000), st.sets(st.sampled_from([1, 2, 3]))), max_size=40
).map(
    lambda drawn: [
        Person(n, tuple(range(n * 10, n * 10 + accounts)), cents, frozenset(allowed))
        for n, (accounts, cents, allowed) in enumerate(drawn, start=1)
    ]
)


@given(people_of_any_size)
def test_everybody_goes_to_one_collector_who_may_have_them(people: list[Person]) -> None:
    shares = shared_out(people, {1: Load(), 2: Load(5, 100), 3: Load()})
    given_to = [(person.customer_id, collector) for collector, share in shares.items() for person in share]
    assert sorted(one for one, _ in given_to) == sorted(person.customer_id for person in people if person.collectors)
    allowed = {person.customer_id: person.collectors for person in people}
    assert all(collector in allowed[one] for one, collector in given_to)


@given(st.lists(st.integers(0, 500_000), max_size=60))
def test_nobody_gets_two_more_than_another_when_all_may_have_all(amounts: list[int]) -> None:
    people = [Person(n, (n,), cents, EVERYBODY) for n, cents in enumerate(amounts, start=1)]
    sizes = [len(share) for share in shared_out(people, {1: Load(), 2: Load(), 3: Load()}).values()]
    assert max(sizes) - min(sizes) <= 1


@given(people_of_any_size, st.randoms())
def test_the_order_in_which_people_come_does_not_matter(people: list[Person], chance: object) -> None:
    turned = people[:]
    chance.shuffle(turned)  # type: ignore[attr-defined]
    loads = {1: Load(3, 9_000), 2: Load(), 3: Load()}
    assert shared_out(turned, loads) == shared_out(people, loads)


def test_who_carries_little_catches_up_first() -> None:
    people = [Person(n, (n,), 1_000, frozenset({1, 2})) for n in range(1, 11)]
    shares = shared_out(people, {1: Load(accounts=8, past_due_cents=90_000), 2: Load()})
    assert {collector: len(share) for collector, share in shares.items()} == {1: 1, 2: 9}
