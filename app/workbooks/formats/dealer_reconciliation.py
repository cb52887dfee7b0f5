"""The Dealer Contract Reconciliation: what each dealer was paid for each contract. Each file adds to the running total."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from app.domain.errors import Severity
from app.domain.money import as_text
from app.domain.portfolio.imports import ImportFormat, RowOutcome
from app.workbooks import cells, days
from app.workbooks.columns import Column
from app.workbooks.formats.shape import Format
from app.workbooks.formats.simple import Wrong, plain_fields, reader

_SUFFIX = re.compile(r"-[0-9]{1,2}\Z")
MAX_NUMBER = 40

COLUMNS: tuple[Column, ...] = (
    Column(
        "contract_number", "CONTRACT#", "approval_id", cells.identifier,
        "A suffix of one or two digits (-1) is cut off; a row without a number is rejected.", "6433012-1",
        synonyms=("CONTRACTNUMBER", "CONTRACTNO", "CONTRACTID", "APPROVALID", "ACCOUNTNUMBER"),
    ),
    Column("dealer", "DEALERNAME", "dealer", cells.text_up_to(80), "", "MOBILE DEPOT", is_required=False, synonyms=("DEALER",)),
    Column(
        "funded_on", "FUNDINGDATE", "funded_on", days.day, "An Excel date, mm/dd/yyyy or ISO.", "10/09/2025",
        is_required=False, synonyms=("FUNDEDDATE", "FUNDEDON", "DATEFUNDED", "DATE"),
    ),
    Column(
        "cost_cents", "DEALERCOST", "cost", cells.amount, "What the device cost.", "125.38", is_required=False,
        synonyms=("COST", "CONTRACTCOST"),
    ),
    Column(
        "adjustment_cents", "ADJUSTMENT", "adjustment", cells.amount, "May be below zero. Blank is 0.", "-15.00",
        is_required=False, synonyms=("ADJUSTMENTS", "ADJ"),
    ),
    Column(
        "net_cents", "NETFUNDED", "net_funded", cells.amount,
        "Cost and adjustment must add up to it; it is what the running total adds.", "110.38",
        synonyms=("NETFUNDING", "NETAMOUNT", "FUNDEDAMOUNT", "NET"),
    ),
)  # fmt: skip


class FundingRow(NamedTuple):
    """One contract of a dealer reconciliation."""

    contract_number: str | None
    dealer: str | None
    funded_on: dt.date | None
    cost_cents: int | None
    adjustment_cents: int | None
    net_cents: int | None


def _judge(values: Mapping[str, Any], unreadable: Mapping[str, str]) -> tuple[FundingRow, RowOutcome, list[Wrong]]:
    number = _SUFFIX.sub("", values["contract_number"] or "") or None
    said = FundingRow(**{**values, "contract_number": number})
    wrong = [(key, message, Severity.ERROR) for key, message in unreadable.items()]
    if number is None:
        wrong.append(("contract_number", "Contract number is missing", Severity.ERROR))
    elif len(number) > MAX_NUMBER:
        wrong.append(("contract_number", f"Contract number is longer than {MAX_NUMBER} characters", Severity.ERROR))
    if said.net_cents is None and "net_cents" not in unreadable:
        wrong.append(("net_cents", "Net funded amount is missing", Severity.ERROR))
    if said.net_cents is not None and said.cost_cents is not None and "adjustment_cents" not in unreadable:
        total = said.cost_cents + (said.adjustment_cents or 0)
        if total != said.net_cents:
            message = f"Cost and adjustment make {as_text(total)}, not {as_text(said.net_cents)}"
            wrong.append(("net_cents", message, Severity.ERROR))
    keys = {key for key, _, _ in wrong}
    if "contract_number" in keys:
        return said, RowOutcome.REJECTED_CONTRACT_NUMBER, wrong
    if "funded_on" in keys:
        return said, RowOutcome.REJECTED_DATE, wrong
    return said, RowOutcome.REJECTED_AMOUNT if keys else RowOutcome.IMPORTED, wrong


DEALER_RECONCILIATION = Format(
    kind=ImportFormat.DEALER_RECONCILIATION,
    columns=COLUMNS,
    reader=reader(COLUMNS, _judge),
    identity=lambda parsed: parsed.values.contract_number,
    identity_column="contract_number",
    identity_word="Contract",
    fields=plain_fields,
    owed_key="net_cents",
    nouns=("contract", "contracts"),
    about="What dealers were paid for each contract. Send the files one at a time: each adds to the running total.",
)
