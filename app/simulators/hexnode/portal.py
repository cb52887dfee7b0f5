"""The devices of a simulated portal: what is told of them, and whether they are locked."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.simulators.square.simulation import Simulation
from app.simulators.square.store import Store

MINUTES_BETWEEN_REPORTS = 20 * 60
"""A device that is alive has reported within this time."""
KIND = "device"


@dataclass(frozen=True, slots=True)
class SeededDevice:
    """A device to begin with. One that `is_alive` goes on reporting by itself; any other stays silent."""

    imei: str | None
    model: str
    serial: str | None = None
    status: str = "Enrolled"
    is_alive: bool = True
    silent_days: float = 0
    enrolled_days_ago: float = 60
    is_compliant: bool = True


class Portal:
    """One portal. Call it inside a transaction of its store."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    @property
    def store(self) -> Store:
        """Its memory."""
        return self._simulation.store

    def seed(self, devices: Iterable[SeededDevice]) -> list[int]:
        """Add devices; returns their numbers."""
        first = int(self.store.rows("select coalesce(max(cast(id as integer)), 0) from document where kind = ?", (KIND,))[0][0])
        numbers = []
        for number, device in enumerate(devices, start=first + 1):
            body, hidden = self._made(number, device)
            self.store.run(
                "insert into document (kind, id, body, hidden) values (?, ?, ?, ?)",
                (KIND, str(number), json.dumps(body), json.dumps(hidden)),
            )
            numbers.append(number)
        return numbers

    def _made(self, number: int, device: SeededDevice) -> tuple[dict[str, Any], dict[str, Any]]:
        now = self._simulation.now()
        body = {
            "id": number,
            "device_name": f"Lease {number:05d}",
            "model_name": device.model,
            "os_name": "iOS" if "iphone" in device.model.casefold() else "Android",
            "serial_number": device.serial or f"SIM{number:08d}",
            "imei": device.imei,
            "udid": f"00008110-{number:016X}",
            "enrollment_status": device.status,
            "enrolled_time": _stamp(now - dt.timedelta(days=device.enrolled_days_ago)),
            "last_reported": _stamp(now - dt.timedelta(days=device.silent_days)),
            "compliant": device.is_compliant,
            "location": {"latitude": 39.9612 + number / 10_000, "longitude": -82.9988, "address": f"{number} Canary Lane"},
        }
        return body, {"is_alive": device.is_alive, "is_locked": False, "message": None}

    def count(self) -> int:
        """How many devices there are."""
        return int(self.store.rows("select count(*) from document where kind = ?", (KIND,))[0][0])

    def page(self, number: int, size: int) -> list[dict[str, Any]]:
        """The devices of one page, by their numbers."""
        rows = self.store.rows(
            "select body, hidden from document where kind = ? order by sequence limit ? offset ?",
            (KIND, size, (number - 1) * size),
        )
        return [self._told(json.loads(row["body"]), json.loads(row["hidden"])) for row in rows]

    def one(self, number: str) -> dict[str, Any] | None:
        """One device as it is now."""
        row = self.store.row("select body, hidden from document where kind = ? and id = ?", (KIND, number))
        return None if row is None else self._told(json.loads(row["body"]), json.loads(row["hidden"]))

    def _told(self, body: dict[str, Any], hidden: Mapping[str, Any]) -> dict[str, Any]:
        if hidden["is_alive"]:
            ago = dt.timedelta(minutes=body["id"] * 37 % MINUTES_BETWEEN_REPORTS)
            body["last_reported"] = _stamp(self._simulation.now() - ago)
        return body

    def set_lock(self, number: str, *, is_locked: bool, message: str | None) -> None:
        """Lock a device, or give its screen back."""
        hidden = self._hidden(number)
        hidden |= {"is_locked": is_locked, "message": message if is_locked else None}
        self.store.run("update document set hidden = ? where kind = ? and id = ?", (json.dumps(hidden), KIND, number))

    def is_locked(self, number: int) -> bool:
        """Whether a device is locked."""
        return bool(self._hidden(str(number))["is_locked"])

    def message(self, number: int) -> str | None:
        """What stands on its locked screen."""
        found: str | None = self._hidden(str(number))["message"]
        return found

    def _hidden(self, number: str) -> dict[str, Any]:
        row = self.store.row("select hidden from document where kind = ? and id = ?", (KIND, number))
        if row is None:
            raise LookupError(f"There is no device {number}.")
        found: dict[str, Any] = json.loads(row["hidden"])
        return found

    def change(self, number: int, **changes: Any) -> None:
        """Let something of a device be different, as if it had happened there; `is_alive=False` makes it silent."""
        row = self.store.row("select body from document where kind = ? and id = ?", (KIND, str(number)))
        if row is None:
            raise LookupError(f"There is no device {number}.")
        hidden = self._hidden(str(number))
        if "is_alive" in changes:
            hidden["is_alive"] = changes.pop("is_alive")
        self.store.run(
            "update document set body = ?, hidden = ? where kind = ? and id = ?",
            (json.dumps(json.loads(row["body"]) | changes), json.dumps(hidden), KIND, str(number)),
        )

    def remove(self, number: int) -> None:
        """Take a device out of the portal."""
        self.store.run("delete from document where kind = ? and id = ?", (KIND, str(number)))


def _stamp(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
