"""In which time zones somebody may live, from the state and ZIP code of their address.

A state that lies in two zones gives both, unless the ZIP code says which: whoever must not call too early or too late asks
all of them.
"""

from __future__ import annotations

EASTERN, CENTRAL, MOUNTAIN, PACIFIC = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
ARIZONA, ALASKA, ALEUTIANS, HAWAII = "America/Phoenix", "America/Anchorage", "America/Adak", "Pacific/Honolulu"

ANYWHERE = (EASTERN, CENTRAL, MOUNTAIN, PACIFIC)
"""Where somebody may be of whom neither address nor area code is known: anywhere between the coasts."""

_STATES = {
    EASTERN: "CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV",
    CENTRAL: "AL AR IA IL LA MN MO MS OK WI",
    MOUNTAIN: "CO MT NM UT WY",
    PACIFIC: "CA NV WA",
    HAWAII: "HI",
}
STATE_ZONES: dict[str, tuple[str, ...]] = {
    **{state: (zone,) for zone, states in _STATES.items() for state in states.split()},
    "FL": (EASTERN, CENTRAL),
    "IN": (EASTERN, CENTRAL),
    "KY": (EASTERN, CENTRAL),
    "MI": (EASTERN, CENTRAL),
    "TN": (EASTERN, CENTRAL),
    "KS": (CENTRAL, MOUNTAIN),
    "ND": (CENTRAL, MOUNTAIN),
    "NE": (CENTRAL, MOUNTAIN),
    "SD": (CENTRAL, MOUNTAIN),
    "TX": (CENTRAL, MOUNTAIN),
    "ID": (MOUNTAIN, PACIFIC),
    "OR": (PACIFIC, MOUNTAIN),
    # Most of Arizona has no summer time; the Navajo Nation has.
    "AZ": (ARIZONA, MOUNTAIN),
    "AK": (ALASKA, ALEUTIANS),
    "PR": ("America/Puerto_Rico",),
    "VI": ("America/St_Thomas",),
    "GU": ("Pacific/Guam",),
    "MP": ("Pacific/Saipan",),
    "AS": ("Pacific/Pago_Pago",),
}

_ONE_ZONE = {
    ("FL", EASTERN): ((320, 323), (326, 349)),
    ("FL", CENTRAL): ((325, 325),),
    ("IN", EASTERN): ((460, 462), (465, 474), (478, 479)),
    ("IN", CENTRAL): ((463, 464), (477, 477)),
    ("KY", EASTERN): ((402, 418),),
    ("KY", CENTRAL): ((420, 424),),
    ("MI", EASTERN): ((480, 497),),
    ("TN", EASTERN): ((374, 374), (376, 379)),
    ("TN", CENTRAL): ((370, 372), (380, 385)),
    ("KS", CENTRAL): ((660, 676),),
    ("ND", CENTRAL): ((580, 585), (587, 588)),
    ("NE", CENTRAL): ((680, 689),),
    ("NE", MOUNTAIN): ((693, 693),),
    ("SD", CENTRAL): ((570, 574),),
    ("SD", MOUNTAIN): ((577, 577),),
    ("TX", CENTRAL): ((750, 797),),
    ("TX", MOUNTAIN): ((799, 799), (885, 885)),
    ("ID", MOUNTAIN): ((832, 834), (836, 837)),
    ("ID", PACIFIC): ((838, 838),),
    ("OR", PACIFIC): ((970, 978),),
    ("AZ", ARIZONA): ((850, 857), (863, 864)),
    ("AK", ALASKA): ((995, 995), (997, 999)),
}
"""First three digits of ZIP codes that lie in one zone of a state that has two. What is not here may be in either."""


def home_zones(state: str | None, zip_code: str | None) -> tuple[str, ...]:
    """The zones in which an address may lie; none for a state that is not known.

    >>> home_zones("TX", "79901"), home_zones("TX", "77002"), home_zones("TX", None)
    (('America/Denver',), ('America/Chicago',), ('America/Chicago', 'America/Denver'))
    >>> home_zones("AZ", "86515"), home_zones(None, "10001")
    (('America/Phoenix', 'America/Denver'), ())
    """
    code = (state or "").upper()
    zones = STATE_ZONES.get(code, ())
    digits = (zip_code or "")[:3]
    if len(zones) < 2 or not (digits.isascii() and digits.isdigit() and len(digits) == 3):
        return zones
    for (named, zone), ranges in _ONE_ZONE.items():
        if named == code and any(first <= int(digits) <= last for first, last in ranges):
            return (zone,)
    return zones
