"""A small world in which every table has a row that is mine, one that is a colleague's, and one of another portfolio.

Every text of a row carries the mark of its owner, so that one look at an answer tells whose rows it shows.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from app import clock
from app.domain.autopay.batches import BatchKind
from app.domain.autopay.breaks import BreakKind
from app.domain.autopay.charges import ChargeKind, ChargeState
from app.domain.autopay.requests import hash_of
from app.domain.collections.contact import ActivityKind, ConsentChannel, FollowUpKind
from app.domain.collections.contact_rules import Channel, RestrictionKind
from app.domain.collections.messages import MessageState
from app.domain.collections.signals import SignalKind
from app.domain.payments.card_matching import MatchedBy
from app.domain.payments.card_refunds import CardRefundState
from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.domain.payments.payment_links import PaymentLinkState
from app.domain.payments.remittances import RemittanceState
from app.domain.portfolio.imports import BatchState, ImportFormat
from app.domain.reporting.jobs import JobState, StepName
from app.domain.servicing.arrangements import ArrangementKind, ArrangementState
from app.domain.servicing.charges import AdjustmentKind, FeeKind
from app.domain.servicing.device_locks import LockState, NoticeBy
from app.domain.servicing.disputes import DisputeReason
from app.domain.servicing.early_purchase import Formula
from app.domain.servicing.enrollment import Verdict
from app.domain.servicing.evidence import EvidenceKind
from app.domain.servicing.fees import FrequencyClass
from app.domain.servicing.parties import PartyRole
from app.domain.servicing.quotes import QuoteKind
from app.domain.servicing.recoveries import AttemptKind, AttemptOutcome
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import (
    Account,
    AccountBehavior,
    AccountClosing,
    AccountCollectionStatus,
    AccountParty,
    AccountSignal,
    AccountSnapshot,
    Activity,
    Adjustment,
    Allocation,
    ApiCall,
    Arrangement,
    ArrangementLine,
    Assignment,
    AuditEvent,
    AutopayBatch,
    Base,
    Bucket,
    BucketChange,
    Card,
    CardRefund,
    Charge,
    CollectionSettings,
    CollectionStatus,
    CollectionStatusChange,
    CollectorProfile,
    Company,
    Consent,
    ContactAttempt,
    ContactOverride,
    ContactRestriction,
    ContactRule,
    ContractTerms,
    DayChunk,
    DayRun,
    Dealer,
    DeviceCheck,
    DeviceLock,
    DeviceReturn,
    Dispute,
    DisputeEvidence,
    Fee,
    FeePolicy,
    FollowUp,
    ImportBatch,
    Installment,
    Job,
    LockClause,
    LockNotice,
    ManagedDevice,
    Message,
    MessageTemplate,
    Note,
    NoteTemplate,
    Office,
    Payment,
    PaymentLink,
    PayoffPolicy,
    Portfolio,
    PortfolioCollectionSettings,
    PortfolioDay,
    Promise,
    Quote,
    Reassignment,
    ReassignmentHold,
    Recovery,
    RecoveryAttempt,
    Region,
    ReinstatementPolicy,
    Remittance,
    RiskBand,
    SavedView,
    Setting,
    SignalWeight,
    SquareBreak,
    SquareCustomer,
    SquareMatch,
    Staff,
    StatusChange,
    ThresholdCrossing,
    WeightingTable,
)
from app.services.staff import audit
from tests import factories

MARKS = {"mine": "Zqmine", "colleagues": "Zqcolleague", "elsewhere": "Zqelsewhere"}
"""Whose row → the word that stands in each text of what belongs to an account."""

ORGANIZATION_MARKS = {"mine": "Zporgmine", "elsewhere": "Zporgelsewhere"}
"""The same for portfolios, companies and the like, which a collector of all portfolios may see."""

PEOPLE = {
    "collector": Role.COLLECTOR,
    "supervisor": Role.SUPERVISOR,
    "manager": Role.MANAGER,
    "admin": Role.ADMIN,
    "admin of one portfolio": Role.ADMIN,
}
"""Who walks through the product. The last one is kept to the portfolio of the rows that are mine and the colleague's."""


class Reach(Enum):
    """How far somebody sees into a table, said here once more and apart from the program."""

    BOOK = "a collector sees their own book; who is kept to a portfolio sees that one"
    PORTFOLIO = "who is kept to a portfolio sees that one; everybody else sees all"
    OWN = "everybody sees their own"
    OWN_BUT_ADMINS = "everybody sees their own, admins see all"
    ALL = "whoever may open the page sees all rows"


REACHES = {
    "account": Reach.BOOK,
    "account_collection_status": Reach.BOOK,
    "account_party": Reach.BOOK,
    "account_snapshot": Reach.BOOK,
    "activity": Reach.BOOK,
    "adjustment": Reach.BOOK,
    "allocation": Reach.BOOK,
    "arrangement": Reach.BOOK,
    "arrangement_line": Reach.BOOK,
    "account_closing": Reach.BOOK,
    "assignment": Reach.BOOK,
    "bucket_change": Reach.BOOK,
    "threshold_crossing": Reach.BOOK,
    "api_call": Reach.BOOK,
    "card": Reach.BOOK,
    "square_customer": Reach.BOOK,
    "card_refund": Reach.BOOK,
    "payment_link": Reach.BOOK,
    "charge": Reach.BOOK,
    "square_break": Reach.BOOK,
    "collection_status_change": Reach.BOOK,
    "consent": Reach.BOOK,
    "account_behavior": Reach.BOOK,
    "account_signal": Reach.BOOK,
    "contact_attempt": Reach.BOOK,
    "contact_override": Reach.BOOK,
    "contact_restriction": Reach.BOOK,
    "contract_terms": Reach.BOOK,
    "customer": Reach.BOOK,
    "customer_phone": Reach.BOOK,
    "device": Reach.BOOK,
    "device_check": Reach.BOOK,
    "device_lock": Reach.BOOK,
    "device_return": Reach.BOOK,
    "dispute": Reach.BOOK,
    "dispute_evidence": Reach.BOOK,
    "fee": Reach.BOOK,
    "lock_notice": Reach.BOOK,
    "managed_device": Reach.BOOK,
    "follow_up": Reach.BOOK,
    "installment": Reach.BOOK,
    "message": Reach.BOOK,
    "note": Reach.BOOK,
    "payment": Reach.BOOK,
    "promise": Reach.BOOK,
    "recovery": Reach.BOOK,
    "recovery_attempt": Reach.BOOK,
    "quote": Reach.BOOK,
    "reassignment_hold": Reach.BOOK,
    "status_change": Reach.BOOK,
    "audit_event": Reach.BOOK,
    "company": Reach.PORTFOLIO,
    "dealer": Reach.PORTFOLIO,
    "import_batch": Reach.PORTFOLIO,
    "lock_clause": Reach.PORTFOLIO,
    "office": Reach.PORTFOLIO,
    "fee_policy": Reach.PORTFOLIO,
    "payoff_policy": Reach.PORTFOLIO,
    "portfolio": Reach.PORTFOLIO,
    "portfolio_collection_settings": Reach.PORTFOLIO,
    "portfolio_day": Reach.PORTFOLIO,
    "region": Reach.PORTFOLIO,
    "remittance": Reach.PORTFOLIO,
    "reinstatement_policy": Reach.PORTFOLIO,
    "saved_view": Reach.OWN,
    "job": Reach.OWN_BUT_ADMINS,
    "reassignment": Reach.OWN_BUT_ADMINS,
    "autopay_batch": Reach.ALL,
    "bucket": Reach.ALL,
    "collection_settings": Reach.ALL,
    "collection_status": Reach.ALL,
    "collector_profile": Reach.ALL,
    "contact_rule": Reach.ALL,
    "day_chunk": Reach.ALL,
    "message_template": Reach.ALL,
    "note_template": Reach.ALL,
    "risk_band": Reach.ALL,
    "setting": Reach.ALL,
    "signal_weight": Reach.ALL,
    "staff": Reach.ALL,
    "staff_session": Reach.ALL,
    "weighting_table": Reach.ALL,
}
"""Table → how far somebody sees into it."""


@dataclass
class World:
    """People and rows. `rows[table][whose]` is an id; for a table that one owns, `whose` is the person."""

    people: dict[str, Staff] = field(default_factory=dict)
    rows: dict[str, dict[str, str]] = field(default_factory=dict)

    def seen(self, table: str, person: str) -> str:
        """The id of a row that the person may see."""
        return self.rows[table][person if self._is_owned(table) else "mine"]

    def hidden(self, table: str, person: str) -> dict[str, str]:
        """Whose → id of the rows that the person may not see."""
        reach, rows = REACHES[table], self.rows[table]
        if reach is Reach.ALL or (reach is Reach.OWN_BUT_ADMINS and PEOPLE[person] is Role.ADMIN):
            return {}
        if self._is_owned(table):
            other = "manager" if person != "manager" else "supervisor"
            return {other: rows[other]}
        return {whose: rows[whose] for whose in hidden_owners(person, reach) if whose in rows}

    def _is_owned(self, table: str) -> bool:
        return REACHES[table] in (Reach.OWN, Reach.OWN_BUT_ADMINS)


def hidden_marks(person: str) -> list[str]:
    """The words that no answer to this person may hold."""
    organization = [ORGANIZATION_MARKS[whose] for whose in hidden_owners(person, Reach.PORTFOLIO)]
    return [MARKS[whose] for whose in hidden_owners(person)] + organization


def hidden_owners(person: str, reach: Reach = Reach.BOOK) -> tuple[str, ...]:
    """Whose rows this person may not see."""
    if person == "collector" and reach is Reach.BOOK:
        return ("colleagues", "elsewhere")
    return ("elsewhere",) if person == "admin of one portfolio" else ()


def build(session: Session) -> World:
    """Make the people and a row of every kind for each owner."""
    world = World()
    home, away = (
        factories.portfolio(session, code=whose.upper()[:9], name=f"{mark} portfolio")
        for whose, mark in ORGANIZATION_MARKS.items()
    )
    for name, role in PEOPLE.items():
        kept_to = [home] if name == "admin of one portfolio" else []
        world.people[name] = factories.staff(session, role, name=f"Person {role.label}", portfolios=kept_to)
    colleague = factories.staff(session, Role.COLLECTOR)
    owners = {"mine": (home, world.people["collector"]), "colleagues": (home, colleague), "elsewhere": (away, colleague)}
    for whose, (book, collector) in owners.items():
        _keep(world, whose, *_account_rows(session, MARKS[whose], book, collector))
    for whose, book in (("mine", home), ("elsewhere", away)):
        _keep(world, whose, book, *_portfolio_rows(session, ORGANIZATION_MARKS[whose], book))
    for name, person in world.people.items():
        _keep(world, name, *_own_rows(session, person))
    _keep(world, "mine", colleague, *_common_rows(session))
    _keep(world, "mine", *_save(session, CollectorProfile(staff_id=colleague.id)))
    world.rows["staff_session"] = {"mine": "1"}
    session.commit()
    return world


def _keep(world: World, whose: str, *rows: Base) -> None:
    for row in rows:
        key = ".".join(str(part) for part in inspect(row).identity or ())
        world.rows.setdefault(row.__tablename__, {})[whose] = key


def _save(session: Session, *rows: Base) -> tuple[Base, ...]:
    for row in rows:  # One by one: some refer to the one before.
        session.add(row)
        session.flush()
    return rows


def _account_rows(session: Session, mark: str, book: Portfolio, collector: Staff) -> list[Base]:
    now, today = clock.now(), clock.today()
    person = factories.customer(session, book, first_name="Jordan", last_name=mark, city=mark, email=f"{mark}@example.com")
    account = factories.account(
        session,
        book,
        customer=person,
        account_number=f"{mark}-1",
        assigned_to_id=collector.id,
        today=today,
        lines=[(today + dt.timedelta(days=days), 5_400) for days in (-40, -10, 20)],
    )
    factories.account(
        session,
        book,
        customer=factories.customer(session, book, first_name="Casey", last_name=mark),
        account_number=f"{mark}-2",
        status=AccountStatus.PENDING_REVIEW,
        assigned_to_id=collector.id,
        today=today,
        lines=[(today + dt.timedelta(days=20), 5_400)],
    )
    factories.account(
        session,
        book,
        customer=factories.customer(session, book, first_name="Robin", last_name=mark),
        account_number=f"{mark}-3",
        status=AccountStatus.DEFAULT,
        default_on=today,
        assigned_to_id=collector.id,
        today=today,
        lines=[(today - dt.timedelta(days=95), 5_400)],
    )
    given: dict[str, Any] = {"account_id": account.id}
    rows = _save(
        session,
        Activity(**given, kind=ActivityKind.CALL, at=now, summary=mark, staff_id=collector.id),
        Fee(**given, kind=FeeKind.LATE, assessed_on=today, amount_cents=500, reason=mark, created_at=now),
        FollowUp(**given, kind=FollowUpKind.CALL, due_at=now, is_due=True, note=mark, created_at=now),
        Note(**given, body=mark, created_at=now, created_by_id=collector.id),
        Message(
            **given,
            key=mark,
            channel=Channel.EMAIL,
            address=f"{mark}@example.com",
            subject=mark,
            body=mark,
            state=MessageState.FAILED,
            queued_at=now,
            queued_by_id=collector.id,
            failure=mark,
        ),
        Payment(
            **given,
            kind=PaymentKind.PAYMENT,
            method=PaymentMethod.CASH,
            state=PaymentState.COMPLETE,
            amount_cents=100,
            received_at=now,
            effective_on=today,
            posted_at=now,
            posted_on=today,
            reference=mark,
            note=mark,
        ),
        Promise(**given, amount_cents=100, due_on=today, made_at=now, taken_by_id=collector.id),
        Quote(
            **given,
            kind=QuoteKind.PAYOFF,
            as_of_on=today,
            good_through_on=today,
            total_cents=100,
            payoff_cents=100,
            items=[{"label": mark, "cents": 100, "why": mark}],
            quoted_at=now,
            quoted_by_id=collector.id,
        ),
        AccountSnapshot(**given, business_on=today, days_past_due=40, past_due_cents=1, balance_cents=1, status=account.status),
        Adjustment(**given, kind=AdjustmentKind.CREDIT, amount_cents=1, effective_on=today, reason=mark, created_at=now),
        Assignment(**given, staff_id=collector.id, from_at=now, reason=mark),
        BucketChange(**given, business_on=today, from_days=0, to_days=40, from_bucket="Current", to_bucket="31-60", reason=mark),
        ThresholdCrossing(**given, business_on=today, threshold=30),
        StatusChange(**given, to_status=account.status, at=now, business_on=today, reason=mark),
        ApiCall(**given, at=now, service="square", endpoint=f"GET /{mark}", request={"note": mark}, milliseconds=1),
        Card(
            customer_id=person.id,
            square_card_id=mark,
            brand="VISA",
            last_four="1111",
            expires_month=1,
            expires_year=2030,
            created_at=now,
        ),
        Arrangement(
            **given,
            kind=ArrangementKind.EXTENSION,
            state=ArrangementState.APPLIED,
            terms={"days": 7},
            reason=mark,
            requested_at=now,
            requested_on=today,
            applied_at=now,
            applied_on=today,
            value_cents=1,
        ),
        Arrangement(
            **given,
            kind=ArrangementKind.EXTENSION,
            state=ArrangementState.REQUESTED,
            terms={"days": 7},
            reason=mark,
            requested_at=now,
            requested_on=today,
            requested_by_id=collector.id,
        ),
        AccountClosing(
            **given, status=AccountStatus.CLOSED, reason=mark, fees_cents=1, rent_cents=1, asked_at=now, reopened_at=now
        ),
        AccountParty(**given, customer_id=person.id, role=PartyRole.CO_APPLICANT),
        ContractTerms(**given, contract_number=f"{mark}LOA"[:16], holder_number=mark[:7], note_on=today, description=mark),
        Consent(customer_id=person.id, channel=ConsentChannel.CALL, is_granted=True, at=now, source=mark),
    )
    person.square_customer_id = f"SQ{mark}"
    (there,) = _save(session, SquareCustomer(square_id=f"SQ{mark}", given_name=mark, family_name=mark, seen_at=now))
    _save(session, SquareMatch(customer_id=person.id, square_customer_id=there.id, by=MatchedBy.NAME, why=mark))  # type: ignore[attr-defined]
    line = session.get_one(Installment, (account.id, 1))
    (moved,) = _save(
        session,
        ArrangementLine(
            **given,
            arrangement_id=_id(rows, Arrangement),
            number=1,
            effective_on=today,
            due_before=line.due_on,
            due_after=line.due_on,
            amount_before_cents=1,
            amount_after_cents=1,
        ),
    )
    cases = [
        *_cases(session, account, mark, collector),
        *_collecting(session, account, mark, collector),
        *_contacting(session, account, rows[0], mark, collector),
        *_charging(session, account, mark, _id(rows, Card)),
        *_managing(session, account, mark),
        *_refunding(session, account, mark),
    ]
    (covered,) = _save(
        session, Allocation(**given, payment_id=_id(rows, Payment), installment_number=1, amount_cents=1, effective_on=today)
    )
    audit.record(session, "note added", now=now, actor=factories.actor(collector), account_id=account.id, after={"note": mark})
    audit.write_pending(session)
    event = session.query(AuditEvent).order_by(AuditEvent.id.desc()).first()
    assert event is not None
    return [person, person.phones[0], there, account, _device(session, account, mark), *rows, *cases, line, moved, covered, event]


def _cases(session: Session, account: Account, mark: str, collector: Staff) -> list[Base]:
    """A return, a recovery with an attempt, a dispute with its evidence."""
    now, today = clock.now(), clock.today()
    given: dict[str, Any] = {"account_id": account.id}
    back = DeviceReturn(**given, device_id=account.device_id, reason=mark, tracking=mark, initiated_on=today, updated_at=now)
    recovery = Recovery(**given, reason=mark, agent=mark, assigned_to_id=collector.id, opened_on=today)
    dispute = Dispute(
        **given,
        reason=DisputeReason.AMOUNT,
        amount_cents=100,
        statement=mark,
        opened_on=today,
        deadline_on=today + dt.timedelta(days=30),
    )
    _save(session, back, recovery, dispute)
    attempt = RecoveryAttempt(
        **given,
        recovery_id=recovery.id,
        kind=AttemptKind.VISIT,
        outcome=AttemptOutcome.NOBODY,
        place=mark,
        note=mark,
        at=now,
    )
    evidence = DisputeEvidence(
        **given,
        dispute_id=dispute.id,
        file_name=f"{mark}.txt",
        kind=EvidenceKind.TXT,
        size_bytes=1,
        sha256="0" * 64,
        uploaded_at=now,
    )
    return [back, recovery, dispute, *_save(session, attempt, evidence)]


def _collecting(session: Session, account: Account, mark: str, collector: Staff) -> tuple[Base, ...]:
    """Its collection status, how it came by it, and that it is never given away at night."""
    now, given = clock.now(), {"account_id": account.id}
    working = session.query(CollectionStatus).filter_by(code="01").one()
    return _save(
        session,
        AccountCollectionStatus(**given, status_id=working.id, since_at=now, set_by_id=collector.id),
        CollectionStatusChange(
            **given, from_code="00", to_code="01", at=now, business_on=clock.today(), reason=mark, by_id=collector.id
        ),
        ReassignmentHold(**given, at=now, by_id=collector.id),
    )


def _contacting(session: Session, account: Account, activity: Base, mark: str, collector: Staff) -> tuple[Base, ...]:
    """What stands in the way of its customer, a word against it, how an attempt was judged, and what its behaviour says."""
    now, given = clock.now(), {"account_id": account.id}
    restriction = ContactRestriction(
        customer_id=account.customer_id, kind=RestrictionKind.ATTORNEY, note=mark, created_at=now, created_by_id=collector.id
    )
    override = ContactOverride(
        **given,
        channel=Channel.CALL,
        reason=mark,
        blocked_by=mark,
        given_at=now,
        given_by_id=collector.id,
        until_at=now + dt.timedelta(minutes=30),
    )
    attempt = ContactAttempt(
        **given,
        activity_id=activity.id,  # type: ignore[attr-defined]
        channel=Channel.CALL,
        is_allowed=False,
        blocked_by=mark,
        rules=[],
    )
    behavior = AccountBehavior(**given, as_of_on=clock.today(), judged=1, on_time=0)
    signal = AccountSignal(**given, kind=SignalKind.PHONE_DEAD, seen_on=clock.today(), evidence=mark)
    return _save(session, restriction, override, attempt, behavior, signal)


def _charging(session: Session, account: Account, mark: str, card_id: int) -> tuple[Base, ...]:
    """A charge of its card that a supervisor has to look at, and a break."""
    now, given = clock.now(), {"account_id": account.id}
    charge = Charge(
        **given,
        key=mark,
        card_id=card_id,
        card_identity=mark,
        card_version=1,
        kind=ChargeKind.NOW,
        amount_cents=100,
        currency="USD",
        location_id=mark,
        request="{}",
        request_hash=hash_of("{}"),
        business_on=clock.today(),
        planned_at=now,
        state=ChargeState.NEEDS_REVIEW,
        error=mark,
    )
    broken = SquareBreak(**given, kind=BreakKind.ORPHAN, reference=mark, said=mark, found_at=now, seen_at=now)
    return _save(session, charge, broken)


def _managing(session: Session, account: Account, mark: str) -> tuple[Base, ...]:
    """Its device at Hexnode, how it stands, and its lock with the clause and the notice."""
    now, given = clock.now(), {"account_id": account.id}
    assert account.device is not None
    account.device.imei = f"35{account.id:013d}"
    imei = account.device.imei
    there = ManagedDevice(hexnode_id=account.id, name=mark, model=mark, imei=imei, is_enrolled=True, seen_at=now)
    clause = LockClause(
        portfolio_id=account.portfolio_id,
        contract_from_on=clock.today() - dt.timedelta(days=account.id),
        name="A clause",
        words="A clause",
        notice_days=5,
        citation="An opinion",
    )
    notice = LockNotice(**given, by=NoticeBy.LETTER, given_on=clock.today(), words=mark, noted_at=now)
    _save(session, there, clause, notice)
    check = DeviceCheck(**given, managed_device_id=there.id, verdict=Verdict.ENROLLED, checked_at=now)
    lock = DeviceLock(
        **given,
        managed_device_id=there.id,
        clause_id=clause.id,
        notice_id=notice.id,
        state=LockState.LOCKED,
        reason=mark,
        message=mark,
        past_due_cents=1,
        asked_at=now,
    )
    return there, notice, *_save(session, check, lock)


def _refunding(session: Session, account: Account, mark: str) -> tuple[Base, ...]:
    """A card payment whose refund a supervisor has to look at."""
    now, given = clock.now(), {"account_id": account.id}
    (paid,) = _save(
        session,
        Payment(
            **given,
            kind=PaymentKind.PAYMENT,
            method=PaymentMethod.CARD,
            state=PaymentState.DECLINE,
            amount_cents=100,
            received_at=now,
            effective_on=clock.today(),
            posted_at=now,
            posted_on=clock.today(),
            note=mark,
        ),
    )
    refund = CardRefund(
        **given,
        key=f"lr-{mark}",
        payment_id=paid.id,  # type: ignore[attr-defined]
        square_payment_id=mark,
        amount_cents=100,
        currency="USD",
        reason=mark,
        request="{}",
        request_hash=hash_of("{}"),
        business_on=clock.today(),
        planned_at=now,
        state=CardRefundState.NEEDS_REVIEW,
        error=mark,
    )
    link = PaymentLink(
        **given,
        key=f"lp-{mark}",
        amount_cents=100,
        currency="USD",
        request="{}",
        made_at=now,
        state=PaymentLinkState.OPEN,
        square_link_id=mark,
        order_id=mark,
        url=f"https://pay.test/{mark}",
    )
    return _save(session, refund, link)


def _id(rows: tuple[Base, ...], model: type[Base]) -> int:
    return next(int(row.id) for row in rows if isinstance(row, model))  # type: ignore[attr-defined]


def _device(session: Session, account: Account, mark: str) -> Base:
    assert account.device is not None
    account.device.model = f"Phone {mark}"
    session.flush()
    return account.device


def _portfolio_rows(session: Session, mark: str, book: Portfolio) -> list[Base]:
    given: dict[str, Any] = {"portfolio_id": book.id}
    (company,) = _save(session, Company(**given, code="C", name=f"{mark} company"))
    (region,) = _save(session, Region(**given, code="R", name=f"{mark} region", company_id=company.id))  # type: ignore[attr-defined]
    (office,) = _save(session, Office(**given, code="O", name=f"{mark} office", region_id=region.id))  # type: ignore[attr-defined]
    (dealer,) = _save(session, Dealer(**given, code="D", name=f"{mark} dealer", office_id=office.id))  # type: ignore[attr-defined]
    batch = ImportBatch(
        **given,
        format=ImportFormat.PORTFOLIO,
        state=BatchState.PREVIEW,
        file_name=f"{mark}.xlsx",
        file_hash="0" * 64,
        file_size=1,
        business_on=clock.today(),
        created_at=clock.now(),
    )
    aging = PortfolioDay(**given, business_on=clock.today(), from_days=0, accounts=1, past_due_cents=1, balance_cents=1)
    policy = ReinstatementPolicy(
        **given, state="OH", contract_from_on=clock.today(), days_weekly=1, days_longer=1, citation=f"{mark} code"
    )
    payoff_policy = PayoffPolicy(**given, contract_from_on=clock.today(), formula=Formula.NONE, citation=mark)
    fee_policy = FeePolicy(
        **given,
        name=mark,
        contract_from_on=clock.today(),
        frequency_class=FrequencyClass.LONGER,
        grace_days=7,
        flat_cents=500,
        citation=mark,
    )
    collecting = PortfolioCollectionSettings(**given)
    lock_clause = LockClause(
        **given, contract_from_on=clock.today(), name=mark, words=mark, notice_days=5, citation=f"{mark} opinion"
    )
    remittance = Remittance(
        **given,
        paid_on=clock.today(),
        amount_cents=100,
        sender=f"{mark} sender",
        memo=mark,
        method=PaymentMethod.ZELLE,
        reference=f"{mark}-1",
        state=RemittanceState.QUEUED,
        created_at=clock.now(),
    )
    return [
        company,
        region,
        office,
        dealer,
        *_save(session, batch, aging, policy, payoff_policy, fee_policy, collecting, lock_clause, remittance),
    ]


def _common_rows(session: Session) -> tuple[Base, ...]:
    """What whoever opens the page sees."""
    first = session.query(Bucket).order_by(Bucket.id).first()
    assert first is not None
    set_up = [
        row
        for model in (
            ContactRule,
            RiskBand,
            SignalWeight,
            CollectionStatus,
            CollectionSettings,
            WeightingTable,
            MessageTemplate,
            NoteTemplate,
        )
        if (row := session.query(model).order_by(model.id).first()) is not None
    ]
    batch = AutopayBatch(business_on=clock.today(), kind=BatchKind.DAILY, started_at=clock.now())
    (run,) = _save(session, DayRun(business_on=clock.today() - dt.timedelta(days=1), state=JobState.DONE, started_at=clock.now()))
    aside = DayChunk(
        run_id=run.id,  # type: ignore[attr-defined]
        position=0,
        step=StepName.AGE,
        first_account_id=0,
        last_account_id=0,
        state=JobState.FAILED,
        error="It did not work",
    )
    return (first, *set_up, *_save(session, Setting(name="tone", value=1, changed_at=clock.now()), batch, aside))


def _own_rows(session: Session, person: Staff) -> tuple[Base, ...]:
    view = SavedView(page="accounts", name="A view", query_string="", owner_id=person.id, created_at=clock.now())
    job = Job(kind="nothing", title="A job", created_at=clock.now(), created_by_id=person.id)
    moves = [{"staff_id": person.id, "name": "Somebody", "accounts": 1, "past_due_cents": 0}]
    reassigned = Reassignment(at=clock.now(), by_id=person.id, reason="Why not", accounts=1, moves=moves)
    return _save(session, view, job, reassigned)
