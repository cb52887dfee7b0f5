"""Row scope: which rows a member of staff may see. One function for lists, counts, look-ups, actions, exports and search.

A collector sees their own book: the accounts assigned to them and what hangs on those. Staff restricted to portfolios see
nothing of the others. A model without an entry here cannot be shown at all: `scope` raises.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

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
    AutopayEnrollment,
    AutopayNotice,
    AutopaySkip,
    Base,
    BoughtDays,
    Bucket,
    BucketChange,
    Card,
    CardRefund,
    CardRefundEvent,
    Charge,
    ChargeEvent,
    CollectionForecast,
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
    ContractFinance,
    ContractTerms,
    ContractTransaction,
    CreditCharge,
    Customer,
    CustomerPhone,
    DayChunk,
    DayRun,
    Dealer,
    DealerFunding,
    Device,
    DeviceCheck,
    DeviceLock,
    DeviceReturn,
    Dispute,
    DisputeEvidence,
    Draft,
    Fee,
    FeePolicy,
    FollowUp,
    ImportBatch,
    ImportRow,
    Installment,
    InterestCharge,
    Invoice,
    Job,
    LearntSender,
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
    PaymentSplit,
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
    RemittancePayment,
    Reply,
    RiskBand,
    SavedView,
    Setting,
    SignalWeight,
    SquareBreak,
    SquareCustomer,
    SquareEvent,
    SquareMatch,
    Staff,
    StaffSession,
    StatusChange,
    ThresholdCrossing,
    WeightingTable,
)

Condition = ColumnElement[bool]
S = TypeVar("S", bound=Select[Any])


class Viewer:
    """What scope needs to know of the person who looks: id, role, all accounts or own book, portfolios."""

    def __init__(
        self, *, staff_id: int, role: Role, sees_all_accounts: bool = False, portfolio_ids: frozenset[int] = frozenset()
    ) -> None:
        self.staff_id = staff_id
        self.role = role
        self.sees_own_book_only = role is Role.COLLECTOR and not sees_all_accounts
        self.portfolio_ids = portfolio_ids
        """Empty: all portfolios."""

    @classmethod
    def of(cls, staff: Staff) -> Viewer:
        """The viewer that a staff row describes."""
        return cls(
            staff_id=staff.id,
            role=staff.role,
            sees_all_accounts=staff.sees_all_accounts,
            portfolio_ids=frozenset(portfolio.id for portfolio in staff.portfolios),
        )

    @property
    def sees_everything(self) -> bool:
        """No row of any account is hidden from them."""
        return not self.sees_own_book_only and not self.portfolio_ids


EVERYTHING = Viewer(staff_id=0, role=Role.ADMIN)
"""The program itself, on its command line."""


def _portfolio(viewer: Viewer, column: InstrumentedAttribute[Any]) -> Condition:
    return column.in_(viewer.portfolio_ids) if viewer.portfolio_ids else true()


def _account(viewer: Viewer) -> Condition:
    condition = _portfolio(viewer, Account.portfolio_id)
    if viewer.sees_own_book_only:
        condition = and_(condition, Account.assigned_to_id == viewer.staff_id)
    return condition


def _through_account(column: InstrumentedAttribute[Any]) -> Callable[[Viewer], Condition]:
    """Rows that hang on an account are seen with it."""

    def condition(viewer: Viewer) -> Condition:
        if viewer.sees_everything:
            return true()
        return column.in_(select(Account.id).where(_account(viewer)))

    return condition


def _customer(viewer: Viewer) -> Condition:
    condition = _portfolio(viewer, Customer.portfolio_id)
    if viewer.sees_own_book_only:
        own = exists().where(Account.customer_id == Customer.id, _account(viewer))
        condition = and_(condition, own)
    return condition


def _through_customer(column: InstrumentedAttribute[Any]) -> Callable[[Viewer], Condition]:
    def condition(viewer: Viewer) -> Condition:
        if viewer.sees_everything:
            return true()
        return column.in_(select(Customer.id).where(_customer(viewer)))

    return condition


def _device(viewer: Viewer) -> Condition:
    condition = _portfolio(viewer, Device.portfolio_id)
    if viewer.sees_own_book_only:
        own = exists().where(Account.device_id == Device.id, _account(viewer))
        condition = and_(condition, own)
    return condition


def _of_portfolio(column: InstrumentedAttribute[Any]) -> Callable[[Viewer], Condition]:
    return lambda viewer: _portfolio(viewer, column)


def _batch(viewer: Viewer) -> Condition:
    return _portfolio(viewer, ImportBatch.portfolio_id)


def _job(viewer: Viewer) -> Condition:
    # Below admin, people see the jobs that they started themselves.
    return true() if viewer.role is Role.ADMIN else Job.created_by_id == viewer.staff_id


def _reassignment(viewer: Viewer) -> Condition:
    # It names collectors and counts, of whatever portfolios: below admin, people see what they did themselves.
    return true() if viewer.role is Role.ADMIN else Reassignment.by_id == viewer.staff_id


def _audit_event(viewer: Viewer) -> Condition:
    # What belongs to no account (settings, staff) is seen by whoever may open the audit trail at all.
    if viewer.sees_everything:
        return true()
    return or_(AuditEvent.account_id.is_(None), AuditEvent.account_id.in_(select(Account.id).where(_account(viewer))))


def _api_call(viewer: Viewer) -> Condition:
    # Calls about no account (lists, locations) are seen by whoever may open the log at all.
    if viewer.sees_everything:
        return true()
    return or_(ApiCall.account_id.is_(None), ApiCall.account_id.in_(select(Account.id).where(_account(viewer))))


def _square_break(viewer: Viewer) -> Condition:
    # One that belongs to no account may be anybody's money: only who sees everything sees it.
    if viewer.sees_everything:
        return true()
    return SquareBreak.account_id.in_(select(Account.id).where(_account(viewer)))


def _square_customer(viewer: Viewer) -> Condition:
    # Square's list holds people of all portfolios and strangers: one sees those who are, or may be, customers one sees.
    if viewer.sees_everything:
        return true()
    linked = exists().where(Customer.square_customer_id == SquareCustomer.square_id, _customer(viewer))
    may_be = select(SquareMatch.square_customer_id).where(
        SquareMatch.customer_id.in_(select(Customer.id).where(_customer(viewer)))
    )
    return or_(linked, SquareCustomer.id.in_(may_be))


def _managed_device(viewer: Viewer) -> Condition:
    # Hexnode's list holds devices of all portfolios and of nobody: one sees those that were found for accounts one sees.
    if viewer.sees_everything:
        return true()
    found = select(DeviceCheck.managed_device_id).where(DeviceCheck.account_id.in_(select(Account.id).where(_account(viewer))))
    return ManagedDevice.id.in_(found)


def _charge_event(viewer: Viewer) -> Condition:
    if viewer.sees_everything:
        return true()
    return ChargeEvent.charge_id.in_(select(Charge.id).where(Charge.account_id.in_(select(Account.id).where(_account(viewer)))))


def _card_refund_event(viewer: Viewer) -> Condition:
    seen = select(CardRefund.id).where(CardRefund.account_id.in_(select(Account.id).where(_account(viewer))))
    return CardRefundEvent.card_refund_id.in_(seen)


def _everything_or_nothing(viewer: Viewer) -> Condition:
    # A number may belong to customers of several portfolios; on an account the reply stands as an activity.
    return true() if viewer.sees_everything else false()


def _saved_view(viewer: Viewer) -> Condition:
    return or_(SavedView.owner_id == viewer.staff_id, SavedView.is_shared)


def _everyone(viewer: Viewer) -> Condition:
    return true()


SCOPES: dict[type[Base], Callable[[Viewer], Condition]] = {
    Account: _account,
    AccountBehavior: _through_account(AccountBehavior.account_id),
    AccountClosing: _through_account(AccountClosing.account_id),
    AccountCollectionStatus: _through_account(AccountCollectionStatus.account_id),
    AccountParty: _through_account(AccountParty.account_id),
    AccountSignal: _through_account(AccountSignal.account_id),
    AccountSnapshot: _through_account(AccountSnapshot.account_id),
    Activity: _through_account(Activity.account_id),
    Adjustment: _through_account(Adjustment.account_id),
    Allocation: _through_account(Allocation.account_id),
    ApiCall: _api_call,
    Arrangement: _through_account(Arrangement.account_id),
    ArrangementLine: _through_account(ArrangementLine.account_id),
    Assignment: _through_account(Assignment.account_id),
    AuditEvent: _audit_event,
    AutopayBatch: _everyone,
    AutopayEnrollment: _through_account(AutopayEnrollment.account_id),
    AutopaySkip: _through_account(AutopaySkip.account_id),
    Bucket: _everyone,
    BucketChange: _through_account(BucketChange.account_id),
    Card: _through_customer(Card.customer_id),
    AutopayNotice: _through_account(AutopayNotice.account_id),
    PaymentLink: _through_account(PaymentLink.account_id),
    CardRefund: _through_account(CardRefund.account_id),
    CardRefundEvent: _card_refund_event,
    Charge: _through_account(Charge.account_id),
    ChargeEvent: _charge_event,
    CollectionForecast: _of_portfolio(CollectionForecast.portfolio_id),
    CollectionSettings: _everyone,
    CollectionStatus: _everyone,
    CollectionStatusChange: _through_account(CollectionStatusChange.account_id),
    CollectorProfile: _everyone,
    BoughtDays: _through_account(BoughtDays.account_id),
    Company: _of_portfolio(Company.portfolio_id),
    Consent: _through_customer(Consent.customer_id),
    ContactAttempt: _through_account(ContactAttempt.account_id),
    ContactOverride: _through_account(ContactOverride.account_id),
    ContactRestriction: _through_customer(ContactRestriction.customer_id),
    ContactRule: _everyone,
    ContractTerms: _through_account(ContractTerms.account_id),
    ContractTransaction: _through_account(ContractTransaction.account_id),
    Customer: _customer,
    CustomerPhone: _through_customer(CustomerPhone.customer_id),
    DayChunk: _everyone,
    DayRun: _everyone,
    Dealer: _of_portfolio(Dealer.portfolio_id),
    Invoice: _through_account(Invoice.account_id),
    DealerFunding: _of_portfolio(DealerFunding.portfolio_id),
    Device: _device,
    DeviceCheck: _through_account(DeviceCheck.account_id),
    DeviceLock: _through_account(DeviceLock.account_id),
    DeviceReturn: _through_account(DeviceReturn.account_id),
    Dispute: _through_account(Dispute.account_id),
    DisputeEvidence: _through_account(DisputeEvidence.account_id),
    Draft: lambda viewer: Draft.staff_id == viewer.staff_id,
    ContractFinance: _through_account(ContractFinance.account_id),
    CreditCharge: _through_account(CreditCharge.account_id),
    Fee: _through_account(Fee.account_id),
    FeePolicy: lambda viewer: or_(FeePolicy.portfolio_id.is_(None), _portfolio(viewer, FeePolicy.portfolio_id)),
    FollowUp: _through_account(FollowUp.account_id),
    ImportBatch: _batch,
    ImportRow: lambda viewer: ImportRow.batch_id.in_(select(ImportBatch.id).where(_batch(viewer))),
    Installment: _through_account(Installment.account_id),
    InterestCharge: _through_account(InterestCharge.account_id),
    Job: _job,
    Message: _through_account(Message.account_id),
    MessageTemplate: _everyone,
    LearntSender: _of_portfolio(LearntSender.portfolio_id),
    LockClause: lambda viewer: or_(LockClause.portfolio_id.is_(None), _portfolio(viewer, LockClause.portfolio_id)),
    LockNotice: _through_account(LockNotice.account_id),
    ManagedDevice: _managed_device,
    Note: _through_account(Note.account_id),
    NoteTemplate: _everyone,
    Office: _of_portfolio(Office.portfolio_id),
    Payment: _through_account(Payment.account_id),
    PaymentSplit: _through_account(PaymentSplit.account_id),
    PayoffPolicy: lambda viewer: or_(PayoffPolicy.portfolio_id.is_(None), _portfolio(viewer, PayoffPolicy.portfolio_id)),
    Portfolio: _of_portfolio(Portfolio.id),
    PortfolioCollectionSettings: _of_portfolio(PortfolioCollectionSettings.portfolio_id),
    PortfolioDay: _of_portfolio(PortfolioDay.portfolio_id),
    Promise: _through_account(Promise.account_id),
    Quote: _through_account(Quote.account_id),
    Reassignment: _reassignment,
    Recovery: _through_account(Recovery.account_id),
    RecoveryAttempt: _through_account(RecoveryAttempt.account_id),
    ReassignmentHold: _through_account(ReassignmentHold.account_id),
    Region: _of_portfolio(Region.portfolio_id),
    ReinstatementPolicy: lambda viewer: or_(
        ReinstatementPolicy.portfolio_id.is_(None), _portfolio(viewer, ReinstatementPolicy.portfolio_id)
    ),
    Reply: _everything_or_nothing,
    Remittance: _of_portfolio(Remittance.portfolio_id),
    RemittancePayment: lambda viewer: RemittancePayment.payment_id.in_(select(Payment.id).where(condition(Payment, viewer))),
    RiskBand: _everyone,
    SavedView: _saved_view,
    Setting: _everyone,
    SignalWeight: _everyone,
    SquareBreak: _square_break,
    SquareCustomer: _square_customer,
    SquareEvent: _everyone,
    SquareMatch: _through_customer(SquareMatch.customer_id),
    Staff: _everyone,
    StaffSession: lambda viewer: StaffSession.staff_id == viewer.staff_id,
    StatusChange: _through_account(StatusChange.account_id),
    ThresholdCrossing: _through_account(ThresholdCrossing.account_id),
    WeightingTable: _everyone,
}


def condition(model: type[Base], viewer: Viewer) -> Condition:
    """The WHERE condition on `model` that leaves what `viewer` may see. Raises LookupError for a model without a scope."""
    if model not in SCOPES:
        raise LookupError(f"{model.__name__} has no scope: say in app/queries/scope.py who may see its rows.")
    return SCOPES[model](viewer)


def scope(query: S, model: type[Base], viewer: Viewer) -> S:
    """`query` (which selects from `model`) narrowed to what `viewer` may see."""
    return query.where(condition(model, viewer))
