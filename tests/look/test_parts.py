"""Tables, forms, actions and the frame say what a screen reader and a keyboard need."""

import re

from flask import Flask
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import DataRequired

from tests.look.conftest import page, part

COLUMNS = [
    {"key": "name", "label": "Customer", "sort_url": "?sort=name"},
    {
        "key": "balance",
        "label": "Balance",
        "numeric": True,
        "sort_url": "?sort=-balance",
        "sorted": "descending",
        "card": "figure",
    },
    {"key": "due", "label": "Due Date", "card": "detail", "card_label": "Due"},
]
ROWS = [{"id": 7, "name": "Jordan Ellison", "balance": "$797.10", "due": "Fri Oct 9", "url": "/admin/accounts/7"}]
TABLE = (
    '{% call(row, column) ui.table(columns, rows, "Accounts", totals={"balance": "$2,759,846.12"},'
    ' totals_label="Total of all 4,312", ticks=true, cards=true, empty=ui.empty("No accounts", "An import brings them.")) %}'
    "{{ row[column.key] }}{% endcall %}"
)


def test_a_table_has_caption_scopes_and_the_sorted_head(look: Flask) -> None:
    written = part(look, TABLE, columns=COLUMNS, rows=ROWS)

    assert '<caption class="sr">Accounts</caption>' in written
    assert len(re.findall(r'<th scope="col"', written)) == 3
    assert '<th scope="row">Jordan Ellison</th>' in written
    assert written.count("aria-sort=") == 1 and 'aria-sort="descending"' in written


def test_figures_stand_right_and_totals_are_those_of_the_filter(look: Flask) -> None:
    written = part(look, TABLE, columns=COLUMNS, rows=ROWS)

    assert '<td class="num card-figure">$797.10</td>' in written
    assert '<th scope="row">Total of all 4,312</th>' in written
    assert '<td class="num card-figure">$2,759,846.12</td>' in written


def test_a_tick_says_whose_row_it_ticks(look: Flask) -> None:
    assert 'value="7" aria-label="Select Jordan Ellison"' in part(look, TABLE, columns=COLUMNS, rows=ROWS)


def test_an_empty_table_says_why_and_what_would_fill_it(look: Flask) -> None:
    written = part(look, TABLE, columns=COLUMNS, rows=[])

    assert "<table" not in written
    assert "No accounts" in written and "An import brings them." in written


def test_a_disabled_action_says_why(look: Flask) -> None:
    written = part(look, '{{ ui.button("Refund", url="/refund", why_not="There is no payment to refund") }}')

    assert 'aria-disabled="true"' in written
    assert 'aria-description="There is no payment to refund"' in written
    assert "href" not in written


def test_a_key_is_shown_and_bound(look: Flask) -> None:
    written = part(look, '{{ ui.button("Promise", key="P") }}')

    assert 'data-key="p"' in written and "<kbd>P</kbd>" in written


def test_an_action_that_changes_something_is_a_form_with_a_token(look: Flask) -> None:
    written = part(look, '{{ ui.post_button("Undo", "/undo/1", "the-token", fields={"row": 4}) }}')

    assert re.match(r'<form method="post" action="/undo/1">', written)
    assert 'name="csrf_token" value="the-token"' in written
    assert 'name="row" value="4"' in written


def test_deleting_focuses_the_safe_button_and_waits_for_the_typed_words(look: Flask) -> None:
    written = part(
        look,
        '{% call ui.confirm("wipe", "Delete this contract?", "/wipe", "Delete contract", "t", danger=true, typed="10482-771") %}'
        "All of it.{% endcall %}",
    )
    safe = re.search(r"<button[^>]*>Keep as it is", written)
    verb = re.search(r"<button[^>]*>Delete contract", written)

    assert safe and "autofocus" in safe[0]
    assert verb and "disabled" in verb[0] and "btn-danger" in verb[0]
    assert 'data-typed="10482-771"' in written


def test_the_bulk_bar_sends_the_filter(look: Flask) -> None:
    actions = [{"label": "Assign", "url": "/assign", "preview_url": "/assign/preview", "icon": "person-check"}]
    written = part(look, '{{ ui.bulk_bar(4312, actions, "t", "status=active&sort=-balance", "accounts") }}', actions=actions)

    assert 'name="filter" value="status=active&amp;sort=-balance"' in written
    assert "Select all 4,312 that match" in written
    assert 'data-preview="/assign/preview"' in written


class Payment(FlaskForm):  # type: ignore[misc]
    """A form with one of each."""

    amount = StringField("Amount", [DataRequired("Give an amount.")], description="What was handed over.")
    method = SelectField("Method", choices=["cash", "zelle"])
    note = StringField("Note")
    receipt = BooleanField("Send a receipt")


def test_a_field_is_tied_to_its_label_help_and_error(look: Flask) -> None:
    form = Payment(formdata=None)
    form.amount.errors = ["Give an amount."]
    written = part(look, '{{ ui.field(form.amount, kind="money") }}', form=form)

    assert '<label class="form-label" for="amount">Amount</label>' in written
    assert 'aria-describedby="amount-help amount-error"' in written
    assert 'aria-invalid="true"' in written
    assert 'id="amount-error"' in written and "Give an amount." in written
    assert '<span class="pre" aria-hidden="true">$</span>' in written


def test_errors_on_top_lead_to_their_fields(look: Flask) -> None:
    form = Payment(formdata=None)
    form.amount.errors = ["Give an amount."]
    written = part(look, "{{ ui.form_errors(form) }}", form=form)

    assert 'role="alert"' in written
    assert '<a href="#amount">Amount: Give an amount.</a>' in written


def test_a_whole_form_has_one_token_and_one_filled_button(look: Flask) -> None:
    written = part(
        look, '{{ ui.form(form, "/pay", "Take payment", money=["amount"], draft="pay-7") }}', form=Payment(formdata=None)
    )

    assert written.count('name="csrf_token"') == 1
    assert written.count("btn-primary") == 1
    assert 'data-draft-key="pay-7"' in written
    assert 'Note <span class="opt">optional</span>' in written


def test_a_job_tells_its_progress_in_words(look: Flask) -> None:
    written = part(look, '{{ ui.job("/jobs/7.json", "Import", planned=38, done=17, failed=6, unknown=1) }}')

    assert 'role="progressbar" aria-label="Import" aria-valuemin="0" aria-valuemax="38" aria-valuenow="24"' in written
    assert "24 of 38" in written
    assert 'data-percent="44.74"' in written
    assert 'aria-live="polite"' in written


def test_a_chart_has_its_finding_in_words_and_its_figure_as_data(look: Flask) -> None:
    written = part(
        look, "{{ ui.chart('aging', 'Aging', 'Most are 1-30 days late.', '/plotly.js', figure) }}", figure='{"data": []}'
    )

    assert 'role="img" aria-label="Aging. Most are 1-30 days late."' in written
    assert '<script type="application/json" id="aging-figure">{"data": []}</script>' in written


def test_the_frame_has_landmarks_a_skip_link_and_one_current_page(look: Flask) -> None:
    written = page(look, '{{ ui.page_head("Accounts") }}')

    assert '<a class="skip" href="#main">' in written
    assert '<nav class="nav-x" id="navigation" aria-label="Main">' in written
    assert written.count('aria-current="page"') == 1
    assert written.count("<h1") == 1
    assert "<title>Accounts · LeaseDesk</title>" in written
    assert "Fri Nov 20, 2026" in written and "SANDBOX" in written


def test_a_side_sheet_gets_the_content_alone(look: Flask) -> None:
    with look.test_request_context("/admin/accounts/", headers={"X-Fragment": "1"}):
        written = page(look, '{{ ui.page_head("Accounts") }}')

    assert written.startswith('<div data-fragment data-title="Accounts">')
    assert "<html" not in written and "<nav class" not in written and "<h1>Accounts</h1>" in written


def test_theme_and_density_are_written_by_the_server(look: Flask) -> None:
    with look.test_request_context("/admin/accounts/", headers={"Cookie": "theme=dark; density=compact; nav=folded; keys=off"}):
        written = page(look, "")

    assert (
        'data-bs-theme="dark" data-theme="dark" data-density="compact" data-nav="folded" data-keys="off" data-folded>' in written
    )


def test_a_cookie_with_something_else_in_it_is_ignored(look: Flask) -> None:
    with look.test_request_context("/admin/accounts/", headers={"Cookie": 'theme="><script>; density=huge; nav=x'}):
        written = page(look, "")

    assert (
        '<html lang="en" data-bs-theme="light" data-theme="system" data-density="regular" data-nav="auto" data-keys="on">'
        in written
    )


def test_messages_become_toasts_with_undo_and_strips(look: Flask) -> None:
    from flask import flash

    flash("Note added", "undo:/notes/7/undo")
    flash("The card was declined", "error")
    flash("End of day is going", "job:/jobs/7.json")
    flash("Nothing is charged here", "strip-warn")
    written = page(look, "")

    assert re.search(r'<form method="post" action="/notes/7/undo">.*?>Undo</button>', written, re.DOTALL)
    assert re.search(r'data-toast role="alert" data-stays>.*?The card was declined', written, re.DOTALL)
    assert 'data-follow-job="/jobs/7.json"' in written
    assert written.index("Nothing is charged here") < written.index("</main>") < written.index("Note added")
    assert written.count("Nothing is charged here") == 1
