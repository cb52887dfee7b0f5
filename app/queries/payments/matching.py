"""Accounts that a remittance may be for: by number, phone, learnt sender, name. One statement for any number of them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.domain.payments.matching import MOST_PERIODS, THRESHOLD, Candidate, Clue, Remitted, numbers_in, phones_in, words_of
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import AGED_STATUSES
from app.models import Setting

SETTING = "remittances"
"""Name of the setting that holds the threshold."""

_ROUNDS = 5_000
"""Remittances that one statement looks for."""

# Names in capitals and without accents are the same names; `translate` needs no extension of the database.
_BARE = "translate(lower({0}), 'áàâäãéèêëíìîïóòôöõúùûüñç', 'aaaaaeeeeiiiiooooouuuunc')"

# `offset 0` is a fence: each search runs by its index for what is asked, whatever the planner believes of the tables.
_CANDIDATES = text(
    f"""
    with asked as materialized (
        select * from jsonb_to_recordset(cast(:asked as jsonb)) as r(
            i int, numbers text[], phones text[], sender text, words text[], pairs jsonb, amounts bigint[], paid_on date)
    ),
    hit as (
        select i, found.id, '{Clue.ACCOUNT.value}' as clue from asked cross join unnest(numbers) number
            cross join lateral (select id from account where portfolio_id = :portfolio and account_number = number
                union all select id from account where portfolio_id = :portfolio and approval_id = number offset 0) found
        union all
        select i, found.id, '{Clue.INVOICE.value}' from asked cross join unnest(numbers) number
            cross join lateral (select account_id as id from invoice
                where invoice.portfolio_id = :portfolio and upper(invoice.number) = number offset 0) found
        union all
        select i, found.id, '{Clue.PHONE.value}' from asked cross join unnest(phones) number
            cross join lateral (select account.id from customer_phone p join account using (customer_id)
                where right(p.e164, 10) = number and account.portfolio_id = :portfolio offset 0) found
        union all
        select i, found.id, '{Clue.LEARNT.value}' from asked
            cross join lateral (select account.id from learnt_sender s join account using (customer_id)
                where s.portfolio_id = :portfolio and s.sender = asked.sender offset 0) found
        union all
        select i, found.id, '{Clue.NAME.value}' from asked cross join jsonb_array_elements(pairs) pair
            cross join lateral (select account.id from customer c join account on account.customer_id = c.id
                where lower(c.last_name) = pair ->> 1 and lower(c.first_name) = pair ->> 0
                    and c.portfolio_id = :portfolio offset 0) found
        union all
        select i, found.id, '{Clue.NAME.value}' from asked cross join unnest(amounts) cents
            cross join lateral (select account.id from account join customer c on c.id = account.customer_id
                where account.payment_cents = cents and account.portfolio_id = :portfolio and account.status = any(:open)
                    and string_to_array({_BARE.format("c.first_name || ' ' || c.last_name")}, ' ') && words offset 0) found
    )
    select hit.i, account.id, account.account_number, concat_ws(' ', c.first_name, c.last_name) as name,
        array_agg(distinct hit.clue) as clues, account.payment_cents, account.frequency, account.next_due_on,
        account.past_due_cents, account.balance_cents,
        account.status = any(:open) and account.start_on <= asked.paid_on as is_open
    from hit join asked using (i) join account on account.id = hit.id join customer c on c.id = account.customer_id
    where not account.is_test and account.status <> all(:ended)
    group by hit.i, account.id, c.id, asked.paid_on
    """
)

_ENDED = ["void", "cancelled", "closed"]
"""Statuses that take no payment at all; a test holds them against the list of the service that posts."""


def threshold(session: Session) -> int:
    """From which score on money is posted by itself."""
    kept = session.scalar(select(Setting.value).where(Setting.name == SETTING)) or {}
    return int(kept.get("threshold", THRESHOLD))


def candidates(session: Session, remitted: Mapping[int, Remitted], *, portfolio_id: int) -> dict[int, list[Candidate]]:
    """Key of a remittance → the accounts of the portfolio that it may be for, in no order."""
    found: dict[int, list[Candidate]] = defaultdict(list)
    given = list(remitted.items())
    for start in range(0, len(given), _ROUNDS):
        asked = json.dumps([_asked(key, one) for key, one in given[start : start + _ROUNDS]])
        rows = session.execute(
            _CANDIDATES,
            {
                "asked": asked,
                "portfolio": portfolio_id,
                "open": sorted(status.value for status in AGED_STATUSES),
                "ended": _ENDED,
            },
        )
        for row in rows:
            found[row.i].append(
                Candidate(
                    row.id,
                    row.account_number,
                    row.name,
                    frozenset(Clue(clue) for clue in row.clues),
                    row.payment_cents,
                    Frequency(row.frequency),
                    row.next_due_on,
                    row.past_due_cents,
                    row.balance_cents,
                    row.is_open,
                )
            )
    return found


def _asked(key: int, one: Remitted) -> dict[str, object]:
    """What the statement looks for: numbers, the name cut in two at each place, the payments that the amount may hold."""
    words = [word for word in words_of(one.sender) if len(word) > 1]
    spelled = one.sender.lower().replace(",", " ").replace(".", " ").split()
    pairs = [[" ".join(spelled[:cut]), " ".join(spelled[cut:])] for cut in range(1, len(spelled))]
    turned = [[last, first] for first, last in pairs]
    # A title before the name is not a part of it.
    plain = [[" ".join(words[:cut]), " ".join(words[cut:])] for cut in range(1, len(words))]
    unique = {tuple(pair) for pair in [*pairs, *turned, *plain]}
    return {
        "i": key,
        "paid_on": one.paid_on.isoformat(),
        "numbers": numbers_in(one.memo),
        "phones": phones_in(one.memo),
        "sender": " ".join(words_of(one.sender)),
        "words": words,
        "pairs": sorted(unique),
        "amounts": [one.amount_cents // count for count in range(1, MOST_PERIODS + 1) if one.amount_cents % count == 0],
    }
