"""The columns of the UAS contract report set: key, heading and definition of each, word for word (domain.md part 13)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """One column: the field behind it, its heading, and what it means."""

    key: str
    label: str
    definition: str


# What stands in several reports, in the same words.
_PROGRAM = Heading("program", "Program", "Name of your Program")
_LOCATION = Heading("location", "Location", "Location where account was originated")
_HOLDER_NUMBER = Heading(
    "holder_number",
    "Acct #",
    "7 Character Random Account Number uniquely assigned by our system. Accounts can contain multiple "
    "Contracts, Subscriptions and POS Transactions",
)
_CONTRACT_NUMBER = Heading(
    "contract_number",
    "Contract #",
    "Accounts can have multiple Contracts, the Contract number is build on the Account Number (ACCT#LOA##)",
)
_MERCHANT_EXT_ID = Heading(
    "merchant_ext_id",
    "Merchant Ext ID",
    "Unique ID assigned by you and given to us during the origination process or via a data update.  This is "
    "critical when linking data back to other systems like Accounting Software or Fulfillment/ERP systems",
)
_CODE = Heading("code", "Code", "Defines if the Contract is in Servicing (SRV) or has been Purchased (PUR)")
_ACTIVE_ON = Heading(
    "active_on",
    "Active Date",
    "Date the Contract was Activated in our System and we started to service the account - Create statements, "
    "accrue interest, etc.",
)
_NOTE_ON = Heading(
    "note_on",
    "Note Date",
    "Date the Contract was written to take effect and Day Interest would start to Accrue and Assess.",
)
_INTEREST_RATE = Heading("interest_rate", "Interest Rate", "Displayed as a whole number not a decimal. 10.00 is same as 10%.")
_FIRST_DUE_ON = Heading("first_due_on", "1st PMT Date", "Date 1st Payment is Due.")
_LOCATION_ID = Heading("location_id", "Location ID", "Unique ID where account was originated")
_CONTRACT_STATUS = Heading("contract_status", "Contract Status", "The Status of the Contract")
_SUB_STATUS = Heading("sub_status", "Contract Sub Status", "Provides more detail about the Contract Status.")
_APPLICANT_ID = Heading("applicant_id", "Applicant ID", "Applicant Number - Unique Alphanumeric 7 character number")
_TRANSACTION_ID = Heading("transaction_id", "Transaction ID", "Unique ID for this Transaction")
_RECEIVED_ON = Heading("received_on", "PMT Received", "Date Payment was Received")
_PROCESSED_ON = Heading("processed_on", "PMT Processed", "Date Payment was Processed - Counted towards Balance")
_STATE = Heading("state", "Status", "Status of the Transaction (PENDING, PROCESSING, COMPLETE, DECLINE)")
_KIND = Heading("kind", "Type", "Various types to further define payment types or adjustments")
_PAYMENT_CENTS = Heading("payment_cents", "PMT Amt", "Amount of Payment Made")
_ADJUSTED_CENTS = Heading("adjusted_cents", "Adjust Amount", "Amount of Adjustment Made")
_CARD_TYPE = Heading("card_type", "Card Type", "Specific Card Type - (VISA, MASTERCARD, DISCOVER, AMEX)")
_SELLER = Heading("seller", "Seller Contact", "Name of Merchant Employee that created this Contract")

ACCOUNT_SUMMARY = (
    _PROGRAM,
    _LOCATION,
    _HOLDER_NUMBER,
    _CONTRACT_NUMBER,
    Heading("applicant", "Applicant", "Name of the Primary Applicant / Account Holder"),
    _MERCHANT_EXT_ID,
    Heading(
        "contract_status",
        "Status",
        "Primary Status of the Contract.  Our system supports Pending, Active, Closed, Cancelled and VOID "
        "Statuses, but this report only shows Active",
    ),
    Heading("sub_status", "Sub Status", "Provides more detail about the Contract Status"),
    _CODE,
    _ACTIVE_ON,
    _NOTE_ON,
    _INTEREST_RATE,
    Heading("term", "Term", "Number of Payments needed to Payoff the Balance of the Contract."),
    _FIRST_DUE_ON,
    Heading("due_day", "PMT Due Day", "Day of the Month Payments are Due."),
    Heading("next_due_on", "Next Due Due", "Date the next payment is due for this Contract."),
    Heading("payment_cents", "PMT", "Monthly Payment Amount"),
    Heading(
        "override_cents",
        "PMT Override",
        "If consumer elects to change the default payment amount, the amount they setup AutoPay for would be "
        "found here.  It must be greater than the Payment Amount.",
    ),
    Heading(
        "past_due_cents",
        "Past Due Amt",
        "If Delinquent this is the amount Past Due that would need to be paid to make the Contract current.",
    ),
    Heading("min_due_cents", "Min PMT Due", "Monthly Payment plus and Past Due amount is the Min PMT Due."),
    Heading(
        "delinquent_on",
        "Delq Date",
        "Delinquent Date the Account went Delinquent (Past Due).  Empty if the account is Current.",
    ),
    Heading("days_past_due", "Delq Days", "Delinquent Days the account has been Delinquent."),
    Heading(
        "days_past_due_eom",
        "Delq Days EOM",
        "Days the account will be Delinquent at the end of the month if no payments are made.  This is useful to "
        "determine if the account is subject to write-off this month.",
    ),
    Heading(
        "autopay_type",
        "AutoPay Type",
        "If enrolled in AutoPay it will be (CHECKING, SAVINGS, VISA, MASTERCARD, DISCOVER).  If not enrolled, "
        "then the type will be (NONE)",
    ),
    Heading("credit_charges_cents", "Credit Charges", "Total of All Charges Made to Account (Open-End Credit Only)."),
    Heading("credit_line_cents", "Credit Line", "Amount of Credit extended to consumer (Open-End Credit Only)."),
    Heading("credit_balance_cents", "Credit Balance", "Amount owed (Open-End Credit Only)."),
    Heading(
        "credit_available_cents",
        "Credit Available",
        "Amount of Credit available for additional purchases.  Only usable if account is Current and not past "
        "due. (Open-End Credit Only).",
    ),
    Heading("financed_cents", "Amt Financed", "Amount Financed by consumer. (original Charge amount if Open-End Credit)"),
    Heading("paid_cents", "Total Amt PMTs", "Total of all Payments Made"),
    Heading("payments_made", "PMTs Made", "Count of Payments Made - Formula: Total Transactions Divided By PMT Amount"),
    Heading(
        "principal_adjusted_cents",
        "Prin Adj",
        "Principal Adjusted.  If negative this decreased the amount of principal owed, if positive it was "
        "increased.  Adjustments are typical in case of some type of refund or to correct a mistake to an amount "
        "entered.",
    ),
    Heading("principal_paid_cents", "Prin Pd", "Principal Paid - Amount of Payments applied to the Principal Balance."),
    Heading("principal_balance_cents", "Prin Bal", "Principal Balance - Amount of Principal currently remaining."),
    Heading(
        "interest_accrued_cents",
        "Int Accrued",
        "Amount of Interest Accrued on the Contract. If special promotion is active, the Accrued amount can be "
        "higher than the Assessed amount as the promo maybe deferring interest for a promotional period.",
    ),
    Heading("interest_assessed_cents", "Int Assessed", "Amount of Interest Assessed on the Contract.  This amount is owed."),
    Heading("interest_paid_cents", "Int Pd", "Interest Paid - Amount of Payments applied to Interest"),
    Heading("interest_balance_cents", "Int Bal", "Interest Balance - Amount of Interest currently remaining."),
    Heading("fees_assessed_cents", "Fees Assessed", "Amount of Fees charged on this Contract.  Could be Late Fee or NSF Fee."),
    Heading("fees_paid_cents", "Fees Pd", "Fees Paid - Amount of Payments applied to Fees."),
    Heading("fees_balance_cents", "Fees Bal", "Fees Balance - Amount of Fees currently remaining."),
    Heading(
        "payoff_cents",
        "Payoff Amt",
        "Principal Bal + Interest Balance + Fees Balance = Payoff Amount - The amount currently owed to payoff this Contract.",
    ),
    Heading("zero_balance_on", "Zero Balance Date", "Date the account went to a $0.00 balance"),
    Heading("closed_on", "Closed Date", "Date the account was closed by the contract owner"),
    Heading("closed_reason", "Closed Reason", "Reason for account being closed"),
)

NEW_CONTRACTS = (
    _PROGRAM,
    _LOCATION_ID,
    _LOCATION,
    _HOLDER_NUMBER,
    _CONTRACT_NUMBER,
    _CONTRACT_STATUS,
    _SUB_STATUS,
    _APPLICANT_ID,
    Heading("applicant", "Applicant Name", "Name of the Primary Applicant / Account Holder"),
    _MERCHANT_EXT_ID,
    _CODE,
    _ACTIVE_ON,
    _NOTE_ON,
    _FIRST_DUE_ON,
    Heading("monthly_cents", "Monthly Payment Amount", "Monthly payment of the Contract"),
    Heading("cash_price_cents", "Cash Price", "Retail amount of the Items(s) purchased"),
    Heading("down_payment_cents", "Down Payment", "Amount paid in Cash or discounted from Retail Price."),
    Heading("amount_financed_cents", "Financed Amount", "Retail Price less Cash Price is the Amount Financed."),
    _INTEREST_RATE,
    Heading("term", "Payment Term", "Number of Payments to Payoff this Charge"),
    Heading("seller", "Seller", "Name of Merchant Employee that created this Contract"),
    Heading("pricing_tier", "Pricing Tier", "Pricing Tier designated during origination"),
    Heading("closed_on", "Date Closed", "Date the contract was closed"),
    Heading("exit_status", "Exit Status", "Used to indicate what happened to contracts we are no longer servicing"),
    Heading("rescission_on", "Rescission - Date", "The date at the end of the rescission period"),
    Heading("address", "Applicant Address", "Applicant's Address at Origination"),
    Heading("phone_e164", "Applicant Phone Primary #", "Applicant's Primary Phone Number provided at Origination"),
    Heading("description", "Description", "Description of Goods and/or Services"),
)

TRANSACTIONS = (
    _PROGRAM,
    _LOCATION_ID,
    Heading("location", "Location Name", "Location Name where the account originated"),
    _HOLDER_NUMBER,
    _CONTRACT_NUMBER,
    _CONTRACT_STATUS,
    _SUB_STATUS,
    _APPLICANT_ID,
    Heading("applicant", "Applicant Name", "Name of the Primary Applicant / Account Holder"),
    _MERCHANT_EXT_ID,
    _TRANSACTION_ID,
    _RECEIVED_ON,
    _PROCESSED_ON,
    _STATE,
    _KIND,
    _PAYMENT_CENTS,
    Heading("fees_cents", "Fees", "Amount of the Payment applied to Fees"),
    Heading("interest_cents", "Interest", "Amount of the Payment applied to Interest"),
    Heading("principal_cents", "Principal", "Amount of the Payment applied to Principal"),
    _ADJUSTED_CENTS,
    Heading("adjusted_fees_cents", "Adjust Fees", "Amount of Adjustment applied to Fees"),
    Heading("adjusted_interest_cents", "Adjust Interest", "Amount of Adjustment applied to Interest"),
    Heading("adjusted_principal_cents", "Adjust Principal", "Amount of Adjustment applied to Principal"),
    Heading("fee_charged_cents", "Fee Charged", "Fee amount assessed"),
    _CARD_TYPE,
    Heading(
        "payment_maps",
        "PMT Maps",
        "Number of Payment Maps - Used on Open-End Contracts to map a Payment to multiple Charge Slip balances.",
    ),
    Heading("tot_days_past_due", "Days Delinquent at ToT", "Days contract was delinquent at the time of transaction"),
    _SELLER,
)

DECLINED = (
    _PROGRAM,
    _LOCATION,
    _HOLDER_NUMBER,
    _CONTRACT_NUMBER,
    Heading("applicant", "Applicant", "Name of the Primary Applicant / Account Holder"),
    _MERCHANT_EXT_ID,
    Heading("tot_status", "ToT Status", "Contract Status at the Time of Transaction (ToT)"),
    Heading("tot_past_due_cents", "ToT Past Due Amount", "Past Due Amount of the Contract at the Time of Transaction (ToT)"),
    Heading("tot_days_past_due", "ToT Days Past Due", "Days Past Due at the Time of Transaction (ToT)"),
    _TRANSACTION_ID,
    _RECEIVED_ON,
    _PROCESSED_ON,
    _STATE,
    _KIND,
    _PAYMENT_CENTS,
    _CARD_TYPE,
    Heading("last_four", "Last Four", "Last 4 of the payment method used for the transaction"),
    Heading(
        "decline_reason",
        "Declined Reason",
        "Reason from the merchant processing gateway as to why the transaction declined - NSF, Invalid Number, etc.",
    ),
    _SELLER,
)

PENDING = (
    _PROGRAM,
    _LOCATION,
    _HOLDER_NUMBER,
    Heading(
        "contract_number",
        "Contract #",
        "Accounts can have multiple Contracts; the Contract number is built on the Account Number (ACCT#LOA##)",
    ),
    Heading("applicant", "Applicant", "Name of the Primary Applicant / Account Holder"),
    _MERCHANT_EXT_ID,
    _TRANSACTION_ID,
    _RECEIVED_ON,
    _PROCESSED_ON,
    _STATE,
    _KIND,
    _PAYMENT_CENTS,
    _ADJUSTED_CENTS,
    _CARD_TYPE,
)
