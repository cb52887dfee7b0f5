"""What the environment may say, and the sentences about what it may not."""

from datetime import date
from pathlib import Path

import pytest

from app import ROOT
from app.settings import Mode, Settings, SettingsError, settings_table

LONG = "x" * 32
PRODUCTION = {
    "LEASEDESK_MODE": "production",
    "DATABASE_URL": "postgresql://leasedesk:geheim@db/leasedesk",
    "REDIS_URL": "redis://:geheim@queue",
    "SECRET_KEY": LONG,
    "LEASEDESK_PIN_PEPPER": LONG,
}


def test_an_empty_environment_is_a_demonstration_on_this_machine_alone() -> None:
    settings = Settings.load({})
    assert (settings.mode, settings.host, settings.port) == (Mode.DEMONSTRATION, "127.0.0.1", 8000)
    assert settings.home == Path.cwd() / ".leasedesk"
    assert settings.uses_square_simulator


def test_an_empty_variable_counts_as_missing() -> None:
    assert Settings.load({"PORT": "", "LEASEDESK_TODAY": ""}) == Settings.load({})


def test_values_are_read_by_their_variables() -> None:
    settings = Settings.load({"PORT": "8123", "LEASEDESK_TODAY": "2026-11-21", "LEASEDESK_HOME": "/srv/desk"})
    assert (settings.port, settings.today, settings.home) == (8123, date(2026, 11, 21), Path("/srv/desk"))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_each_spelling_of_a_postgresql_address_names_the_installed_driver(scheme: str) -> None:
    settings = Settings.load({"DATABASE_URL": f"{scheme}://a:b@c/d"})
    assert settings.sqlalchemy_url == "postgresql+psycopg://a:b@c/d"


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("PORT", "http", "valid integer"),
        ("PORT", "0", "greater than or equal to 1"),
        ("PORT", "65536", "less than or equal to 65535"),
        ("DATABASE_URL", "mysql://root:geheim@db/x", "postgresql://"),
        ("DATABASE_URL", "geheim", "postgresql://"),
        ("REDIS_URL", "http://:geheim@queue", "redis://"),
        ("LEASEDESK_TODAY", "21.11.2026", "such as 2026-11-21"),
        ("LEASEDESK_TODAY", "20261", "such as 2026-11-21"),
        ("LEASEDESK_TIME_ZONE", "America/Gotham", "time zone"),
        ("LEASEDESK_TIME_ZONE", "../etc/passwd", "time zone"),
        ("LEASEDESK_MODE", "prod", "production"),
        ("SECRET_KEY", "geheim", "32 characters"),
        ("LEASEDESK_PIN_PEPPER", "geheim", "32 characters"),
        ("LEASEDESK_HOST", "0.0.0.0", "demonstration mode"),
        ("LEASEDESK_HOST", "desk.example", "demonstration mode"),
        ("SQUARE_ENVIRONMENT", "live", "sandbox"),
        ("SQUARE_ENVIRONMENT", "sandbox", "SQUARE_ACCESS_TOKEN is needed"),
        ("SQUARE_ENVIRONMENT", "production", "never charges real cards"),
        ("SQUARE_BASE_URL", "http://127.0.0.1:1", "SQUARE_ENVIRONMENT is needed"),
        ("SQUARE_WEBHOOK_URL", "desk.example", "https?"),
        ("WORKERS", "0", "greater than or equal to 1"),
        ("TRUSTED_PROXIES", "-1", "greater than or equal to 0"),
        ("SESSION_ABSOLUTE_MINUTES", "5", "SESSION_IDLE_MINUTES"),
    ],
)
def test_a_wrong_value_is_a_sentence_that_names_the_variable_and_no_secret(name: str, value: str, reason: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.load({name: value})
    sentence = str(refusal.value)
    assert name in sentence
    assert reason in sentence
    assert "geheim" not in sentence
    assert sentence.endswith(".")


def test_two_wrong_values_are_named_together() -> None:
    with pytest.raises(SettingsError, match=r"PORT .*LEASEDESK_TODAY "):
        Settings.load({"PORT": "x", "LEASEDESK_TODAY": "x"})


@pytest.mark.parametrize("missing", ["DATABASE_URL", "REDIS_URL", "SECRET_KEY", "LEASEDESK_PIN_PEPPER"])
def test_production_demands_servers_and_secrets(missing: str) -> None:
    environment = {name: value for name, value in PRODUCTION.items() if name != missing}
    with pytest.raises(SettingsError, match=f"needed too: {missing}"):
        Settings.load(environment)


def test_production_may_listen_everywhere_and_has_no_simulator() -> None:
    settings = Settings.load(PRODUCTION | {"LEASEDESK_HOST": "0.0.0.0"})
    assert not settings.uses_square_simulator
    with pytest.raises(SettingsError, match="not in production"):
        Settings.load(PRODUCTION | {"SQUARE_ENVIRONMENT": "simulator"})


LIVE = PRODUCTION | {"SQUARE_ENVIRONMENT": "production", "SQUARE_ACCESS_TOKEN": "EAAA", "SQUARE_LOCATION_ID": "L1"}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (LIVE, "SQUARE_PRODUCTION_ALLOWED=true"),
        (LIVE | {"SQUARE_LOCATION_ID": ""}, "SQUARE_LOCATION_ID is needed"),
        (
            LIVE | {"SQUARE_PRODUCTION_ALLOWED": "true", "SQUARE_BASE_URL": "https://connect.squareupsandbox.com"},
            "belongs to a sandbox",
        ),
        (LIVE | {"SQUARE_PRODUCTION_ALLOWED": "true", "SQUARE_ACCESS_TOKEN": "sandbox-sq0atb-x"}, "belongs to a sandbox"),
        (LIVE | {"SQUARE_ENVIRONMENT": "sandbox", "SQUARE_BASE_URL": "https://connect.squareup.com"}, "Square's production"),
    ],
)
def test_real_cards_need_an_explicit_word_and_no_sandbox_is_mixed_in(given: dict[str, str], reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        Settings.load(given)


def test_with_square_settings_given_no_simulator_is_started() -> None:
    given = {"SQUARE_ENVIRONMENT": "sandbox", "SQUARE_ACCESS_TOKEN": "t", "SQUARE_LOCATION_ID": "L1"}
    assert not Settings.load(given | {"SQUARE_BASE_URL": "http://127.0.0.1:9"}).uses_square_simulator
    assert not Settings.load(LIVE | {"SQUARE_PRODUCTION_ALLOWED": "true"}).uses_square_simulator


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (PRODUCTION | {"HEXNODE_API_KEY": "geheimkey"}, "HEXNODE_BASE_URL is missing"),
        (PRODUCTION | {"HEXNODE_BASE_URL": "https://name.hexnodemdm.com"}, "HEXNODE_API_KEY is missing"),
        (PRODUCTION | {"HEXNODE_BASE_URL": "http://name.hexnodemdm.com", "HEXNODE_API_KEY": "geheimkey"}, "use https://"),
        ({"HEXNODE_BASE_URL": "https://name.hexnodemdm.com", "HEXNODE_API_KEY": "geheimkey"}, "never locks real devices"),
    ],
)
def test_half_a_portal_an_open_key_and_real_devices_in_a_demonstration_are_refused(given: dict[str, str], reason: str) -> None:
    with pytest.raises(SettingsError, match=reason) as refusal:
        Settings.load(given)
    assert "geheimkey" not in str(refusal.value)


def test_the_device_simulator_is_for_demonstrations_without_a_portal() -> None:
    portal = {"HEXNODE_BASE_URL": "http://127.0.0.1:9", "HEXNODE_API_KEY": "k"}
    assert Settings.load({}).uses_hexnode_simulator
    assert not Settings.load(portal).uses_hexnode_simulator
    assert not Settings.load(PRODUCTION).uses_hexnode_simulator
    assert Settings.load(PRODUCTION | portal | {"HEXNODE_BASE_URL": "https://name.hexnodemdm.com"}).hexnode_base_url


def test_no_secret_shows_in_the_settings_own_words() -> None:
    assert "geheim" not in repr(Settings.load(PRODUCTION))
    assert LONG not in repr(Settings.load(PRODUCTION))


def test_a_child_process_loads_the_same_settings() -> None:
    settings = Settings.load(PRODUCTION | {"LEASEDESK_TODAY": "2026-11-21", "PORT": "8123", "WORKERS": "3"})
    assert Settings.load(settings.as_environment()) == settings


def test_secrets_are_made_once_and_kept_from_others(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    key, pepper = settings.secret_key(), settings.pin_pepper()
    assert len(key) == len(pepper) == 64
    assert key != pepper
    assert Settings(home=tmp_path).secret_key() == key
    assert Settings(home=tmp_path).pin_pepper() == pepper
    kept = list((tmp_path / "secrets").iterdir())
    assert sorted(file.name for file in kept) == ["pin-pepper", "secret-key"]
    assert {file.stat().st_mode & 0o777 for file in kept} == {0o600}


def test_the_table_for_the_readme_has_a_row_for_each_variable() -> None:
    table = settings_table()
    assert len(table.splitlines()) == 2 + len(Settings.model_fields)
    assert "| `PORT` | `8000` | Port of the web server. |" in table


def test_the_readme_shows_the_settings_as_they_are() -> None:
    assert settings_table() in (ROOT / "README.md").read_text(encoding="utf-8"), "put the output of `leasedesk settings` there"
