"""The gateway speaks to Hexnode's simulator over its wire: each fault gives the value that it must, and no location comes in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app import ROOT
from app.gateways import hexnode
from app.gateways.calls import ApiCall
from app.gateways.devices import DevicePage, Done, EnrolledDevice, Refused, Unanswered, Unknown
from app.gateways.hexnode import HexnodeAccess, HexnodeGateway, device_of
from app.simulators.hexnode.portal import SeededDevice
from app.simulators.hexnode.running import HexnodeSimulator
from app.simulators.square.faults import Fault

LOCKS = "POST /api/v1/actions/*"
LISTS = "GET /api/v1/devices/"


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[HexnodeSimulator]:
    running = HexnodeSimulator(tmp_path)
    with running.store.transaction():
        running.portal.seed(
            [
                SeededDevice("356415207490483", "iPhone 13", serial="dx3abc"),
                SeededDevice("355933250577007", "Galaxy S22", status="Disenrolled", is_alive=False, silent_days=30),
                SeededDevice(None, "Pixel 7a"),
            ]
        )
    running.start()
    yield running
    running.stop()


def gateway(simulator: HexnodeSimulator, calls: list[ApiCall] | None = None, *, key: str | None = None) -> HexnodeGateway:
    record = (lambda call: None) if calls is None else calls.append
    return HexnodeGateway(HexnodeAccess(simulator.url, key or simulator.key), record, seconds_to_answer=0.6, per_page=2)


def is_locked(simulator: HexnodeSimulator, number: int = 1) -> bool:
    with simulator.store.transaction():
        return simulator.portal.is_locked(number)


def test_all_devices_are_listed_page_by_page(simulator: HexnodeSimulator) -> None:
    first = gateway(simulator).devices()
    assert isinstance(first, DevicePage)
    assert (first.total, first.next_page, [one.id for one in first.entries]) == (3, 2, [1, 2])
    second = gateway(simulator).devices(2)
    assert isinstance(second, DevicePage)
    assert (second.next_page, [one.id for one in second.entries]) == (None, [3])
    iphone, galaxy = first.entries
    assert (iphone.imei, iphone.serial, iphone.model, iphone.status) == ("356415207490483", "DX3ABC", "iPhone 13", "Enrolled")
    assert iphone.last_reported_at is not None and galaxy.last_reported_at is not None
    assert (iphone.last_reported_at - galaxy.last_reported_at).days >= 28


def test_one_device_is_asked_for_and_an_unknown_one_is_not_found(simulator: HexnodeSimulator) -> None:
    found = gateway(simulator).device(2)
    assert isinstance(found, EnrolledDevice)
    assert found.status == "Disenrolled"
    missing = gateway(simulator).device(99)
    assert isinstance(missing, Unanswered) and missing.is_not_found


def test_a_device_is_locked_with_its_message_and_unlocked(simulator: HexnodeSimulator) -> None:
    calls: list[ApiCall] = []
    assert gateway(simulator, calls).lock(1, "Please call us", account_id=7) == Done()
    assert is_locked(simulator)
    with simulator.store.transaction():
        assert simulator.portal.message(1) == "Please call us"
    assert gateway(simulator, calls).unlock(1) == Done()
    assert not is_locked(simulator)
    assert [(call.service, call.endpoint, call.status, call.account_id) for call in calls] == [
        ("hexnode", "POST /api/v1/actions/lock_devices/", 200, 7),
        ("hexnode", "POST /api/v1/actions/disable_lost_mode/", 200, None),
    ]
    assert calls[0].request == {"devices": [1], "message": "Please call us"}


def test_no_location_and_no_key_come_past_the_gateway(simulator: HexnodeSimulator) -> None:
    raw = httpx.get(f"{simulator.url}/api/v1/devices/1/", headers={"Authorization": simulator.key}).text
    assert "Canary Lane" in raw and "latitude" in raw
    calls: list[ApiCall] = []
    spoken = gateway(simulator, calls)
    told = [spoken.devices(), spoken.device(1), spoken.lock(1, "x"), spoken, calls]
    for canary in ("Canary", "latitude", "39.96", "82.99", simulator.key):
        assert canary not in repr(told)
    assert len(calls) == 3


@pytest.mark.parametrize(
    ("fault", "is_done"),
    [
        ({"kind": "status", "status": 500}, False),
        ({"kind": "status", "status": 502, "when": "after"}, True),
        ({"kind": "status", "status": 429}, False),
        ({"kind": "reset"}, False),
        ({"kind": "reset", "when": "after"}, True),
        ({"kind": "html", "when": "after"}, True),
        ({"kind": "empty"}, False),
        ({"kind": "half_body", "when": "after"}, True),
        ({"kind": "time_out", "seconds": 1.5, "when": "after"}, True),
    ],
)
def test_what_is_not_certain_is_unknown_and_sent_once(
    simulator: HexnodeSimulator, fault: dict[str, object], is_done: bool
) -> None:
    simulator.fault(Fault(endpoint=LOCKS, count=9, **fault))  # type: ignore[arg-type]
    outcome = gateway(simulator).lock(1, "Please call us")
    assert isinstance(outcome, Unknown), outcome
    assert simulator.drain()
    assert is_locked(simulator) is is_done
    assert simulator.requests() == ["POST /api/v1/actions/lock_devices/"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_certain_no_is_refused(simulator: HexnodeSimulator, status: int) -> None:
    simulator.fault(Fault("status", endpoint=LOCKS, status=status))
    assert isinstance(gateway(simulator).lock(1, "x"), Refused)
    assert isinstance(gateway(simulator).lock(2, "x"), Refused)  # It is not enrolled any more.


@pytest.mark.parametrize("kind", ["html", "empty", "reset", "half_body"])
def test_an_answer_that_is_no_list_is_never_an_empty_list(simulator: HexnodeSimulator, kind: str) -> None:
    when = "after" if kind == "half_body" else "before"
    simulator.fault(Fault(kind, endpoint=LISTS, when=when))  # type: ignore[arg-type]
    assert isinstance(gateway(simulator).devices(), Unanswered)
    assert isinstance(gateway(simulator).devices(), DevicePage)


def test_a_wrong_key_is_our_own_mistake_and_names_the_variable(simulator: HexnodeSimulator) -> None:
    asked = gateway(simulator, key="guess").devices()
    assert isinstance(asked, Unanswered)
    assert asked.is_configuration and "HEXNODE_API_KEY" in asked.reason
    assert isinstance(gateway(simulator, key="guess").lock(1, "x"), Refused)
    assert not is_locked(simulator)


def test_a_portal_that_is_not_there_has_done_nothing() -> None:
    calls: list[ApiCall] = []
    absent = HexnodeGateway(HexnodeAccess("http://127.0.0.1:9", "k"), calls.append, seconds_to_answer=0.5)
    assert isinstance(absent.lock(1, "x"), Refused)
    assert isinstance(absent.devices(), Unanswered)
    assert [call.status for call in calls] == [None, None]


@pytest.mark.parametrize(
    "document",
    [None, [], "x", {}, {"id": "7"}, {"id": True}, {"id": 0}, {"id": 2**70}, {"imei": "356415207490483"}],
)
def test_what_is_no_device_is_none(document: object) -> None:
    assert device_of(document) is None


def test_fields_of_another_kind_are_left_out() -> None:
    told = {"id": 7, "imei": ["1"], "last_reported": 5, "compliant": "yes", "model_name": {"a": 1}, "serial_number": " x\x00y "}
    assert device_of(told) == EnrolledDevice(7, serial="XY")


@pytest.mark.parametrize("link", ["http://elsewhere.test/steal?page=2", "?page=1", "?page=0", "?page=x", "//["])
def test_a_link_is_read_and_never_followed(link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(200, json={"count": 3, "next": link, "results": [{"id": 1}]})

    client = httpx.Client(base_url="https://portal.test", transport=httpx.MockTransport(answer))
    monkeypatch.setattr(hexnode, "_client", lambda access: client)
    page = HexnodeGateway(HexnodeAccess("https://portal.test", "k")).devices(1)
    assert {url.host for url in asked} == {"portal.test"}
    if link.endswith("page=2"):
        assert isinstance(page, DevicePage) and page.next_page == 2
    else:
        assert isinstance(page, Unanswered) and "circles" in page.reason


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", Done),
        (b'{"success": true}', Done),
        (b'{"error": "busy"}', Unknown),
        (b"{}", Unknown),
        (b"null", Unknown),
        (b"[]", Unknown),
    ],
)
def test_a_bare_200_is_a_yes_and_a_made_up_one_is_not(content: bytes, kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=content))
    client = httpx.Client(base_url="https://portal.test", transport=transport)
    monkeypatch.setattr(hexnode, "_client", lambda access: client)
    assert isinstance(HexnodeGateway(HexnodeAccess("https://portal.test", "k")).unlock(1), kind)


def test_hexnode_is_spoken_in_one_file() -> None:
    speakers = {
        str(path.relative_to(ROOT))
        for room in ("app", "tasks", "admin_views")
        for path in (ROOT / room).rglob("*.py")
        if "/api/v1/" in path.read_text(encoding="utf-8") and "simulators" not in path.parts
    }
    assert speakers == {"app/gateways/hexnode.py"}
