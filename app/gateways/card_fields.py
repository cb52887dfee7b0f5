"""Square's hosted card fields: where their script lies, so that card numbers are typed at Square and never reach us."""

from __future__ import annotations

from dataclasses import dataclass

PRODUCTION = "https://web.squarecdn.com"
SANDBOX = "https://sandbox.web.squarecdn.com"
FONTS = "https://square-fonts-production-f.squarecdn.com https://d1g145x70srn7h.cloudfront.net"


@dataclass(frozen=True, slots=True)
class CardFields:
    """What a page needs to show the fields, and what its content policy has to allow for them, on that page only."""

    origin: str
    """Where script and frame come from."""
    connects_to: str
    """Where the script sends what was typed."""
    application_id: str
    location_id: str

    @property
    def script(self) -> str:
        """The address of the Web Payments SDK."""
        return f"{self.origin}/v1/square.js"

    @property
    def policy(self) -> dict[str, str]:
        """Directive of a content policy → the sources that it allows besides our own."""
        return {
            "script-src": self.origin,
            "frame-src": self.origin,
            "style-src": self.origin,
            "connect-src": f"{self.origin} {self.connects_to}",
            "font-src": f"{self.origin} {FONTS}",
        }


def card_fields_of(environment: str, base_url: str | None, application_id: str | None, location_id: str) -> CardFields | None:
    """The fields of an environment; a simulator serves its own beside its API. None without an application.

    >>> card_fields_of("sandbox", None, "app", "L").script
    'https://sandbox.web.squarecdn.com/v1/square.js'
    >>> card_fields_of("simulator", "http://127.0.0.1:4711", None, "L").script
    'http://127.0.0.1:4711/v1/square.js'
    >>> card_fields_of("production", None, None, "L") is None
    True
    """
    if base_url is not None:
        return CardFields(base_url.rstrip("/"), "", application_id or "sandbox-simulator", location_id)
    if not application_id:
        return None
    if environment == "production":
        return CardFields(PRODUCTION, "https://pci-connect.squareup.com", application_id, location_id)
    return CardFields(SANDBOX, "https://pci-connect.squareupsandbox.com", application_id, location_id)
