"""The files for production fit the program that they start."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from app import ROOT
from app.running.programs import QUEUES
from app.settings import Mode, Settings
from tests.architecture.sources import text

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
EXAMPLE = Path("deploy/leasedesk.env.example")


def example() -> dict[str, str]:
    """The variables of the example, the commented-out ones as well."""
    return dict(re.findall(r"^#?([A-Z_]+)=(.*)$", text(EXAMPLE), re.MULTILINE))


def test_the_example_becomes_a_production_installation_once_its_secrets_are_filled_in() -> None:
    filled = example() | {
        "SECRET_KEY": "a" * 64,
        "LEASEDESK_PIN_PEPPER": "b" * 64,
        "SQUARE_ACCESS_TOKEN": "token",
        "HEXNODE_API_KEY": "key",
    }
    assert Settings.load(filled).mode is Mode.PRODUCTION


def test_the_example_speaks_of_known_settings_only() -> None:
    assert set(example()) <= {field.alias for field in Settings.model_fields.values()}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_each_unit_starts_something_that_exists(unit: Path) -> None:
    source = unit.read_text(encoding="utf-8")
    command = re.search(r"^ExecStart=(.*)$", source, re.MULTILINE)
    assert command is not None
    modules = re.findall(r"-m ([\w.]+)", command[1]) + re.findall(r"python:([\w.]+)", command[1])
    assert modules or "/bin/leasedesk db upgrade" in command[1]
    assert all(find_spec(module) for module in modules)
    assert "EnvironmentFile=/etc/leasedesk.env" in source


@pytest.mark.parametrize("name", ["deploy/systemd/leasedesk-worker@.service", "deploy/compose.yaml"])
def test_production_workers_look_at_the_same_queues_in_the_same_order(name: str) -> None:
    words = text(Path(name)).replace(",", "").replace("]", "")
    assert f"tasks.worker {' '.join(QUEUES)}\n" in words
