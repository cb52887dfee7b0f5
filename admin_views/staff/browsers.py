"""What a browser calls itself, shortened to what a person would call it."""

from __future__ import annotations

_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str | None) -> str:
    """The browser and the system it runs on. The order of the lists matters: each browser also claims to be the ones below.

    >>> browser_name("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/131.0")
    'Edge on Windows'
    >>> browser_name("curl/8.1"), browser_name(None)
    ('curl/8.1', 'Unknown')
    """
    given = user_agent or ""
    name = next((called for sign, called in _BROWSERS if sign in given), None)
    system = next((called for sign, called in _SYSTEMS if sign in given), None)
    if name is None:
        return given[:40] or "Unknown"
    return f"{name} on {system}" if system else name
