"""Hexnode's simulator by itself: what it keeps over a restart, what it refuses, and that it starts as a process."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from app import ROOT
from app.simulators.hexnode.portal import SeededDevice
from app.simulators.hexnode.running import HexnodeSimulator, opened
from app.simulators.square.store import StoreBusy


def test_devices_locks_and_the_key_outlive_a_restart(tmp_path: Path) -> None:
    first = HexnodeSimulator(tmp_path)
    with first.store.transaction():
        assert first.portal.seed([SeededDevice("356415207490483", "iPhone 13")]) == [1]
        assert first.portal.seed([SeededDevice(None, "Pixel 7a")]) == [2]
        first.portal.set_lock("1", is_locked=True, message="Call us")
    key = first.key
    with pytest.raises(StoreBusy):
        opened(tmp_path)
    first.start()
    first.stop()
    again = HexnodeSimulator(tmp_path)
    with again.store.transaction():
        assert (again.key, again.portal.count(), again.portal.message(1)) == (key, 2, "Call us")
        assert again.portal.is_locked(1) and not again.portal.is_locked(2)
    again.start()
    again.stop()


def test_it_pages_like_hexnode_and_refuses_what_it_must(tmp_path: Path) -> None:
    running = HexnodeSimulator(tmp_path)
    with running.store.transaction():
        running.portal.seed([SeededDevice(None, f"Model {number}") for number in range(25)])
    running.start()
    try:
        with httpx.Client(base_url=running.url, headers={"Authorization": running.key}) as client:
            page = client.get("/api/v1/devices/").json()
            assert (page["count"], len(page["results"]), page["previous"]) == (25, 20, None)
            assert client.get(page["next"]).json()["next"] is None
            assert client.get("/api/v1/devices/?page=3").status_code == 404
            assert client.get("/api/v1/devices/26/").status_code == 404
            wrong: tuple[object, ...] = ({}, {"devices": []}, {"devices": [26]}, [])
            for body in wrong:
                assert client.post("/api/v1/actions/lock_devices/", json=body).status_code == 400
            assert client.get("/api/v1/devices/", headers={"Authorization": "guess"}).status_code == 401
            fault = {"kind": "status", "status": 503, "endpoint": "GET *"}
            assert client.post("/_simulator/faults", json={"faults": [fault]}).status_code == 200
            assert [client.get("/api/v1/devices/1/").status_code for _ in range(2)] == [503, 200]
    finally:
        running.stop()


def test_as_a_process_it_says_where_it_is_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "app.simulators.hexnode", "--home", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "Hexnode's simulator listens" in process.stdout.readline()
        ready = json.loads((tmp_path / "hexnode.json").read_text())
        answer = httpx.get(f"{ready['url']}/api/v1/devices/", headers={"Authorization": ready["token"]})
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert answer.json() == {"count": 0, "next": None, "previous": None, "results": []}
    assert ready["pid"] == process.pid
    assert not (tmp_path / "hexnode.json").exists()
