"""The forms of returns, recoveries and disputes."""

from __future__ import annotations

from collections.abc import Iterable

from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from wtforms import DateField, IntegerField, MultipleFileField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from admin_views.account_forms import MoneyField
from app.domain.errors import RuleViolation
from app.domain.money import cents_from_text
from app.domain.servicing.disputes import DisputeReason, DisputeState
from app.domain.servicing.evidence import ACCEPT, LARGEST_BYTES, MOST_FILES, AdmittedEvidence, admit
from app.domain.servicing.recoveries import AttemptKind, AttemptOutcome, RecoveryState
from app.domain.servicing.returns import Grade
from app.models import Staff


class ReasonForm(FlaskForm):
    """Why."""

    reason = StringField("Reason", [InputRequired("Say why."), Length(max=200)])


class LabelForm(FlaskForm):
    """The label that the customer was sent."""

    carrier = StringField("Carrier", [InputRequired("Enter the carrier."), Length(max=40)])
    tracking = StringField("Tracking number", [InputRequired("Enter the tracking number."), Length(max=60)])


class ReceiveForm(FlaskForm):
    """When the device came."""

    received_on = DateField("Received on", [InputRequired("Enter the day on which the device came.")])


class InspectForm(FlaskForm):
    """What the inspection found."""

    grade = RadioField("Grade", [InputRequired("Choose a grade.")], choices=Grade.choices())
    note = TextAreaField("What was found", [Optional(), Length(max=500)], render_kw={"rows": 3})

    @property
    def chosen_grade(self) -> Grade:
        """The grade as a word of the domain."""
        return Grade(self.grade.data)


class OptionalMoneyField(MoneyField):
    """An amount that may be left out."""

    def pre_validate(self, form: FlaskForm) -> None:
        """Refuse what is neither empty nor an amount."""
        if (self.data or "").strip():
            super().pre_validate(form)


class RestockForm(FlaskForm):
    """What it cost to make the device fit."""

    refurb_cost = OptionalMoneyField("Cost of refurbishing", [Optional()], description="Parts and work, if there were any.")

    @property
    def cents(self) -> int | None:
        """The cost in cents; None when nothing was entered."""
        typed = (self.refurb_cost.data or "").strip()
        return cents_from_text(typed) if typed else None


class RecoveryForm(FlaskForm):
    """Who goes after the device, and why."""

    reason = StringField("Reason", [InputRequired("Say why the device is wanted back now."), Length(max=200)])
    agent = StringField("Agent", [Optional(), Length(max=120)], description="Whoever goes there, if somebody does.")
    assigned_to_id = SelectField("Assigned to", [Optional()])

    @property
    def chosen_staff(self) -> int | None:
        """The id of who sees to it; None for nobody."""
        return int(self.assigned_to_id.data) if self.assigned_to_id.data else None


class HandOverForm(RecoveryForm):
    """Who goes after the device from now on."""

    reason = None


def offer_staff(form: RecoveryForm, session: Session) -> None:
    """Offer everybody who works here."""
    rows = session.execute(select(Staff.id, Staff.name).where(Staff.is_active).order_by(Staff.name)).all()
    form.assigned_to_id.choices = [("", "Nobody"), *((str(row.id), row.name) for row in rows)]


class AttemptForm(FlaskForm):
    """One thing that was tried."""

    kind = SelectField("What was done", [InputRequired()], choices=AttemptKind.choices(), default=AttemptKind.VISIT.value)
    place = StringField("Where", [Optional(), Length(max=160)])
    outcome = SelectField("What came of it", [InputRequired()], choices=AttemptOutcome.choices())
    note = TextAreaField("Note", [Optional(), Length(max=500)], render_kw={"rows": 3})
    next_on = DateField("Try again on", [Optional()], description="Becomes a follow-up.")

    @property
    def chosen(self) -> tuple[AttemptKind, AttemptOutcome]:
        """What was done and what came of it, as words of the domain."""
        return AttemptKind(self.kind.data), AttemptOutcome(self.outcome.data)


class EndForm(FlaskForm):
    """How a recovery ended."""

    state = RadioField(
        "It ended",
        [InputRequired("Choose how it ended.")],
        choices=[
            (RecoveryState.RECOVERED.value, "Recovered: the device is here"),
            (RecoveryState.LOST.value, "Lost: the account is worked as a default"),
            (RecoveryState.CALLED_OFF.value, "Called off: the account is worked as a default"),
        ],
    )
    outcome = StringField("How", [InputRequired("Say how it ended."), Length(max=200)])

    @property
    def chosen_state(self) -> RecoveryState:
        """The end as a word of the domain."""
        return RecoveryState(self.state.data)


def _files_field() -> MultipleFileField:
    """Of each form its own: fields stand in the order in which they were made."""
    return MultipleFileField(
        "Files",
        description=f"PDF, PNG, JPEG, text or mail, {LARGEST_BYTES // 1024 // 1024} MB each, {MOST_FILES} at once.",
        render_kw={"accept": ACCEPT},
    )


class EvidenceForm(FlaskForm):
    """Files."""

    files = _files_field()

    def admitted(self) -> list[AdmittedEvidence]:
        """The files that were sent, let in. Raises RuleViolation with the sentence about the first that is not."""
        return admitted(self.files.data or [])


class DisputeForm(EvidenceForm):
    """What is disputed, why, and until when it has to be decided."""

    reason = SelectField("Reason", [InputRequired("Choose a reason.")], choices=DisputeReason.choices())
    amount = MoneyField("Amount", [InputRequired("Enter the amount that is disputed.")])
    installment_number = IntegerField(
        "Installment #", [Optional(), NumberRange(1, 999)], description="When one line is disputed; else what is owed first."
    )
    deadline_on = DateField("Decide by", [InputRequired("Enter the day by which the dispute has to be decided.")])
    statement = TextAreaField(
        "What the customer says",
        [Optional(), Length(max=4_000)],
        description="Needed when there is no file.",
        render_kw={"rows": 4},
    )
    files = _files_field()

    @property
    def chosen_reason(self) -> DisputeReason:
        """The reason as a word of the domain."""
        return DisputeReason(self.reason.data)


class ResolveForm(FlaskForm):
    """How a dispute was decided."""

    state = RadioField(
        "Decision",
        [InputRequired("Choose how the dispute ends.")],
        choices=[
            (DisputeState.UPHELD.value, "Upheld: the customer is right"),
            (DisputeState.REJECTED.value, "Rejected: the amount is owed"),
        ],
    )
    resolution = TextAreaField(
        "What was found",
        [InputRequired("Say what was found, so that the customer can be told."), Length(max=500)],
        render_kw={"rows": 4},
    )

    @property
    def chosen_state(self) -> DisputeState:
        """The decision as a word of the domain."""
        return DisputeState(self.state.data)


class DeadlineForm(ReasonForm):
    """Another deadline."""

    deadline_on = DateField("Decide by", [InputRequired("Enter the day by which the dispute has to be decided.")])


class DeadlinesForm(FlaskForm):
    """How long disputes may take."""

    days = IntegerField("Days to decide", [InputRequired("Enter the days.")], description="What a new dispute proposes.")
    near = IntegerField("Alert from", [InputRequired("Enter the days.")], description="Days before the deadline.")


def admitted(sent: Iterable[FileStorage | str]) -> list[AdmittedEvidence]:
    """Let in what was sent; a field that was left empty sends one file without a name."""
    files = [one for one in sent if isinstance(one, FileStorage) and one.filename]
    if len(files) > MOST_FILES:
        raise RuleViolation(f"Add at most {MOST_FILES} files at once.", field="files")
    # One byte more than allowed tells that a file is too large without reading all of it.
    return [admit(one.stream.read(LARGEST_BYTES + 1), one.filename or "") for one in files]
