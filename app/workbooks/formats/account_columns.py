"""The columns of files whose rows are accounts: what each means, whatever a file calls it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.workbooks import cells, contacts, days
from app.workbooks.columns import Column, Parser
from app.workbooks.devices import device, imei
from app.workbooks.names import MAX_NAME, first_name

Names = Mapping[str, tuple[str, ...]]
"""Column key → what a file calls it: its own name first, then others."""

MEANINGS: tuple[tuple[str, str, Any, str, str], ...] = (
    (
        "approval_id",
        "approval_id",
        cells.identifier,
        "A row without a number is rejected; a number that is here already is skipped.",
        "RTO700000",
    ),
    ("first_name", "first_name", first_name, "Status marks before the name are taken off.", "Chase"),
    ("last_name", "last_name", cells.text_up_to(MAX_NAME), "", "Montenegro"),
    (
        "name",
        "first_name, last_name",
        cells.text_up_to(2 * MAX_NAME),
        "Used where first and last name do not stand apart.",
        "Montenegro, Chase",
    ),
    (
        "phone",
        "phone",
        contacts.phone,
        "Kept as +1 and ten digits; one that cannot be read is left empty with a warning.",
        "(813) 555-0100",
    ),
    ("second_phone", "phone", contacts.phone, "Used where the first one is blank.", "(813) 555-0101"),
    ("email", "email", contacts.email, "", "chase@example.com"),
    (
        "device",
        "device_model, device_imei",
        device,
        "The first 15-digit number is the IMEI, the rest the model.",
        "SAMSUNG GALAXY A14 5G",
    ),
    (
        "device_imei",
        "device_imei",
        imei,
        "15 digits; wins over a number in the device. Without one the row goes to Pending Review.",
        "357540146356278",
    ),
    ("device_cost_cents", "device_cost", cells.amount, "A row without a cost goes to Pending Review.", "253.66"),
    (
        "start_on",
        "start_date",
        days.day,
        "An Excel date, mm/dd/yyyy or ISO; a row whose date cannot be read is rejected.",
        "05/12/2026",
    ),
    ("frequency", "frequency", cells.frequency, "Weekly, biweekly, semimonthly or monthly in any usual spelling.", "weekly"),
    ("payment_amount_cents", "payment_amount", cells.amount, "Must be a number above 0.", "99.89"),
    ("number_of_payments", "", cells.count, "Gives the balance where that is blank.", "26"),
    (
        "payments_made",
        "payments_made",
        cells.count,
        "So many installments count as paid. Blank: what was paid says how many.",
        "7",
    ),
    ("total_paid_cents", "total_paid", cells.amount, "Blank means payments made times the payment.", "699.23"),
    (
        "balance_remaining_cents",
        "balance_remaining",
        cells.amount,
        "What is still owed; the open installments add up to it.",
        "1897.91",
    ),
    ("contract_cents", "", cells.amount, "Less what was paid it gives the balance where that is blank.", "2597.14"),
    (
        "next_due_on",
        "next_due_date",
        days.day,
        "Wins over the date that follows from start, frequency and payments made.",
        "11/22/2026",
    ),
    ("other_due_cents", "", cells.amount, "Other charges that are due are not brought over; a warning names them.", "12.00"),
    ("address", "address", cells.text_up_to(200), "", "12 Main St"),
    ("city", "city", cells.text_up_to(80), "", "Tampa"),
    ("state", "state", contacts.state, "Two letters.", "FL"),
    ("zip_code", "zip_code", contacts.zip_code, "", "33602"),
    ("dealer", "dealer", cells.text_up_to(80), "", "MOBILE DEPOT"),
    ("store", "office", cells.text_up_to(40), "", "101"),
)
"""Key, what it becomes, parser, rule, example."""


def columns_named(names: Names, required: Iterable[str], parsers: Mapping[str, Parser] | None = None) -> tuple[Column, ...]:
    """The columns of a format that has these names; `parsers` replace the usual ones."""
    needed, own = set(required), parsers or {}
    return tuple(
        Column(
            key, names[key][0], maps_to, own.get(key, parse), note, example, is_required=key in needed, synonyms=names[key][1:]
        )
        for key, maps_to, parse, note, example in MEANINGS
        if key in names
    )
