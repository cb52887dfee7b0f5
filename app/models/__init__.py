"""Rows: one file per table or inseparable pair, grouped by capability. Import them from here."""

from app.models.autopay.batch import AutopayBatch, AutopaySkip
from app.models.autopay.charge import Charge, ChargeEvent
from app.models.autopay.enrollment import AutopayEnrollment
from app.models.autopay.notice import AutopayNotice
from app.models.autopay.square_break import SquareBreak
from app.models.base import Base
from app.models.collections.contact_rule import ContactAttempt, ContactOverride, ContactRestriction, ContactRule
from app.models.collections.message import Draft, Message, MessageTemplate, NoteTemplate, Reply
from app.models.collections.reassignment import Reassignment
from app.models.collections.set_up import (
    AccountCollectionStatus,
    CollectionSettings,
    CollectionStatus,
    CollectionStatusChange,
    CollectorProfile,
    PortfolioCollectionSettings,
    ReassignmentHold,
    WeightingTable,
)
from app.models.collections.signal import AccountBehavior, AccountSignal, RiskBand, SignalWeight
from app.models.collections.work import (
    Activity,
    Assignment,
    Bucket,
    BucketChange,
    FollowUp,
    Note,
    Promise,
    ThresholdCrossing,
    WorkClaim,
    WorkedToday,
)
from app.models.payments.card import Card
from app.models.payments.card_refund import CardRefund, CardRefundEvent
from app.models.payments.payment import Adjustment, Allocation, Payment
from app.models.payments.payment_link import PaymentLink
from app.models.payments.remittance import LearntSender, Remittance, RemittancePayment
from app.models.payments.square_customer import SquareCustomer, SquareMatch
from app.models.payments.square_event import SquareEvent
from app.models.portfolio.dealer_funding import DealerFunding
from app.models.portfolio.imports import ImportBatch, ImportRow
from app.models.portfolio.organization import Company, Dealer, Office, Portfolio, Region
from app.models.portfolio.setting import Setting
from app.models.reporting.api_call import ApiCall
from app.models.reporting.contract_transaction import ContractTransaction
from app.models.reporting.forecast import CollectionForecast
from app.models.reporting.job import DayChunk, DayRun, Job, TimetableTick
from app.models.reporting.snapshot import AccountSnapshot, PortfolioDay
from app.models.servicing.account import Account, Installment, StatusChange
from app.models.servicing.arrangement import Arrangement, ArrangementLine
from app.models.servicing.bought_days import BoughtDays
from app.models.servicing.closing import AccountClosing, ReinstatementPolicy
from app.models.servicing.contract_finance import ContractFinance, CreditCharge, InterestCharge, PaymentSplit
from app.models.servicing.contract_terms import AccountParty, ContractTerms
from app.models.servicing.customer import Consent, Customer, CustomerPhone
from app.models.servicing.device import Device
from app.models.servicing.device_lock import DeviceLock, LockClause, LockNotice
from app.models.servicing.device_return import DeviceReturn
from app.models.servicing.dispute import Dispute, DisputeEvidence
from app.models.servicing.fee import Fee
from app.models.servicing.fee_policy import FeePolicy
from app.models.servicing.invoice import Invoice
from app.models.servicing.managed_device import DeviceCheck, ManagedDevice
from app.models.servicing.quote import PayoffPolicy, Quote
from app.models.servicing.recovery import Recovery, RecoveryAttempt
from app.models.staff.audit import AuditEvent
from app.models.staff.staff import SavedView, Staff, StaffPortfolio, StaffSession

__all__ = [
    "Account",
    "AccountBehavior",
    "AccountClosing",
    "AccountCollectionStatus",
    "AccountParty",
    "AccountSignal",
    "AccountSnapshot",
    "Activity",
    "Adjustment",
    "Allocation",
    "ApiCall",
    "Arrangement",
    "ArrangementLine",
    "Assignment",
    "AuditEvent",
    "AutopayBatch",
    "AutopayEnrollment",
    "AutopayNotice",
    "AutopaySkip",
    "Base",
    "BoughtDays",
    "Bucket",
    "BucketChange",
    "Card",
    "CardRefund",
    "CardRefundEvent",
    "Charge",
    "ChargeEvent",
    "CollectionForecast",
    "CollectionSettings",
    "CollectionStatus",
    "CollectionStatusChange",
    "CollectorProfile",
    "Company",
    "Consent",
    "ContactAttempt",
    "ContactOverride",
    "ContactRestriction",
    "ContactRule",
    "ContractFinance",
    "ContractTerms",
    "ContractTransaction",
    "CreditCharge",
    "Customer",
    "CustomerPhone",
    "DayChunk",
    "DayRun",
    "Dealer",
    "DealerFunding",
    "Device",
    "DeviceCheck",
    "DeviceLock",
    "DeviceReturn",
    "Dispute",
    "DisputeEvidence",
    "Draft",
    "Fee",
    "FeePolicy",
    "FollowUp",
    "ImportBatch",
    "ImportRow",
    "Installment",
    "InterestCharge",
    "Invoice",
    "Job",
    "LearntSender",
    "LockClause",
    "LockNotice",
    "ManagedDevice",
    "Message",
    "MessageTemplate",
    "Note",
    "NoteTemplate",
    "Office",
    "Payment",
    "PaymentLink",
    "PaymentSplit",
    "PayoffPolicy",
    "Portfolio",
    "PortfolioCollectionSettings",
    "PortfolioDay",
    "Promise",
    "Quote",
    "Reassignment",
    "ReassignmentHold",
    "Recovery",
    "RecoveryAttempt",
    "Region",
    "ReinstatementPolicy",
    "Remittance",
    "RemittancePayment",
    "Reply",
    "RiskBand",
    "SavedView",
    "Setting",
    "SignalWeight",
    "SquareBreak",
    "SquareCustomer",
    "SquareEvent",
    "SquareMatch",
    "Staff",
    "StaffPortfolio",
    "StaffSession",
    "StatusChange",
    "ThresholdCrossing",
    "TimetableTick",
    "WeightingTable",
    "WorkClaim",
    "WorkedToday",
]
