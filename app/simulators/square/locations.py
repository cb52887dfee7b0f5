"""The seller's locations: the main one and a second, so that a product that looks at one only is found out."""

from __future__ import annotations

from app.simulators.square.documents import Document
from app.simulators.square.errors import refuse
from app.simulators.square.simulation import CURRENCY, MERCHANT_ID, Answer, Call, Simulation

MAIN_LOCATION_ID = "LSIMULATEDMAIN"
SECOND_LOCATION_ID = "LSIMULATEDSECOND"


def _location(id: str, name: str, city: str, state: str, zone: str) -> Document:
    return {
        "id": id,
        "name": name,
        "address": {
            "address_line_1": "1 Market Street",
            "locality": city,
            "administrative_district_level_1": state,
            "country": "US",
        },
        "timezone": zone,
        "capabilities": ["CREDIT_CARD_PROCESSING", "AUTOMATIC_TRANSFERS"],
        "status": "ACTIVE",
        "created_at": "2024-01-02T15:00:00Z",
        "merchant_id": MERCHANT_ID,
        "country": "US",
        "language_code": "en-US",
        "currency": CURRENCY,
        "business_name": "Simulated Leasing",
        "type": "PHYSICAL",
    }


LOCATIONS = (
    _location(MAIN_LOCATION_ID, "Main", "New York", "NY", "America/New_York"),
    _location(SECOND_LOCATION_ID, "West", "Los Angeles", "CA", "America/Los_Angeles"),
)


def location(id: str) -> Document:
    """A location by its identifier; `main` is the main one. Refuses an unknown one."""
    for known in LOCATIONS:
        if id in (known["id"], "main" if known["id"] == MAIN_LOCATION_ID else None):
            return known
    raise refuse("NOT_FOUND", f"Location `{id}` not found.", "location_id")


def listing(simulation: Simulation, call: Call) -> Answer:
    """ListLocations: all on one page, as Square does."""
    return Answer({"locations": list(LOCATIONS)})


def retrieve(simulation: Simulation, call: Call) -> Answer:
    """RetrieveLocation."""
    return Answer({"location": location(call.ids["location_id"])})
