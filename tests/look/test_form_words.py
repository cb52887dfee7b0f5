"""Forms tell people what to do."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.domain.staff.roles import Role
from tests import factories
from tests.visitor import signed_in


@pytest.mark.parametrize(
    ("form", "given", "said"),
    [
        ("promise", {"amount": "20.00", "due_on": "soon"}, "Enter a day, such as 11/20/2026."),
        ("call", {"outcome": "shouted"}, "Choose one of the list."),
        ("charge-card", {"card": "the blue one", "amount": "5"}, "Choose one of the list."),
    ],
)
def test_a_value_that_cannot_be_read_gets_a_sentence_that_says_what_to_do(
    client: FlaskClient, session: Session, form: str, given: dict[str, str], said: str
) -> None:
    account = factories.account(session)
    visitor = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))
    answer = visitor.post(f"/admin/accounts/{account.id}/{form}", given)
    assert answer.status_code == 422
    assert said in answer.text


def test_generated_forms_speak_the_same_words(client: FlaskClient, session: Session) -> None:
    visitor = signed_in(client, session, factories.staff(session, Role.ADMIN), stepped_up=True)
    answer = visitor.post("/admin/collection-statuses/new/", {"code": "TOOLONG", "weight": "heavy"})
    assert answer.status_code == 422
    for said in ("At most 2 characters fit here.", "Enter a whole number, such as 12.", "Fill this in."):
        assert said in answer.text
