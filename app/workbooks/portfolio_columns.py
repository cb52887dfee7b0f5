"""The columns of the Portfolio Detailed Report (domain.md part 14), as the reader finds them and the Import page shows them.

Keys are the names under which values are kept: money in `_cents`, dates in `_on`.
"""

from __future__ import annotations

from app.workbooks import cells, contacts, days
from app.workbooks.columns import Column
from app.workbooks.devices import device
from app.workbooks.names import MAX_NAME, first_name

COLUMNS: tuple[Column, ...] = (
    Column(
        "approval_id", "CONTRACT#", "approval_id", cells.identifier,
        "A suffix of one or two digits (-1) is cut off; a row without a number is rejected.", "6433012-1",
        synonyms=("CONTRACTNUMBER", "CONTRACTNO", "CONTRACTID", "APPROVALID", "APPROVAL#", "APPROVALNUMBER"),
    ),
    Column(
        "status", "CONTRACTBILLINGSTATUS", "status", cells.text,
        "Only Active comes in, in any case; every other status is skipped before anything else is looked at.", "Active",
        synonyms=("BILLINGSTATUS", "CONTRACTSTATUS", "STATUS"),
    ),
    Column(
        "start_on", "CONTRACTORIGINATIONDATE", "start_date", days.day,
        "An Excel date, mm/dd/yyyy or ISO; a row whose date cannot be read is rejected.", "10/09/2025",
        synonyms=("ORIGINATIONDATE", "CONTRACTDATE", "CONTRACTSTARTDATE", "STARTDATE"),
    ),
    Column(
        "first_name", "CUSTOMERFIRSTNAME", "first_name", first_name,
        "Status marks before the name (*PAST DUE*, BK -) are taken off; the cell is kept as it was.", "*PAST DUE* Lori",
        synonyms=("FIRSTNAME", "CUSTOMERFIRST", "FIRST"),
    ),
    Column(
        "last_name", "CUSTOMERLASTNAME", "last_name", cells.text_up_to(MAX_NAME), "Blanks around it are cut off.", "Diaz",
        synonyms=("LASTNAME", "CUSTOMERLAST", "LAST", "SURNAME"),
    ),
    Column(
        "phone", "CUSTOMERPHONE1", "phone", contacts.phone,
        "Kept as +1 and ten digits; one that cannot be read is left empty with a warning.", "(305) 555-4378",
        synonyms=("CUSTOMERPHONE", "PHONE1", "PHONE", "PHONENUMBER", "CELLPHONE", "MOBILE"),
    ),
    Column(
        "device", "MERCHDESCRIPTION", "device_model, device_imei", device,
        "The first 15-digit number is the IMEI, the rest the model; a wrong check digit is a warning, a row without an IMEI "
        "goes to Pending Review.", "APPLE IPHONE 12 128GB 356415207490483",
        synonyms=("MERCHANDISEDESCRIPTION", "MERCHANDISE", "DEVICE", "PRODUCTDESCRIPTION", "DESCRIPTION"),
    ),
    Column(
        "device_cost_cents", "CONTRACTCOST", "device_cost", cells.amount,
        "A row without a cost goes to Pending Review.", "125.38",
        synonyms=("DEVICECOST", "DEALERCOST", "COST"),
    ),
    Column(
        "frequency", "PAYMENTFREQUENCY", "frequency", cells.frequency,
        "Weekly, biweekly, semimonthly or monthly in any usual spelling; anything else is rejected.", "Bi-Weekly",
        synonyms=("FREQUENCY", "PAYFREQUENCY", "BILLINGFREQUENCY"),
    ),
    Column(
        "payment_amount_cents", "NEXTPAYMENTAMOUNT", "payment_amount", cells.amount,
        "Must be a number above 0; anything else is rejected.", "$24.12",
        synonyms=("PAYMENTAMOUNT", "NEXTPAYMENT", "INSTALLMENTAMOUNT"),
    ),
    Column(
        "payments_made", "COUNTOFPAYMENTSCOLLECTED", "payments_made", cells.count,
        "So many installments count as paid; the one after them is due next. Blank means none.", "11",
        synonyms=("COUNTOFPAYMENTS", "PAYMENTSCOLLECTED", "PAYMENTSMADE", "NUMBEROFPAYMENTSMADE"),
    ),
    Column(
        "total_paid_cents", "SUMOFPAYMENTSMADE", "total_paid", cells.amount,
        "Paid installments and one opening adjustment add up to it. Blank means payments made times the payment.", "2,157.02",
        synonyms=("SUMOFPAYMENTS", "TOTALPAID", "TOTALPAYMENTS", "AMOUNTPAID"),
    ),
    Column(
        "balance_remaining_cents", "OUTSTANDINGBALANCERENTAL", "balance_remaining", cells.amount,
        "What is still owed; the open installments add up to it.", "198.82",
        synonyms=("OUTSTANDINGBALANCE", "BALANCEREMAINING", "REMAININGBALANCE", "BALANCE"),
    ),
    Column(
        "next_due_on", "NEXTPAYMENTDATE", "next_due_date", days.day,
        "Wins over the due date that follows from start, frequency and payments made.", "11/27/2026", is_required=False,
        synonyms=("NEXTDUEDATE", "NEXTPAYMENTDUEDATE"),
    ),
    Column(
        "email", "CUSTOMEREMAIL", "email", contacts.email, "", "lori@example.com", is_required=False,
        synonyms=("EMAIL", "CUSTOMEREMAIL1", "EMAILADDRESS"),
    ),
    Column(
        "address", "CUSTOMERADDRESS", "address", cells.text_up_to(200), "", "12 Main St", is_required=False,
        synonyms=("CUSTOMERADDRESS1", "ADDRESS", "ADDRESS1", "STREET"),
    ),
    Column("city", "CUSTOMERCITY", "city", cells.text_up_to(80), "", "Tampa", is_required=False, synonyms=("CITY",)),
    Column(
        "state", "CUSTOMERSTATE", "state", contacts.state, "Two letters.", "FL", is_required=False, synonyms=("STATE",)
    ),
    Column(
        "zip_code", "CUSTOMERZIP", "zip_code", contacts.zip_code, "", "33602", is_required=False,
        synonyms=("CUSTOMERZIPCODE", "ZIP", "ZIPCODE", "POSTALCODE"),
    ),
    Column("dealer", "DEALERNAME", "dealer", cells.text_up_to(80), "", "MOBILE DEPOT", is_required=False, synonyms=("DEALER",)),
    Column(
        "store", "STORENUMBER", "office", cells.text_up_to(40), "", "101", is_required=False,
        synonyms=("STORE", "STORE#", "STOREID", "LOCATIONNUMBER"),
    ),
)  # fmt: skip
"""Every column that the format knows, in the order of the Import page."""
