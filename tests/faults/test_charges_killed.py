"""Cards charged while processes are killed: whatever dies at which moment, one payment at Square is one in the ledger.

Real processes on a real database, with Square's simulator on loopback. The quick ones run with all tests; `make charge-faults`
runs them all (reliability.md part 1, fault matrix). Time passes by moving the charges back, as if they had been sent earlier.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import pytest
from redis import Redis
from sqlalchemy import select, text

from app import ROOT, clock
from app.domain.autopay.batches import BatchKind, RunState
from app.domain.autopay.charges import OPEN_CHARGES, ChargeState
from app.domain.payments.kinds import PaymentKind, PaymentState
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import AutopayBatch, Charge, Payment
from app.queries.payments.invariants import findings
from app.services.autopay import enrollment
from app.services.staff.audit import SYSTEM, Actor
from app.settings import Settings
from app.simulators.square.remote import SquareSimulator
from app.transaction import transaction
from tasks import autopay
from tests import factories
from tests.autopay.conftest import CONSENT, card_of
from tests.conftest import CommittedDatabase
from tests.factories import TODAY
from tests.product import environment_for

SECONDS = 60
"""A busy machine takes its time to start a process; nothing here waits so long when it goes well."""
ACCOUNTS = 4
DUE_CENTS = 21_600
"""Three installments of $54.00 that are past due, and today's."""


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SquareSimulator]:
    with SquareSimulator.start(tmp_path_factory.mktemp("square")) as running:
        yield running


@dataclass
class Night:
    """A batch of a few accounts that is planned and not sent, and a Square that is watched."""

    database: CommittedDatabase
    square: SquareSimulator
    home: str
    batch_id: int = 0

    def start(self, *command: str) -> subprocess.Popen[str]:
        """A process that charges what is planned: by command, or `command`."""
        words = command or ("-m", "app", "autopay", "run", "--wait", "--json")
        given = {
            "DATABASE_URL": self.database.settings.sqlalchemy_url,
            "REDIS_URL": self.database.settings.queue_url,
            "SQUARE_ENVIRONMENT": "sandbox",
            "SQUARE_ACCESS_TOKEN": self.square.token,
            "SQUARE_LOCATION_ID": self.square.location_id,
            "SQUARE_BASE_URL": self.square.url,
            "LEASEDESK_TODAY": TODAY.isoformat(),
        }
        return subprocess.Popen(
            [sys.executable, *words],
            cwd=ROOT,
            env=environment_for(self.home, given),  # type: ignore[arg-type]
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )

    def plan(self, behaviours: list[str]) -> list[str]:
        """Accounts that agreed, each with a card that behaves so, in a batch; returns Square's customers."""
        people = []
        with transaction() as session:
            manager = Actor(staff_id=factories.staff(session, Role.MANAGER).id)  # Who runs it by hand does so at any hour.
            for behaviour in behaviours:
                account = factories.account(session)
                given = {"reference_id": account.account_number, "given_name": "Jordan", "cards": [{"behaviour": behaviour}]}
                seeded = self.square.seed([given])[0]
                account.customer.square_customer_id = seeded["customer_id"]
                card_of(session, account.customer, square_card_id=seeded["card_ids"][0])
                enrollment.enroll(session, account.id, consent=CONSENT, source="lease", now=factories.NOW, actor=SYSTEM)
                people.append(seeded["customer_id"])
        self.batch_id, _ = autopay.start_batch(BatchKind.DAILY, on=TODAY, actor=manager, in_background=False)
        return people

    def arrived(self) -> int:
        """How many charges have come to Square."""
        return len([each for each in self.square.requests(method="POST") if each["path"] == "/v2/payments"])

    def taken(self) -> list[dict[str, object]]:
        """Payments for which money was taken."""
        return [each["payment"] for each in self.square.payments() if each["payment"]["status"] == "COMPLETED"]

    def end_well(self) -> list[ChargeState]:
        """Let minutes pass, the janitor look and the batch go on, until nothing is undecided; the states of all charges."""
        for _ in range(6):
            with transaction() as session:
                session.execute(
                    text(
                        "update charge set sent_at = sent_at - interval '5 minutes', look_at = look_at - interval '5 minutes', "
                        "first_sent_at = first_sent_at - interval '5 minutes'"
                    )
                )
            autopay.look_after()
            autopay.send(self.batch_id)
            with transaction() as session:
                states = list(session.scalars(select(Charge.state)))
            if not OPEN_CHARGES & set(states):
                break
        return states

    def check(self, states: list[ChargeState], *, succeeded: int = ACCOUNTS) -> None:
        """One payment at Square is one in the ledger, nobody was declined falsely, and every invariant holds."""
        assert states.count(ChargeState.SUCCEEDED) == succeeded
        assert set(states) <= {ChargeState.SUCCEEDED, ChargeState.DECLINED}
        taken = self.taken()
        with transaction() as session:
            rows = session.scalars(
                select(Payment).where(Payment.kind == PaymentKind.PAYMENT, Payment.state == PaymentState.COMPLETE)
            ).all()
            assert sorted(row.square_payment_id or "" for row in rows) == sorted(str(each["id"]) for each in taken)
            assert {row.amount_cents for row in rows} == ({DUE_CENTS} if succeeded else set())
            assert len(taken) == succeeded, "doubles or losses"
            assert [each.invariant.name for each in findings(session) if each.broken] == []
            batch = session.get_one(AutopayBatch, self.batch_id, populate_existing=True)
            assert (batch.state, batch.succeeded) == (RunState.DONE, succeeded)


@pytest.fixture
def night(committed_database: CommittedDatabase, simulator: SquareSimulator, tmp_path: object) -> Iterator[Night]:
    simulator.reset()
    named = {
        "square_environment": "sandbox",
        "square_access_token": simulator.token,
        "square_location_id": simulator.location_id,
        "square_base_url": simulator.url,
    }
    settings = Settings.model_validate(committed_database.settings.model_dump() | named)
    committed_database.app.config["SETTINGS"] = settings
    clock.set_clock(pinned_on=TODAY)
    yield Night(CommittedDatabase(settings, committed_database.app), simulator, str(tmp_path))
    clock.set_clock(pinned_on=None)


def until(condition: Callable[[], bool], what: str) -> None:
    """Ask again and again until it holds."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, f"it never came to pass: {what}"
        time.sleep(0.02)


def killed(process: subprocess.Popen[str], number: signal.Signals = signal.SIGKILL) -> None:
    process.send_signal(number)
    process.wait(SECONDS)


def blocked(night: Night) -> bool:
    """Whether some statement waits for a lock."""
    query = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    with psycopg.connect(night.database.url) as watcher:
        row = watcher.execute(query).fetchone()
        return bool(row and row[0])


def before_the_send(night: Night) -> None:
    """The claim is about to be written: nothing was sent."""
    with psycopg.connect(night.database.url) as blocker:
        blocker.execute("lock table charge_event in exclusive mode")
        process = night.start()
        until(lambda: blocked(night), "the claim waits")
        killed(process)
        blocker.rollback()
    assert night.arrived() == 0


def during_the_send(night: Night) -> None:
    """All cards are charged, and no answer has come yet."""
    night.square.fault("delay", when="after", delay_ms=30_000, count=ACCOUNTS)
    process = night.start()
    until(lambda: len(night.taken()) == ACCOUNTS, "the cards are charged")
    killed(process)


def after_the_answer(night: Night) -> None:
    """The answers have come, and cannot be written down."""
    with psycopg.connect(night.database.url) as blocker:
        blocker.execute("lock table payment in exclusive mode")
        process = night.start()
        until(lambda: len(night.taken()) >= 1 and blocked(night), "an answer waits to be written")
        killed(process)
        blocker.rollback()


def the_original_after_the_resend(night: Night) -> None:
    """The first requests lie on the way for seconds; the janitor sends again meanwhile, and both arrive."""
    night.square.fault("delay", when="before", delay_ms=3_000, count=ACCOUNTS)
    process = night.start()
    until(lambda: night.arrived() == ACCOUNTS, "the requests are on their way")
    killed(process)
    night.check(night.end_well())
    until(lambda: not [each for each in night.square.requests() if each["outcome"] is None], "the originals arrive")


def terminated(night: Night) -> None:
    """SIGTERM in the middle of a batch."""
    night.square.set(latency_ms=300)
    process = night.start()
    until(lambda: night.arrived() >= 1, "the first is sent")
    killed(process, signal.SIGTERM)


def square_dies(night: Night) -> None:
    """Square is gone in the middle and comes back: its connections are refused meanwhile."""
    night.square.set(latency_ms=1_000)
    process = night.start()
    until(lambda: night.arrived() >= 1, "the first is sent")
    port, home = night.square.port, night.square.home
    night.square.kill()
    until(lambda: _undecided(night) or process.poll() is not None, "nobody answers")
    killed(process)
    again = SquareSimulator.start(home, port=port)
    night.square.pid, night.square._process = again.pid, again._process
    night.square.set(latency_ms=0)


def two_at_once(night: Night) -> None:
    """Two processes charge one batch."""
    processes = [night.start(), night.start()]
    for process in processes:
        process.wait(SECONDS)


def the_database_cuts_the_line(night: Night) -> None:
    """Every connection of the process is ended in the middle of writing."""
    with psycopg.connect(night.database.url) as blocker:
        blocker.execute("lock table payment in exclusive mode")
        process = night.start()
        until(lambda: len(night.taken()) >= 1 and blocked(night), "an answer waits to be written")
        with psycopg.connect(night.database.url, autocommit=True) as admin:
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "
                "and wait_event_type = 'Lock'"
            )
        blocker.rollback()
    process.wait(SECONDS)


def the_worker_is_killed_alone(night: Night) -> None:
    """The RQ worker is killed, its horse is charging: the horse dies with it."""
    night.square.fault("delay", when="after", delay_ms=30_000, count=ACCOUNTS)
    process = night.start("-m", "tasks.worker", "payments")
    autopay.plan_sending(night.batch_id)
    until(lambda: len(night.taken()) >= 1, "a horse charges")
    killed(process)


def the_same_job_five_times(night: Night) -> None:
    """One job is rung for five times, with two workers who hear it."""
    processes = [night.start("-m", "tasks.worker", "payments") for _ in range(2)]
    for _ in range(5):
        autopay.plan_sending(night.batch_id)
    until(lambda: len(night.taken()) == ACCOUNTS and not _undecided(night), "all are charged")
    for process in processes:
        killed(process)


def redis_is_flushed(night: Night) -> None:
    """Redis forgets everything while the batch runs; the batch is in the database."""
    night.square.set(latency_ms=200)
    process = night.start("-m", "tasks.worker", "payments")
    autopay.plan_sending(night.batch_id)
    until(lambda: night.arrived() >= 1, "the first is sent")
    with Redis.from_url(night.database.settings.queue_url) as connection:
        connection.flushdb()
    until(lambda: len(night.taken()) == ACCOUNTS, "all are charged all the same")
    killed(process)


def _undecided(night: Night) -> bool:
    db.session.rollback()
    with transaction() as session:
        return bool(OPEN_CHARGES & set(session.scalars(select(Charge.state))))


QUICK = (before_the_send, during_the_send, after_the_answer)
SLOW = (
    the_original_after_the_resend,
    terminated,
    square_dies,
    two_at_once,
    the_database_cuts_the_line,
    the_worker_is_killed_alone,
    the_same_job_five_times,
    redis_is_flushed,
)
ALL = pytest.mark.skipif(not os.environ.get("LEASEDESK_TEST_CHARGE_FAULTS"), reason="make charge-faults runs it")


@pytest.mark.parametrize("fault", [*QUICK, *(pytest.param(each, marks=ALL) for each in SLOW)], ids=lambda each: each.__name__)
def test_whatever_dies_each_card_is_charged_once(night: Night, fault: Callable[[Night], None]) -> None:
    night.plan(["APPROVE"] * ACCOUNTS)
    fault(night)
    night.square.clear_faults()
    night.check(night.end_well())


TROUBLES: dict[str, dict[str, object]] = {
    "reset before": {"kind": "reset"},
    "reset after": {"kind": "reset", "when": "after"},
    "500": {"kind": "status", "status": 500},
    "500 after it was charged": {"kind": "status", "status": 500, "when": "after"},
    "429": {"kind": "status", "status": 429, "code": "RATE_LIMITED", "retry_after": 1},
    "503": {"kind": "status", "status": 503, "code": "SERVICE_UNAVAILABLE"},
    "a proxy's page": {"kind": "html"},
    "an empty answer": {"kind": "empty"},
    "half an answer": {"kind": "half_body"},
    "no answer, charged": {"kind": "time_out", "when": "after", "seconds": 25},
    "no answer, not charged": {"kind": "time_out", "seconds": 25},
}
DECLINES = ("INSUFFICIENT_FUNDS", "GENERIC_DECLINE", "CARD_EXPIRED", "INVALID_ACCOUNT", "CARD_DECLINED_VERIFICATION_REQUIRED")


@ALL
def test_whatever_square_answers_each_card_is_charged_once_and_only_declines_are_declined(night: Night) -> None:
    people = night.plan(["APPROVE"] * len(TROUBLES) + list(DECLINES))
    for customer_id, plan in zip(people, TROUBLES.values(), strict=False):
        night.square.fault(match={"customer_id": customer_id}, **plan)  # type: ignore[arg-type]
    process = night.start()
    until(lambda: night.arrived() >= len(people), "all are sent")
    until(lambda: _sent_and_told(night), "every answer is known, or known to be missing")
    killed(process)
    states = night.end_well()
    night.check(states, succeeded=len(TROUBLES))
    assert states.count(ChargeState.DECLINED) == len(DECLINES)


def _sent_and_told(night: Night) -> bool:
    db.session.rollback()
    with transaction() as session:
        return not {ChargeState.PLANNED, ChargeState.SENDING} & set(session.scalars(select(Charge.state)))
