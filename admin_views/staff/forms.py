"""Forms of the people who work here. PINs are typed, never shown: no field for one is ever filled by the server."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, Length

LONGEST_INPUT = 64


class SignInForm(FlaskForm):
    """Username and PIN, and the page that somebody came for."""

    username = StringField("Username", [DataRequired("Type your username."), Length(max=LONGEST_INPUT)])
    pin = PasswordField("PIN", [DataRequired("Type your PIN."), Length(max=LONGEST_INPUT)])
    next = HiddenField()


class ChangePinForm(FlaskForm):
    """The PIN as it is, and twice as it shall be."""

    current = PasswordField("PIN you have now", [DataRequired("Type the PIN you have now."), Length(max=LONGEST_INPUT)])
    pin = PasswordField(
        "New PIN",
        [DataRequired("Type a new PIN."), Length(max=LONGEST_INPUT)],
        description="6 to 12 digits. Not a date, not a row of digits, nothing that many people choose.",
    )
    again = PasswordField("New PIN again", [EqualTo("pin", "The two new PINs are not the same.")])
