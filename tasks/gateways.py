"""The card processor and the device management that this installation works with, chosen by the settings, with their log.

A doorway asks for it outside of every transaction:

    with cards() as gateway:
        outcome = gateway.charge(request)

What was asked is written into the API log when the block ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue

from flask import current_app

from app.gateways.absent import NoCards
from app.gateways.calls import ApiCall, Recorder
from app.gateways.card_directory import CardDirectory, NoDirectory
from app.gateways.card_fields import CardFields, card_fields_of
from app.gateways.cards import CardGateway
from app.gateways.devices import DeviceManager, NoDeviceManager
from app.services.reporting import api_log
from app.settings import Settings
from app.transaction import transaction

FAKE = "CARD_GATEWAY"
"""Key of the application's configuration under which a test puts a gateway of its own."""

FAKE_DIRECTORY = "CARD_DIRECTORY"
"""The same for customers and their cards on file."""

FAKE_DEVICES = "DEVICE_MANAGER"
"""The same for device management."""

NOT_SET_UP = "Square is not set up: SQUARE_ENVIRONMENT, SQUARE_ACCESS_TOKEN and SQUARE_LOCATION_ID are missing."
NO_SIMULATOR = "Square's simulator does not run; start the product with `leasedesk up`, or set SQUARE_BASE_URL."

NO_PORTAL = "Hexnode is not set up: HEXNODE_BASE_URL and HEXNODE_API_KEY are missing."
NO_HEXNODE_SIMULATOR = "Hexnode's simulator does not run; start the product with `leasedesk up`, or set HEXNODE_BASE_URL."


class Calls:
    """Calls that were made and are not written down yet; filled by any thread, emptied by one."""

    def __init__(self) -> None:
        self._made: SimpleQueue[ApiCall] = SimpleQueue()

    def record(self, call: ApiCall) -> None:
        """Note a call."""
        self._made.put(call)

    def taken(self) -> list[ApiCall]:
        """All calls that were noted since the last time."""
        found: list[ApiCall] = []
        while True:
            try:
                found.append(self._made.get_nowait())
            except Empty:
                return found


@contextmanager
def cards() -> Iterator[CardGateway]:
    """The gateway for cards; its calls are in the API log when the block has ended."""
    calls = Calls()
    try:
        yield gateway(calls.record)
    finally:
        write(calls)


@contextmanager
def directory() -> Iterator[CardDirectory]:
    """The customers and cards of the same processor; what was asked is in the API log when the block has ended."""
    calls = Calls()
    given: CardDirectory | None = current_app.config.get(FAKE_DIRECTORY)
    try:
        if given is not None:
            yield given
        else:
            processor = gateway(calls.record)
            if isinstance(processor, NoCards):
                yield NoDirectory(processor.sentence)
            else:
                yield _directory_of(processor)
    finally:
        write(calls)


@contextmanager
def devices() -> Iterator[DeviceManager]:
    """Device management; what was asked is in the API log when the block has ended."""
    calls = Calls()
    given: DeviceManager | None = current_app.config.get(FAKE_DEVICES)
    try:
        yield _device_manager(calls.record) if given is None else given
    finally:
        write(calls)


def has_device_manager() -> bool:
    """Whether there is anybody to ask about devices."""
    settings: Settings = current_app.config["SETTINGS"]
    return FAKE_DEVICES in current_app.config or settings.uses_hexnode_simulator or settings.hexnode_base_url is not None


def is_device_manager_there() -> bool:
    """Whether device management can be asked now; the simulator's own file says when it listens."""
    settings: Settings = current_app.config["SETTINGS"]
    if FAKE_DEVICES in current_app.config or not settings.uses_hexnode_simulator:
        return has_device_manager()
    return (settings.home / "hexnode.json").exists()


def _device_manager(record: Recorder) -> DeviceManager:
    from app.gateways.hexnode import HexnodeAccess, HexnodeGateway

    settings: Settings = current_app.config["SETTINGS"]
    if settings.uses_hexnode_simulator:
        try:
            ready = json.loads((settings.home / "hexnode.json").read_text(encoding="utf-8"))
            return HexnodeGateway(HexnodeAccess(ready["url"], ready["token"]), record)
        except (OSError, ValueError, KeyError):
            return NoDeviceManager(NO_HEXNODE_SIMULATOR)
    if settings.hexnode_base_url is None or settings.hexnode_api_key is None:
        return NoDeviceManager(NO_PORTAL)
    access = HexnodeAccess(settings.hexnode_base_url, settings.hexnode_api_key.get_secret_value())
    return HexnodeGateway(access, record)


def card_fields() -> CardFields | None:
    """Square's hosted fields for cards as this installation uses them; None when they are not set up."""
    processor = gateway(lambda call: None)
    from app.gateways.square import SquareGateway

    if not isinstance(processor, SquareGateway):
        return None
    settings: Settings = current_app.config["SETTINGS"]
    access = processor.access
    return card_fields_of(access.environment, access.base_url, settings.square_application_id, access.location_id)


def _directory_of(processor: CardGateway) -> CardDirectory:
    from app.gateways.square import SquareGateway
    from app.gateways.square_directory import SquareDirectory

    return SquareDirectory(processor) if isinstance(processor, SquareGateway) else NoDirectory(NOT_SET_UP)


def write(calls: Calls) -> None:
    """Write down what was called meanwhile, in a transaction of its own."""
    made = calls.taken()
    if made:
        with transaction() as session:
            api_log.keep(session, made)


def gateway(record: Recorder) -> CardGateway:
    """The gateway for cards, telling `record` of each call."""
    given: CardGateway | None = current_app.config.get(FAKE)
    if given is not None:
        return given
    settings: Settings = current_app.config["SETTINGS"]
    if settings.uses_square_simulator:
        return _of_simulator(settings.home, record)
    if settings.square_environment is None or settings.square_access_token is None:
        return NoCards(NOT_SET_UP)
    from app.gateways.square import SquareAccess, SquareGateway

    access = SquareAccess(
        settings.square_environment,
        settings.square_access_token.get_secret_value(),
        settings.square_location_id or "",
        settings.square_base_url,
    )
    return SquareGateway(access, record)


def _of_simulator(home: Path, record: Recorder) -> CardGateway:
    """The simulator that runs beside the product; it listens on another port after each start, so its file is read anew."""
    from app.gateways.square import SquareAccess, SquareGateway

    try:
        ready = json.loads((home / "square.json").read_text(encoding="utf-8"))
        access = SquareAccess("simulator", ready["token"], ready["location_id"], ready["url"])
    except (OSError, ValueError, KeyError):
        return NoCards(NO_SIMULATOR)
    return SquareGateway(access, record)
