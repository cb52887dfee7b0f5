"""Texts and e-mails: filling a template's fields, how many parts a text is sent in, and what a customer's reply asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from app.domain.errors import RuleViolation
from app.domain.words import Word


class MessageState(Word):
    """What became of a message."""

    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"


WAITING_STATES: frozenset[MessageState] = frozenset({MessageState.QUEUED, MessageState.SENDING})
"""Not settled yet."""
SETTLED_STATES: frozenset[MessageState] = frozenset({MessageState.SENT, MessageState.FAILED})
"""Nothing happens any more by itself."""

FIELDS: Mapping[str, str] = {
    "first_name": "Jordan",
    "last_name": "Ellison",
    "account_number": "A000042",
    "amount_past_due": "$108.00",
    "days_past_due": "12",
    "next_due": "Fri Nov 27",
    "next_amount": "$54.00",
    "balance": "$1,350.00",
    "company": "Northside Phones",
    "pay_link": "https://pay.example.com",
    "charge_amount": "$54.00",
    "charge_on": "Fri Nov 27",
    "card": "VISA ending in 1111",
    "my_name": "Casey",
}
"""What a template may name, each with what it says for the example account."""

LONGEST_BODY = 4_000
LONGEST_SUBJECT = 150
MOST_SEGMENTS = 10
"""More parts than this no gateway takes as one text."""

_STOP = frozenset({"STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "OPT OUT"})
"""47 CFR 64.1200(a)(10)(i) names these as a sure way to say no; STOPALL is what carriers know besides."""
_START = frozenset({"START", "UNSTOP"})

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
"""GSM 03.38: characters of the default alphabet, and those that take two places in it."""


def named(text: str) -> list[str]:
    """The fields that a template names, in their order.

    >>> named("Hello {first_name}, {amount_past_due} is due."), named("{{not a field}}")
    (['first_name', 'amount_past_due'], [])

    Raises RuleViolation for braces that do not fit together and for a field that there is not.
    """
    try:
        pieces = list(Formatter().parse(text))
    except ValueError as error:
        raise RuleViolation("A { opens a field and a } closes it; write {{ or }} for the sign itself.", field="body") from error
    found: list[str] = []
    for _, name, form, conversion in pieces:
        if name is None:
            continue
        if name not in FIELDS or form or conversion:
            said = name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
            right = ", ".join(f"{{{one}}}" for one in FIELDS)
            raise RuleViolation(f"There is no field {{{said}}}. The fields are {right}.", field="body")
        found.append(name)
    return found


def filled(text: str, values: Mapping[str, str]) -> str:
    """A template with its fields filled in. `values` has every field; nothing else of it can be reached.

    >>> filled("Hello {first_name}, {amount_past_due} is due.", FIELDS)
    'Hello Jordan, $108.00 is due.'

    Raises RuleViolation as `named` does, and for a field that has no value here.
    """
    for name in named(text):
        if not values.get(name):
            raise RuleViolation(f"{{{name}}} has no value for this account; take it out or write it yourself.", field="body")
    return text.format_map(values)


@dataclass(frozen=True, slots=True)
class Size:
    """How long a text is as a phone network counts."""

    characters: int
    """Places that it takes: some signs take two."""
    segments: int
    left: int
    """Places that are left in the last part."""
    is_unicode: bool
    """It holds a sign outside of the GSM alphabet, so that each part holds 70 places instead of 160."""


def size(text: str) -> Size:
    """In how many parts a text is sent (GSM 03.38 and 03.40: 160 places or 153 a part; in UCS-2 70 or 67).

    >>> size("x" * 160).segments, size("x" * 161).segments, size("x" * 306).segments, size("x" * 307).segments
    (1, 2, 2, 3)
    >>> size("é" * 160).segments, size("–" * 70).segments, size("–" * 71).segments
    (1, 1, 2)
    >>> size("€" * 80).segments, size("€" * 81).segments, size("")
    (1, 2, Size(characters=0, segments=0, left=160, is_unicode=False))

    No sign is torn apart between two parts: of the euro's two places both stand in one.
    """
    is_unicode = any(sign not in _BASIC and sign not in _EXTENDED for sign in text)
    widths = [2 if (ord(sign) > 0xFFFF if is_unicode else sign in _EXTENDED) else 1 for sign in text]
    alone, part = (70, 67) if is_unicode else (160, 153)
    characters = sum(widths)
    if characters <= alone:
        return Size(characters, min(characters, 1), alone - characters, is_unicode)
    segments, used = 1, 0
    for width in widths:
        if used + width > part:
            segments, used = segments + 1, 0
        used += width
    return Size(characters, segments, part - used, is_unicode)


def check(body: str, *, subject: str | None, is_text: bool) -> None:
    """Demand that a message can be sent. Raises RuleViolation with the field that is wrong."""
    if not body.strip():
        raise RuleViolation("Write something first.", field="body")
    if len(body) > LONGEST_BODY:
        raise RuleViolation(f"A message holds {LONGEST_BODY:,} characters; this one has {len(body):,}.", field="body")
    if is_text:
        parts = size(body).segments
        if parts > MOST_SEGMENTS:
            raise RuleViolation(
                f"This text would be sent in {parts} parts; {MOST_SEGMENTS} are the most. Make it shorter.", field="body"
            )
    elif not (subject or "").strip():
        raise RuleViolation("An e-mail needs a subject.", field="subject")
    elif len(subject or "") > LONGEST_SUBJECT or "\n" in (subject or "") or "\r" in (subject or ""):
        raise RuleViolation(f"A subject is one line of at most {LONGEST_SUBJECT} characters.", field="subject")


def asks_to_stop(body: str) -> bool | None:
    """Whether a reply takes the consent to texts back (True), gives it again (False), or says something else (None).

    >>> asks_to_stop(" stop. "), asks_to_stop("Start"), asks_to_stop("please stop by my house")
    (True, False, None)
    """
    word = " ".join(body.upper().replace("-", " ").strip(" .!\"'\n\r\t").split())
    return True if word in _STOP else False if word in _START else None
