"""Rows: one file per table or inseparable pair, grouped by capability. Import them from here."""

from app.models.base import Base
from app.models.collections.contact_rule import ContactAttempt, ContactOverride, ContactRestriction, ContactRule
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
    WorkClaim,
    WorkedToday,
)
from app.models.payments.card import Card
from app.models.payments.payment import Adjustment, Allocation, Payment
from app.models.portfolio.imports import ImportBatch, ImportRow
from app.models.portfolio.organization import Company, Dealer, Office, Portfolio, Region
from app.models.portfolio.setting import Setting
from app.models.reporting.job import DayChunk, DayRun, Job, TimetableTick
from app.models.reporting.snapshot import AccountSnapshot, PortfolioDay
from app.models.servicing.account import Account, Installment, StatusChange
from app.models.servicing.arrangement import Arrangement, ArrangementLine
from app.models.servicing.closing import AccountClosing, ReinstatementPolicy
from app.models.servicing.contract_finance import ContractFinance, CreditCharge, InterestCharge, PaymentSplit
from app.models.servicing.contract_terms import AccountParty, ContractTerms
from app.models.servicing.customer import Consent, Customer, CustomerPhone
from app.models.servicing.device import Device
from app.models.servicing.device_return import DeviceReturn
from app.models.servicing.dispute import Dispute, DisputeEvidence
from app.models.servicing.fee import Fee
from app.models.servicing.fee_policy import FeePolicy
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
    "Arrangement",
    "ArrangementLine",
    "Assignment",
    "AuditEvent",
    "Base",
    "Bucket",
    "BucketChange",
    "Card",
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
    "CreditCharge",
    "Customer",
    "CustomerPhone",
    "DayChunk",
    "DayRun",
    "Dealer",
    "Device",
    "DeviceReturn",
    "Dispute",
    "DisputeEvidence",
    "Fee",
    "FeePolicy",
    "FollowUp",
    "ImportBatch",
    "ImportRow",
    "Installment",
    "InterestCharge",
    "Job",
    "Note",
    "Office",
    "Payment",
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
    "RiskBand",
    "SavedView",
    "Setting",
    "SignalWeight",
    "Staff",
    "StaffPortfolio",
    "StaffSession",
    "StatusChange",
    "TimetableTick",
    "WeightingTable",
    "WorkClaim",
    "WorkedToday",
]
