"""Words, and the tables in which each member of an enum must stand."""

import json
import pickle
from collections.abc import Collection

import pytest

from app.domain.collections.assigning import AmountBasis
from app.domain.collections.contact import (
    CONTACT_KINDS,
    CONVERSATIONS,
    MATURED_PROMISES,
    MISSES,
    OPEN_PROMISES,
    RECORD_KINDS,
    ActivityKind,
    ConsentChannel,
    Disposition,
    FollowUpKind,
    FollowUpStatus,
    PhoneKind,
    PromiseStatus,
)
from app.domain.collections.contact_rules import (
    CLOCK_KINDS,
    COUNTED_KINDS,
    LASTING,
    TIMED,
    Channel,
    RestrictionKind,
    RuleKind,
)
from app.domain.collections.cures import CureKind
from app.domain.collections.signals import BAD, DEFAULT_BANDS, DEFAULT_POINTS, GOOD, Risk, SignalKind
from app.domain.collections.statuses import IntervalUnit
from app.domain.errors import Severity
from app.domain.payments.allocation import Policy
from app.domain.payments.kinds import (
    COUNTED_STATES,
    ENDED_STATES,
    MANUAL_METHODS,
    MONEY_IN_KINDS,
    MONEY_OUT_KINDS,
    OPEN_STATES,
    PROCESSOR_METHODS,
    RETURNABLE_METHODS,
    PaymentKind,
    PaymentMethod,
    PaymentState,
)
from app.domain.portfolio.imports import BATCH_TRANSITIONS, BatchState, ImportFormat, RowOutcome
from app.domain.reporting.jobs import JOB_TRANSITIONS, JobState, StepName
from app.domain.servicing.arrangements import (
    LIMITED_KINDS,
    STATE_TRANSITIONS,
    UNLIMITED_KINDS,
    ArrangementKind,
    ArrangementState,
)
from app.domain.servicing.charges import ADJUSTMENT_SIGNS, AdjustmentKind, ChargeKind, FeeKind
from app.domain.servicing.contract import ContractType
from app.domain.servicing.delinquency import DEFAULT_AFTER_DAYS
from app.domain.servicing.frequency import DEFAULT_PAYMENTS, SUFFIXES, Frequency
from app.domain.servicing.schedule import ChargeRoll
from app.domain.servicing.status import TRANSITIONS, AccountStatus
from app.domain.staff.roles import Role
from app.domain.words import Word

ALL_WORDS: list[type[Word]] = [
    AccountStatus, ActivityKind, AdjustmentKind, AmountBasis, ArrangementKind, ArrangementState,
    BatchState, Channel, ChargeKind, ChargeRoll, ConsentChannel, ContractType, CureKind,
    Disposition, FeeKind, FollowUpKind, FollowUpStatus, Frequency, ImportFormat, IntervalUnit, JobState,
    PaymentKind, PaymentMethod,
    PaymentState, PhoneKind, Policy, PromiseStatus, RestrictionKind, Risk,
    Role, RowOutcome, RuleKind, Severity, SignalKind, StepName,
]  # fmt: skip


@pytest.mark.parametrize("words", ALL_WORDS)
def test_a_word_is_its_value_everywhere_it_goes(words: type[Word]) -> None:
    for word in words:
        assert words(word.value) is word
        assert f"{word}" == str(word) == word.value
        assert json.loads(json.dumps(word)) == word.value
        assert pickle.loads(pickle.dumps(word)) is word


@pytest.mark.parametrize("words", ALL_WORDS)
def test_no_two_members_share_a_value_or_a_label(words: type[Word]) -> None:
    choices = words.choices()
    assert len({value for value, _ in choices}) == len({label for _, label in choices}) == len(words.__members__)


@pytest.mark.parametrize("words", ALL_WORDS)
def test_values_fit_their_column_and_labels_are_sentence_case(words: type[Word]) -> None:
    for value, label in words.choices():
        assert value == value.lower() and len(value) <= 32
        assert label[0].isupper() and label == label.strip()


def test_a_word_without_a_label_is_refused_where_it_is_written() -> None:
    with pytest.raises(TypeError, match="needs a label"):

        class Unlabelled(Word):
            BARE = "bare"


@pytest.mark.parametrize(
    ("words", "table"),
    [
        (AccountStatus, TRANSITIONS),
        (BatchState, BATCH_TRANSITIONS),
        (JobState, JOB_TRANSITIONS),
        (Frequency, DEFAULT_PAYMENTS),
        (Frequency, SUFFIXES),
        (Frequency, DEFAULT_AFTER_DAYS),
        (AdjustmentKind, ADJUSTMENT_SIGNS),
        (ArrangementState, STATE_TRANSITIONS),
        (SignalKind, DEFAULT_POINTS),
        (Risk, DEFAULT_BANDS),
    ],
)
def test_every_member_stands_in_every_table_that_speaks_of_it(words: type[Word], table: Collection[Word]) -> None:
    assert set(table) == set(words)


@pytest.mark.parametrize(
    ("words", "classes"),
    [
        (PaymentMethod, [MANUAL_METHODS, PROCESSOR_METHODS, frozenset({PaymentMethod.PRIOR_SYSTEM})]),
        (PaymentState, [OPEN_STATES, COUNTED_STATES, ENDED_STATES]),
        (PaymentKind, [MONEY_IN_KINDS, MONEY_OUT_KINDS]),
        (ActivityKind, [CONTACT_KINDS, RECORD_KINDS]),
        (ArrangementKind, [LIMITED_KINDS, UNLIMITED_KINDS]),
        (Disposition, [CONVERSATIONS, MISSES]),
        (RuleKind, [COUNTED_KINDS, CLOCK_KINDS]),
        (RestrictionKind, [LASTING, TIMED]),
        (SignalKind, [BAD, GOOD]),
        (PromiseStatus, [OPEN_PROMISES, MATURED_PROMISES, frozenset({PromiseStatus.CANCELLED})]),
    ],
)
def test_every_member_belongs_to_exactly_one_class(words: type[Word], classes: list[frozenset[Word]]) -> None:
    for word in words:
        assert sum(word in group for group in classes) == 1, word


def test_only_what_a_bank_handles_can_come_back_unpaid() -> None:
    assert {PaymentMethod.CHECK, PaymentMethod.ACH} == RETURNABLE_METHODS


@pytest.mark.parametrize("table", [TRANSITIONS, BATCH_TRANSITIONS, JOB_TRANSITIONS])
def test_nothing_becomes_what_it_is_already(table: dict[Word, frozenset[Word]]) -> None:
    assert not [state for state, others in table.items() if state in others]
