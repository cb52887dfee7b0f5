"""What an account may become and which accounts count where."""

from itertools import pairwise

import pytest

from app.domain.servicing.status import AGED_STATUSES, OPEN_STATUSES, TRANSITIONS, AccountStatus, may_become, standing

S = AccountStatus


@pytest.mark.parametrize(
    "life",
    [
        [S.PENDING_REVIEW, S.ACTIVE, S.PAID_OFF, S.CLOSED],
        [S.ACTIVE, S.DEFAULT, S.RECOVERY, S.RETURNED, S.CLOSED],
        [S.ACTIVE, S.DEFAULT, S.RECOVERY, S.CHARGED_OFF, S.CLOSED, S.ACTIVE],
        [S.ACTIVE, S.DEFAULT, S.ACTIVE, S.RETURNED, S.ACTIVE],
        [S.ACTIVE, S.CANCELLED, S.CLOSED],
        [S.PENDING_REVIEW, S.VOID],
        # The last payment comes back: the account is again where it was.
        [S.DEFAULT, S.PAID_OFF, S.DEFAULT],
        [S.RECOVERY, S.PAID_OFF, S.RECOVERY],
    ],
)
def test_the_lives_that_accounts_lead_are_allowed(life: list[AccountStatus]) -> None:
    for status, other in pairwise(life):
        assert may_become(status, other), (status, other)


@pytest.mark.parametrize(
    ("status", "other"),
    [
        (S.VOID, S.ACTIVE), (S.ACTIVE, S.PENDING_REVIEW), (S.ACTIVE, S.ACTIVE), (S.PENDING_REVIEW, S.DEFAULT),
        (S.ACTIVE, S.RECOVERY), (S.CLOSED, S.PAID_OFF), (S.CANCELLED, S.DEFAULT), (S.DEFAULT, S.PENDING_REVIEW),
    ],
)  # fmt: skip
def test_a_step_that_leaves_out_a_decision_is_refused(status: AccountStatus, other: AccountStatus) -> None:
    assert not may_become(status, other)


def test_every_status_but_the_first_can_be_reached() -> None:
    assert set().union(*TRANSITIONS.values()) == set(S)


def test_finished_accounts_are_neither_worked_nor_aged() -> None:
    finished = {S.PAID_OFF, S.RETURNED, S.CANCELLED, S.VOID, S.CHARGED_OFF, S.CLOSED}
    assert set(S) - finished - {S.PENDING_REVIEW} == OPEN_STATUSES
    assert set(S) - finished == AGED_STATUSES


@pytest.mark.parametrize(
    ("status", "days", "word"),
    [
        (S.ACTIVE, 0, "Active"),
        (S.ACTIVE, 1, "Past due"),
        (S.DEFAULT, 75, "Default"),
        (S.PENDING_REVIEW, 9, "Pending review"),
    ],
)
def test_past_due_is_said_of_active_accounts_only(status: AccountStatus, days: int, word: str) -> None:
    assert standing(status, days) == word
