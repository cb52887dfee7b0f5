"""What must always hold in the ledger, each as a query for the rows that break it (domain.md part 4, reliability.md part 1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

SAMPLE = 5


@dataclass(frozen=True, slots=True)
class Invariant:
    """One sentence that holds, and the SQL that selects the ids for which it does not."""

    name: str
    sentence: str
    broken_sql: str


@dataclass(frozen=True, slots=True)
class Finding:
    """How often an invariant is broken, and the first few account ids."""

    invariant: Invariant
    broken: int
    sample: tuple[int, ...]


# What was collected: complete payments less what went back out. Reversed originals stand against their reversal rows.
_COLLECTED = """
    select account_id, sum(case when kind in ('payment', 'opening') then amount_cents else -amount_cents end) as cents
    from payment where state in ('complete', 'reversed', 'refunded') group by account_id
"""
_LINES = """
    select account_id, sum(amount_cents) as total, sum(amount_cents - paid_cents) as open, sum(opening_cents) as opening,
        count(*) filter (where paid_cents = amount_cents) as made
    from installment group by account_id
"""
_FEES = "select account_id, sum(amount_cents - paid_cents - waived_cents) as open from fee group by account_id"
# What money covers; what adjustments cover was never collected.
_ALLOCATED = """
    select account_id, sum(cents) as cents from (
        select account_id, amount_cents as cents from allocation where payment_id is not null
        union all select account_id, beyond_cents from payment_split where payment_id is not null
    ) covered group by account_id
"""
_FINANCED = """
    select f.account_id, f.principal_open_cents, f.interest_open_cents, f.interest_assessed_cents, a.contract_type,
        f.principal_cents + coalesce(d.principal, 0) as principal_cents, coalesce(s.interest, 0) as interest_paid,
        coalesce(s.principal, 0) as principal_paid, coalesce(c.cents, 0) + coalesce(d.interest, 0) as interest_charged
    from contract_finance f
    join account a on a.id = f.account_id and a.contract_type <> 'lease'
    left join (select account_id, sum(interest_cents) as interest, sum(principal_cents) as principal
        from payment_split group by 1) s on s.account_id = f.account_id
    left join (select account_id, sum(amount_cents) as cents from interest_charge group by 1) c on c.account_id = f.account_id
    left join (select account_id, sum(interest_cents) as interest, sum(principal_cents) as principal
        from adjustment where kind = 'debit' group by 1) d on d.account_id = f.account_id
"""
_OPENING = "select account_id, sum(amount_cents) as cents from adjustment where kind = 'opening' group by account_id"

_CARDS: tuple[Invariant, ...] = (
    Invariant(
        "a success is one payment",
        "Each charge that succeeded is one card payment in the ledger of the same account, card and cents.",
        "select h.account_id from charge h left join payment p on p.id = h.payment_id where h.state = 'succeeded' and ("
        "p.id is null or p.account_id <> h.account_id or p.card_id <> h.card_id "
        "or p.amount_cents <> coalesce(h.taken_cents, h.amount_cents) "
        "or p.square_payment_id is distinct from h.square_payment_id or p.kind <> 'payment' "
        "or p.state not in ('complete', 'refunded', 'reversed'))",
    ),
    Invariant(
        "a card payment is one success",
        "Each complete payment whose key is a charge's belongs to that charge, which succeeded.",
        "select p.account_id from payment p join charge h on h.key = p.idempotency_key "
        "where p.state in ('complete', 'refunded', 'reversed') and h.payment_id is distinct from p.id",
    ),
    Invariant(
        "one open charge",
        "An account has one undecided charge at most.",
        "select account_id from charge where state in ('planned', 'sending', 'pending', 'unknown', 'needs_review') "
        "group by account_id having count(*) > 1",
    ),
    Invariant(
        "frozen requests",
        "The request of a charge is what it was planned with, and speaks of its own key and cents.",
        "select account_id from charge where request_hash <> encode(sha256(convert_to(request, 'UTF8')), 'hex') "
        "or request::jsonb ->> 'idempotency_key' <> key "
        "or (request::jsonb -> 'amount_money' ->> 'amount')::bigint <> amount_cents",
    ),
    Invariant(
        "batches add up",
        "The counts of a batch are those of its charges.",
        "select b.id from autopay_batch b left join (select batch_id, count(*) filter (where state = 'succeeded') as succeeded, "
        "count(*) filter (where state in ('declined', 'rejected')) as failed, "
        "count(*) filter (where state in ('pending', 'unknown', 'needs_review')) as unknown, "
        "count(*) filter (where state = 'skipped') as skipped, count(*) as eligible, "
        "sum(coalesce(taken_cents, amount_cents)) filter (where state = 'succeeded') as cents from charge group by 1) c "
        "on c.batch_id = b.id "
        "where (b.eligible, b.succeeded, b.failed, b.unknown, b.skipped, b.charged_cents) is distinct from "
        "(coalesce(c.eligible, 0), coalesce(c.succeeded, 0), coalesce(c.failed, 0), coalesce(c.unknown, 0), "
        "coalesce(c.skipped, 0), coalesce(c.cents, 0)::bigint)",
    ),
    Invariant(
        "nothing is forgotten",
        "A charge that is undecided for more than a day waits for a person, with a follow-up; a shorter one has its next look.",
        "select account_id from charge h where (state in ('sending', 'unknown', 'pending') and look_at is null) "
        "or (state = 'needs_review' and not exists (select from follow_up f where f.account_id = h.account_id "
        "and f.kind = 'review' and f.note like 'Card charge to review:%'))",
    ),
)

_REFUNDS: tuple[Invariant, ...] = (
    Invariant(
        "a card refund is one entry",
        "Each refund that Square completed is one refund in the ledger of the same payment and cents, and the other way round.",
        "select r.account_id from card_refund r left join payment p on p.id = r.refund_payment_id where r.state = 'completed' "
        "and (p.id is null or p.kind <> 'refund' or p.account_id <> r.account_id or p.amount_cents <> r.amount_cents "
        "or coalesce(p.reverses_id, p.part_of_id) <> r.payment_id or p.idempotency_key <> r.key) "
        "union all select p.account_id from payment p join card_refund r on r.key = p.idempotency_key "
        "where r.refund_payment_id is distinct from p.id",
    ),
    Invariant(
        "frozen refunds",
        "The request of a refund is what it was planned with, and speaks of its own key, payment and cents.",
        "select account_id from card_refund where request_hash <> encode(sha256(convert_to(request, 'UTF8')), 'hex') "
        "or request::jsonb ->> 'idempotency_key' <> key or request::jsonb ->> 'payment_id' <> square_payment_id "
        "or (request::jsonb -> 'amount_money' ->> 'amount')::bigint <> amount_cents",
    ),
    Invariant(
        "no refund is forgotten",
        "An undecided refund has its next look, or waits for a person with a follow-up.",
        "select account_id from card_refund r where (state in ('planned', 'sending', 'unknown', 'pending') and look_at is null) "
        "or (state = 'needs_review' and not exists (select from follow_up f where f.account_id = r.account_id "
        "and f.kind = 'review' and f.note like 'Card refund to review:%'))",
    ),
)

INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "schedule sums to the contract",
        "The installments of an account add up to its contract value.",
        f"select a.id from account a left join ({_LINES}) l on l.account_id = a.id where a.total_cents <> coalesce(l.total, 0)",
    ),
    Invariant(
        "balance",
        "An account's balance is its unpaid installments (principal and interest of a financed one) plus its unpaid fees.",
        f"select a.id from account a left join ({_LINES}) l on l.account_id = a.id "
        f"left join ({_FEES}) f on f.account_id = a.id left join ({_FINANCED}) m on m.account_id = a.id "
        "where a.balance_cents <> coalesce(m.principal_open_cents + m.interest_open_cents, l.open, 0) + coalesce(f.open, 0) "
        "or a.fees_cents <> coalesce(f.open, 0)",
    ),
    Invariant(
        "collected",
        "What an account was paid is its complete payments less what was reversed or refunded.",
        f"select a.id from account a left join ({_COLLECTED}) m on m.account_id = a.id "
        "where a.paid_cents <> coalesce(m.cents, 0)",
    ),
    Invariant(
        "applied plus unapplied is collected",
        "What payments cover, what the prior system had collected and the credit add up to what was collected.",
        f"select a.id from account a left join ({_COLLECTED}) m on m.account_id = a.id "
        f"left join ({_ALLOCATED}) c on c.account_id = a.id left join ({_LINES}) l on l.account_id = a.id "
        f"left join ({_OPENING}) o on o.account_id = a.id where a.credit_cents + coalesce(c.cents, 0) "
        "+ coalesce(l.opening, 0) + coalesce(o.cents, 0) <> coalesce(m.cents, 0)",
    ),
    Invariant(
        "installments carry their allocations",
        "What an installment has as paid is what the prior system had collected plus what payments cover of it.",
        "select i.account_id from installment i join (select account_id, installment_number, sum(amount_cents) as cents "
        "from allocation where installment_number is not null group by 1, 2) c "
        "on c.account_id = i.account_id and c.installment_number = i.number "
        "where i.paid_cents <> i.opening_cents + c.cents "
        "union all select i.account_id from installment i where i.paid_cents <> i.opening_cents and not exists "
        "(select from allocation c where c.account_id = i.account_id and c.installment_number = i.number)",
    ),
    Invariant(
        "fees carry their allocations",
        "What a fee has as paid is what payments cover of it.",
        "select f.account_id from fee f left join (select fee_id, sum(amount_cents) as cents from allocation "
        "where fee_id is not null group by 1) c on c.fee_id = f.id where f.paid_cents <> coalesce(c.cents, 0)",
    ),
    Invariant(
        "no charge over-applied",
        "No charge is covered with more than it amounts to.",
        "select account_id from installment where paid_cents not between 0 and amount_cents "
        "union all select account_id from fee where paid_cents + waived_cents > amount_cents",
    ),
    Invariant(
        "no payment over-applied",
        "No payment covers more than it amounts to, and only complete payments cover anything.",
        "select p.account_id from payment p join (select payment_id, sum(cents) as cents from ("
        "select payment_id, amount_cents as cents from allocation where payment_id is not null "
        "union all select payment_id, beyond_cents from payment_split where payment_id is not null) part "
        "group by 1) c on c.payment_id = p.id where c.cents > p.amount_cents or p.state <> 'complete' or p.kind <> 'payment'",
    ),
    Invariant(
        "no adjustment over-applied",
        "No credit adjustment takes more off charges than it amounts to, and its parts add up to it.",
        "select j.account_id from adjustment j left join (select adjustment_id, sum(cents) as cents from ("
        "select adjustment_id, amount_cents as cents from allocation where adjustment_id is not null "
        "union all select adjustment_id, beyond_cents from payment_split where adjustment_id is not null) part "
        "group by 1) c on c.adjustment_id = j.id where coalesce(c.cents, 0) > abs(j.amount_cents) "
        "or (j.fees_cents + j.interest_cents + j.principal_cents not in (0, j.amount_cents))",
    ),
    Invariant(
        "waivers are written down",
        "What was waived of a fee stands as adjustments; what replay took back is no waiver.",
        "select f.account_id from fee f left join (select fee_id, -sum(amount_cents) as cents from adjustment "
        "where kind = 'waiver' and fee_id is not null group by 1) w on w.fee_id = f.id "
        "where f.waived_cents - f.taken_back_cents > coalesce(w.cents, 0)",
    ),
    Invariant(
        "principal",
        "Principal is what was financed, or the unpaid charges of a credit line, less what paid it.",
        f"select m.account_id from ({_FINANCED}) m left join ({_LINES}) l on l.account_id = m.account_id "
        "where m.principal_open_cents <> case m.contract_type when 'installment' "
        "then m.principal_cents - m.principal_paid else coalesce(l.open, 0) end",
    ),
    Invariant(
        "interest",
        "Assessed interest is the sum of its charges, and what is open of it is what nobody paid.",
        f"select m.account_id from ({_FINANCED}) m where m.interest_assessed_cents <> m.interest_charged "
        "or m.interest_open_cents <> m.interest_charged - m.interest_paid",
    ),
    Invariant(
        "reversals point at one original",
        "A reversal, chargeback or refund points at a payment of the same account and amount that is marked so.",
        "select r.account_id from payment r left join payment o on o.id = r.reverses_id "
        "where (r.kind in ('reversal', 'chargeback') or (r.kind = 'refund' and r.reverses_id is not null)) and "
        "(o.id is null or o.account_id <> r.account_id or o.amount_cents <> r.amount_cents "
        "or o.state <> case r.kind when 'refund' then 'refunded' else 'reversed' end)",
    ),
    Invariant(
        "days bought",
        "Only the rest of a part-paid installment falls due later, by what its newest row says.",
        "select i.account_id from installment i where i.bought_days > 0 and (i.paid_cents not between 1 and i.amount_cents - 1 "
        "or not exists (select from bought_days b where b.account_id = i.account_id and b.number = i.number)) "
        "union all select n.account_id from (select distinct on (account_id, number) account_id, number, days "
        "from bought_days order by account_id, number, from_on desc) n "
        "join installment i on i.account_id = n.account_id and i.number = n.number where i.bought_days <> n.days",
    ),
    Invariant(
        "parts handed back",
        "What was handed back of a payment in parts is of the same account and no more than it, and of a refunded one all of it.",
        "select o.account_id from payment o join (select part_of_id, sum(amount_cents) as cents, "
        "bool_and(account_id = (select account_id from payment p where p.id = part_of_id)) as is_own "
        "from payment where part_of_id is not null group by 1) part on part.part_of_id = o.id "
        "where part.cents > o.amount_cents or not part.is_own or (o.state = 'refunded' and part.cents <> o.amount_cents)",
    ),
    Invariant(
        "payments made",
        "The number of payments made is the number of installments that are paid in full.",
        f"select a.id from account a left join ({_LINES}) l on l.account_id = a.id where a.payments_made <> coalesce(l.made, 0)",
    ),
    *_CARDS,
    *_REFUNDS,
)


def findings(session: Session) -> Iterator[Finding]:
    """Check each invariant over the whole ledger; yields one finding each, broken or not. Reads only."""
    for invariant in INVARIANTS:
        broken, sample = session.execute(
            text(
                f"with broken as ({invariant.broken_sql}) select count(*), "
                f"(select array_agg(id) from (select * from broken limit {SAMPLE}) s(id)) from broken"
            )
        ).one()
        yield Finding(invariant, int(broken), tuple(sample or ()))
