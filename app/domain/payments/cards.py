"""Words for cards as people say them."""

from __future__ import annotations

_SAID = {
    "MASTERCARD": "Mastercard",
    "AMERICAN_EXPRESS": "Amex",
    "DISCOVER_DINERS": "Diners Club",
    "JCB": "JCB",
    "CHINA_UNIONPAY": "UnionPay",
    "SQUARE_GIFT_CARD": "Gift card",
    "EFTPOS": "eftpos",
    "OTHER_BRAND": "Card",
}


def brand_name(code: str) -> str:
    """The brand of a card from Square's code for it.

    >>> brand_name("VISA"), brand_name("AMERICAN_EXPRESS"), brand_name("FELICA"), brand_name("")
    ('Visa', 'Amex', 'Felica', 'Card')
    """
    return _SAID.get(code.upper()) or code.replace("_", " ").capitalize() or "Card"
