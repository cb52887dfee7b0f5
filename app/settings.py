"""Typed settings: the only reader of the environment.

Every other part of the program receives a `Settings` value, so a test builds one by hand and nothing reads
a variable behind its back. A wrong value fails before anything starts, with a sentence that names the variable.
"""

import os
from collections.abc import Mapping
from enum import Enum
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from app.kept_secrets import kept_secret
from app.setting_values import DatabaseUrl, Folder, IsoDate, RedisUrl, Secret, TimeZone

SQUARE_WEBHOOK_PATH = "/webhooks/square"
"""Where Square's notifications come in."""


class SettingsError(Exception):
    """A setting is wrong or missing; the message is a sentence for the person who starts the program."""


class Mode(Enum):
    """What the installation is for: invented customers on one machine, or a company's real ones."""

    DEMONSTRATION = "demonstration"
    PRODUCTION = "production"


class Settings(BaseModel):
    """Everything that can be set from outside, with the variable that sets it.

    `Settings.load()` reads the environment; `Settings(home=…)` is what tests write.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True, extra="forbid", validate_default=True)

    home: Folder = Field(
        Path(".leasedesk"),
        alias="LEASEDESK_HOME",
        description="Folder for everything that the program writes.",
    )
    mode: Mode = Field(
        Mode.DEMONSTRATION,
        alias="LEASEDESK_MODE",
        description="`demonstration` (invented portfolio, this machine only) or `production`.",
    )
    port: int = Field(8000, alias="PORT", ge=1, le=65535, description="Port of the web server.")
    host: str = Field(
        "127.0.0.1",
        alias="LEASEDESK_HOST",
        description="Address that the web server listens on; loopback only in demonstration mode.",
    )
    database_url: DatabaseUrl | None = Field(
        None,
        alias="DATABASE_URL",
        description="PostgreSQL 15 or newer; when missing, one is started inside the home folder.",
    )
    redis_url: RedisUrl | None = Field(
        None,
        alias="REDIS_URL",
        description="Redis 7 or newer; when missing, one is started inside the home folder.",
    )
    today: IsoDate | None = Field(
        None,
        alias="LEASEDESK_TODAY",
        description="Pins the business date, for demonstrations and tests.",
    )
    demonstration_accounts: int = Field(
        2000,
        alias="LEASEDESK_DEMONSTRATION_ACCOUNTS",
        ge=20,
        le=20_000,
        description="Size of the demonstration portfolio that the first start imports.",
    )
    time_zone: TimeZone = Field(
        "America/New_York",
        alias="LEASEDESK_TIME_ZONE",
        description="The business time zone: where a day begins and ends.",
    )
    given_secret_key: Secret | None = Field(
        None,
        alias="SECRET_KEY",
        description="Signs cookies; made and kept in the home folder in demonstration mode.",
    )
    given_pin_pepper: Secret | None = Field(
        None,
        alias="LEASEDESK_PIN_PEPPER",
        description="Mixed into every stored PIN; made and kept in the home folder in demonstration mode.",
    )
    web_workers: int = Field(2, alias="WEB_WORKERS", ge=1, le=64, description="Web processes, each with 8 threads.")
    workers: int = Field(2, alias="WORKERS", ge=1, le=64, description="Background worker processes.")
    trusted_proxies: int = Field(
        0,
        alias="TRUSTED_PROXIES",
        ge=0,
        le=5,
        description="How many reverse proxies stand in front and may say who the visitor is.",
    )
    session_idle_minutes: int = Field(
        15,
        alias="SESSION_IDLE_MINUTES",
        ge=1,
        le=240,
        description="A session ends after this many minutes without a click.",
    )
    session_absolute_minutes: int = Field(
        600,
        alias="SESSION_ABSOLUTE_MINUTES",
        ge=5,
        le=1440,
        description="A session ends after this many minutes in any case.",
    )
    square_environment: Literal["simulator", "sandbox", "production"] | None = Field(
        None,
        alias="SQUARE_ENVIRONMENT",
        description="`simulator` (demonstration only), `sandbox` or `production`; cards are off when missing in production.",
    )
    square_access_token: SecretStr | None = Field(
        None, alias="SQUARE_ACCESS_TOKEN", description="Token of the Square application."
    )
    square_location_id: str | None = Field(
        None, alias="SQUARE_LOCATION_ID", description="Square location that takes the payments."
    )
    square_application_id: str | None = Field(
        None,
        alias="SQUARE_APPLICATION_ID",
        description="Square application whose hosted fields take cards; without it cards are not added here.",
    )
    square_base_url: str | None = Field(
        None,
        alias="SQUARE_BASE_URL",
        pattern="^https?://",
        description="Another address for Square's API, such as a simulator's.",
    )
    square_webhook_signature_key: SecretStr | None = Field(
        None, alias="SQUARE_WEBHOOK_SIGNATURE_KEY", description="Key with which Square signs its notifications."
    )
    square_webhook_url: str | None = Field(
        None,
        alias="SQUARE_WEBHOOK_URL",
        pattern="^https?://",
        description="The address under which Square reaches our webhook, exactly as it is entered at Square.",
    )
    square_production_allowed: bool = Field(
        False,
        alias="SQUARE_PRODUCTION_ALLOWED",
        description="`true` lets SQUARE_ENVIRONMENT be `production`: real cards are charged.",
    )
    hexnode_base_url: str | None = Field(
        None,
        alias="HEXNODE_BASE_URL",
        pattern="^https?://",
        description="The Hexnode portal, `https://name.hexnodemdm.com`; device checks are off when missing in production.",
    )
    hexnode_api_key: SecretStr | None = Field(None, alias="HEXNODE_API_KEY", description="Key of the portal's API.")
    company_name: str | None = Field(
        None,
        alias="COMPANY_NAME",
        max_length=80,
        description="What messages to customers call the company; when missing, the name of the account's company or portfolio.",
    )
    pay_link: str | None = Field(
        None,
        alias="PAY_LINK",
        pattern="^https?://",
        description="Where customers pay by themselves, for messages; example.com in demonstration mode.",
    )
    mail_from: str | None = Field(
        None, alias="MAIL_FROM", pattern="^[^\\r\\n]+@[^\\r\\n]+$", description="Sender of e-mails to customers."
    )
    smtp_host: str | None = Field(
        None,
        alias="SMTP_HOST",
        description="Mail server; when missing, e-mails are off, or files in `outbox/` in demonstration mode.",
    )
    smtp_port: int = Field(587, alias="SMTP_PORT", ge=1, le=65535, description="Its port: 587 with STARTTLS, 465 with TLS.")
    smtp_username: str | None = Field(None, alias="SMTP_USERNAME", description="Who signs in to the mail server.")
    smtp_password: SecretStr | None = Field(None, alias="SMTP_PASSWORD", description="Their password.")
    sms_gateway_url: str | None = Field(
        None,
        alias="SMS_GATEWAY_URL",
        pattern="^https?://",
        description="Where texts are posted as JSON; when missing, texts are off, or simulated in demonstration mode.",
    )
    sms_gateway_token: SecretStr | None = Field(None, alias="SMS_GATEWAY_TOKEN", description="Bearer token for it.")
    given_sms_webhook_secret: Secret | None = Field(
        None,
        alias="SMS_WEBHOOK_SECRET",
        description="With it the gateway signs replies (STOP, START); made and kept in the home folder in demonstration mode.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        """Refuse what is right alone and dangerous together."""
        if self.mode is Mode.PRODUCTION:
            self._demand_production_settings()
        else:
            self._keep_demonstration_harmless()
        self._demand_square_settings()
        self._demand_hexnode_settings()
        if self.smtp_host and not self.mail_from:
            raise ValueError("MAIL_FROM is needed when SMTP_HOST is set.")
        if self.sms_gateway_url and self.sms_gateway_token is None:
            raise ValueError("SMS_GATEWAY_TOKEN is needed when SMS_GATEWAY_URL is set.")
        if self.session_absolute_minutes < self.session_idle_minutes:
            raise ValueError("SESSION_ABSOLUTE_MINUTES should not be less than SESSION_IDLE_MINUTES.")
        return self

    def _demand_production_settings(self) -> None:
        needed = {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "SECRET_KEY": self.given_secret_key,
            "LEASEDESK_PIN_PEPPER": self.given_pin_pepper,
        }
        missing = [name for name, value in needed.items() if value is None]
        if missing:
            raise ValueError(f"LEASEDESK_MODE is production, so these are needed too: {', '.join(missing)}.")
        if self.square_environment == "simulator":
            raise ValueError("SQUARE_ENVIRONMENT is simulator, which takes no real money: not in production.")

    def _keep_demonstration_harmless(self) -> None:
        if not _is_loopback(self.host):
            raise ValueError(
                f"LEASEDESK_HOST is {self.host}, but demonstration mode has staff with known PINs and listens "
                "on this machine only; use 127.0.0.1, or set LEASEDESK_MODE=production."
            )
        if self.square_environment == "production":
            raise ValueError("SQUARE_ENVIRONMENT is production: demonstration mode never charges real cards.")

    def _demand_square_settings(self) -> None:
        """Refuse half a Square, and one Square's token beside the address of another."""
        environment, address = self.square_environment, self.square_base_url or ""
        token = self.square_access_token.get_secret_value() if self.square_access_token else ""
        if environment in {"sandbox", "production"} and not token:
            raise ValueError(f"SQUARE_ACCESS_TOKEN is needed when SQUARE_ENVIRONMENT is {environment}.")
        if environment in {"sandbox", "production"} and not self.square_location_id:
            raise ValueError(f"SQUARE_LOCATION_ID is needed when SQUARE_ENVIRONMENT is {environment}.")
        if environment is None and (token or address):
            raise ValueError(
                "SQUARE_ENVIRONMENT is needed beside SQUARE_ACCESS_TOKEN and SQUARE_BASE_URL: sandbox or production."
            )
        if environment == "simulator" and address and not token:
            raise ValueError("SQUARE_ACCESS_TOKEN is needed beside SQUARE_BASE_URL: the token that the simulator wrote down.")
        if environment != "production":
            if "connect.squareup.com" in address:
                raise ValueError(f"SQUARE_BASE_URL is Square's production, but SQUARE_ENVIRONMENT is {environment}.")
            return
        if not self.square_production_allowed:
            raise ValueError(
                "SQUARE_ENVIRONMENT is production, which charges real cards: set SQUARE_PRODUCTION_ALLOWED=true as well, "
                "or use sandbox."
            )
        if "sandbox" in address or token.startswith(("sandbox", "simulated")):
            raise ValueError("SQUARE_ENVIRONMENT is production, but the token or SQUARE_BASE_URL belongs to a sandbox.")

    def _demand_hexnode_settings(self) -> None:
        """Refuse half a portal, a key in the clear, and real phones in a demonstration."""
        key = self.hexnode_api_key.get_secret_value() if self.hexnode_api_key else ""
        if bool(key) != bool(self.hexnode_base_url):
            missing = "HEXNODE_BASE_URL" if key else "HEXNODE_API_KEY"
            raise ValueError(f"{missing} is missing: HEXNODE_BASE_URL and HEXNODE_API_KEY are needed together.")
        if not self.hexnode_base_url:
            return
        is_here = _is_loopback(urlsplit(self.hexnode_base_url).hostname or "")
        if not is_here and not self.hexnode_base_url.startswith("https://"):
            raise ValueError("HEXNODE_BASE_URL begins with http://, which would show the key to everybody; use https://.")
        if not is_here and self.is_demonstration:
            raise ValueError("HEXNODE_BASE_URL is a real portal: demonstration mode never locks real devices.")

    @property
    def is_demonstration(self) -> bool:
        """Whether the portfolio and the staff are invented."""
        return self.mode is Mode.DEMONSTRATION

    @property
    def uses_square_simulator(self) -> bool:
        """Whether card calls go to the simulator that `leasedesk up` starts."""
        if self.square_environment is None:
            return self.is_demonstration and self.square_base_url is None
        return self.square_environment == "simulator" and self.square_base_url is None

    @property
    def uses_message_simulator(self) -> bool:
        """Whether texts go to the simulator that `leasedesk up` starts."""
        return self.is_demonstration and self.sms_gateway_url is None

    @property
    def uses_hexnode_simulator(self) -> bool:
        """Whether device checks go to the simulator that `leasedesk up` starts."""
        return self.is_demonstration and self.hexnode_base_url is None

    @property
    def payment_page(self) -> str:
        """Where customers pay by themselves; empty when nobody said."""
        return self.pay_link or ("https://pay.example.com" if self.is_demonstration else "")

    def square_webhook(self) -> tuple[str, str] | None:
        """Address and key with which Square's notifications are checked; None while they are not set up."""
        key = self.square_webhook_signature_key
        if key is not None and key.get_secret_value() and self.square_webhook_url:
            return self.square_webhook_url, key.get_secret_value()
        if not self.uses_square_simulator:
            return None
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(self.host, self.host)  # noqa: S104 -- not bound here
        return f"http://{host}:{self.port}{SQUARE_WEBHOOK_PATH}", kept_secret(self.home, "square-webhook")

    def sms_webhook_secret(self) -> str:
        """The secret by which replies of customers are signed; empty in production when none was given."""
        given = self.given_sms_webhook_secret
        if given:
            return given.get_secret_value()
        return kept_secret(self.home, "sms-webhook") if self.is_demonstration else ""

    def secret_key(self) -> str:
        """The key that signs cookies; made once and kept in the home folder when none was given."""
        given = self.given_secret_key
        return given.get_secret_value() if given else kept_secret(self.home, "secret-key")

    def pin_pepper(self) -> str:
        """The pepper of PIN hashes. Losing it makes every PIN wrong, so it is backed up with the database."""
        given = self.given_pin_pepper
        return given.get_secret_value() if given else kept_secret(self.home, "pin-pepper")

    @property
    def sqlalchemy_url(self) -> str:
        """The database for SQLAlchemy, password included.

        Raises:
            SettingsError: no database is known yet; `app.running.servers` starts one and says where it is.
        """
        if self.database_url is None:
            raise SettingsError("DATABASE_URL is missing: start with `leasedesk up`, or name a PostgreSQL server.")
        return self.database_url.get_secret_value()

    @property
    def queue_url(self) -> str:
        """The Redis server for redis-py, password included.

        Raises:
            SettingsError: no queue is known yet, as above.
        """
        if self.redis_url is None:
            raise SettingsError("REDIS_URL is missing: start with `leasedesk up`, or name a Redis server.")
        return self.redis_url.get_secret_value()

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the environment. An empty variable counts as missing.

        Raises:
            SettingsError: a sentence for each wrong variable, naming it; secrets and addresses are not repeated.
        """
        given = os.environ if environ is None else environ
        names = [field.alias for field in cls.model_fields.values()]
        try:
            return cls.model_validate({name: given[name] for name in names if name and given.get(name)})
        except ValidationError as error:
            raise SettingsError(" ".join(_sentence(problem) for problem in error.errors())) from None

    def with_servers(self, database_url: str, redis_url: str) -> Self:
        """The same settings, pointing at servers that are running."""
        changed = {"database_url": database_url, "redis_url": redis_url}
        return type(self).model_validate(self.model_dump() | changed)

    def as_environment(self) -> dict[str, str]:
        """The environment for a child process that shall load exactly these settings."""
        aliases = {name: field.alias for name, field in type(self).model_fields.items()}
        ours = {alias: _plain(getattr(self, name)) for name, alias in aliases.items() if alias}
        others = {name: value for name, value in os.environ.items() if name not in ours}
        return others | {name: value for name, value in ours.items() if value is not None}


def settings_table() -> str:
    """The settings as a Markdown table, made from the descriptions above, for the README."""
    rows = ["| Variable | Default | Meaning |", "|---|---|---|"]
    for field in Settings.model_fields.values():
        default = _plain(field.default)
        rows.append(f"| `{field.alias}` | {f'`{default}`' if default else ''} | {field.description} |")
    return "\n".join(rows) + "\n"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _plain(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return str(value.value if isinstance(value, Enum) else value)


def _sentence(problem: Mapping[str, Any]) -> str:
    """Turn one of pydantic's errors into a sentence that names the variable."""
    message = str(problem["msg"]).removeprefix("Value error, ").rstrip(".")
    if not problem["loc"]:
        return f"{message}."
    name = problem["loc"][0]
    given = problem["input"]
    # An address may hold a password and a secret is one: neither is repeated on a screen or in a log.
    is_private = any(word in str(name) for word in ("URL", "SECRET", "PEPPER", "TOKEN", "PASSWORD"))
    shown = "" if is_private else f" to {given!r}"
    return f"{name} is set{shown}, but {message[0].lower()}{message[1:]}."
