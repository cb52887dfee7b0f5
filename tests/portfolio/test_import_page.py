"""The Import page: upload, preview, apply, result, rejects, undo; and what happens with files that are no reports."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.cli.imports import _mapping as command_mapping
from app.domain.errors import RuleViolation
from app.domain.portfolio.imports import BatchState, ImportFormat
from app.domain.reporting.jobs import JobState
from app.domain.staff.roles import Role
from app.models import Account, ImportBatch, ImportRow, Job, Portfolio, Staff
from app.services.collections.work import add_note
from app.services.portfolio import imports
from app.services.reporting import jobs
from tests import factories
from tests.factories import NOW
from tests.portfolio.conftest import work
from tests.portfolio.importing import REPORT, contents, report
from tests.visitor import Visitor, signed_in
from tests.workbooks.making import sheets_xlsx

BUT = ("import_batch", "import_row", "audit_event", "job", "staff", "staff_session", "setting")


def upload(visitor: Visitor, book: Portfolio, content: bytes, name: str = "report.csv") -> TestResponse:
    form: dict[str, Any] = {"portfolio": str(book.id), "file": (io.BytesIO(content), name)}
    return visitor.post("/admin/import/upload", form, content_type="multipart/form-data")


def only_batch(session: Session) -> ImportBatch:
    return session.scalars(select(ImportBatch)).one()


def previewed(visitor: Visitor, session: Session, book: Portfolio, content: bytes, name: str = "report.csv") -> ImportBatch:
    """A batch that was uploaded and read."""
    answer = upload(visitor, book, content, name)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    work(session)
    batch = only_batch(session)
    assert answer.location.endswith(f"/admin/import/{batch.id}/")
    return batch


ROWS = [
    {},
    {"CONTRACT#": "7000002", "CUSTOMERFIRSTNAME": "*PAST DUE* Omar", "SUMOFPAYMENTSMADE": "472.00"},
    {"CONTRACT#": "7000003", "CUSTOMERPHONE1": "555-01"},
    {"CONTRACT#": "7000004", "MERCHDESCRIPTION": "TCL 30 XE 5G"},
    {"CONTRACT#": "7000005", "CONTRACTBILLINGSTATUS": "Paid Off"},
    {"CONTRACT#": "7000001-2"},
    {"CONTRACT#": "7000007", "PAYMENTFREQUENCY": "every 10 days"},
]


def test_a_supervisor_uploads_previews_applies_and_undoes(dana: Visitor, session: Session, book: Portfolio) -> None:
    before = contents(session, but=BUT)
    batch = previewed(dana, session, book, report(ROWS))
    address = f"/admin/import/{batch.id}/"
    page = dana.get(address).get_data(as_text=True)
    for said in ("Will come in", "4 accounts", "Comes in", "Warning", "Pending Review", "Skipped", "Rejected", "found in row 1"):
        assert said in page
    assert "“*PAST DUE*” taken off the name" in page
    assert "Adjustment of −$14.00 added" in page
    assert "Duplicate of row 2, the first wins" in page
    assert "“every 10 days” is not a frequency we know (PAYMENTFREQUENCY)" in page
    assert "Not active: Paid Off" in page
    assert session.scalar(select(func.count()).select_from(Account)) == 0

    assert dana.post(f"{address}apply").status_code == 302
    assert "Importing report.csv" in dana.get(address).get_data(as_text=True)
    (job,) = work(session)
    assert (job.state, job.planned, job.done) == (JobState.DONE, 4, 4)
    page = dana.get(address).get_data(as_text=True)
    assert "<b>4 accounts</b> came in" in page
    assert "Came in" in page
    assert session.scalar(select(func.count()).select_from(Account)) == 4

    assert dana.post(f"{address}undo").status_code == 302
    work(session)
    assert "Undone on" in dana.get(address).get_data(as_text=True)
    assert contents(session, but=BUT) == before


def test_each_tab_shows_its_fate_alone(dana: Visitor, session: Session, book: Portfolio) -> None:
    batch = previewed(dana, session, book, report(ROWS))
    wanted = {
        "in": {"7000001", "7000002"},
        "warning": {"7000003"},
        "review": {"7000004"},
        "not_active": {"7000005"},
        "duplicate": {"7000001"},
        "rejected": {"7000007"},
    }
    for fate, numbers in wanted.items():
        exported = dana.get(f"/admin/import/{batch.id}/export/csv?fate={fate}&cols=approval_id")
        lines = exported.get_data(as_text=True).splitlines()[1:]
        assert {line.split(",")[0] for line in lines} == numbers, fate
    counts = dana.get(f"/admin/import/{batch.id}/summary.json").get_json()
    assert "7" in str(counts)


def test_the_preview_derives_next_due_days_past_due_and_gap(dana: Visitor, session: Session, book: Portfolio) -> None:
    late = {"CONTRACT#": "7000009", "COUNTOFPAYMENTSCOLLECTED": "8", "SUMOFPAYMENTSMADE": "440.00"}
    batch = previewed(dana, session, book, report([{}, late]))
    query = "cols=approval_id,row_number,due_on,days_past_due,gap_cents&sort=-days_past_due"
    lines = dana.get(f"/admin/import/{batch.id}/export/csv?{query}").get_data(as_text=True).splitlines()[1:]
    # Biweekly from 2026-06-05: the tenth is due on 2026-10-23, the ninth on 2026-10-09; 440.00 is 8 x 54.00 and 8.00 more.
    assert lines == ["7000009,3,2026-10-09,42,8.00", "7000001,2,2026-10-23,28,0.00"]


def test_rows_are_found_by_contract_name_and_message(dana: Visitor, session: Session, book: Portfolio) -> None:
    batch = previewed(dana, session, book, report(ROWS))
    for words, number in (("7000004", "7000004"), ("omar", "7000002"), ("every 10", "7000007")):
        page = dana.get(f"/admin/import/{batch.id}/", query_string={"q": words}).get_data(as_text=True)
        assert number in page
        assert "7000005" not in page


def test_a_large_preview_is_paged_by_key(dana: Visitor, session: Session, book: Portfolio) -> None:
    batch = previewed(dana, session, book, report({"CONTRACT#": str(8_000_000 + n)} for n in range(130)))
    page = dana.get(f"/admin/import/{batch.id}/?size=50").get_data(as_text=True)
    assert "8000049" in page
    assert "8000050" not in page
    _, _, rest = page.partition('rel="next" href="')
    following = rest.partition('"')[0].replace("&amp;", "&")
    page = dana.get(f"/admin/import/{batch.id}/{following}").get_data(as_text=True)
    assert "8000050" in page
    assert "8000049" not in page


def test_rejects_come_back_with_their_columns_and_what_is_wrong(dana: Visitor, session: Session, book: Portfolio) -> None:
    batch = previewed(dana, session, book, report(ROWS))
    answer = dana.get(f"/admin/import/{batch.id}/rejects.xlsx")
    rows = list(load_workbook(io.BytesIO(answer.data)).worksheets[0].iter_rows(values_only=True))
    assert rows[0][0] == "CONTRACT#"
    assert rows[0][-1] == "Problems"
    assert len(rows) == 2
    assert rows[1][0] == "7000007"
    assert "every 10 days" in str(rows[1][-1])


def test_mended_rejects_come_in_as_a_file_of_their_own(dana: Visitor, session: Session, book: Portfolio) -> None:
    batch = previewed(dana, session, book, report(ROWS))
    dana.post(f"/admin/import/{batch.id}/apply")
    work(session)
    rejects = load_workbook(io.BytesIO(dana.get(f"/admin/import/{batch.id}/rejects.xlsx").data))
    sheet = rejects.worksheets[0]
    place = [cell.value for cell in sheet[1]].index("PAYMENTFREQUENCY")
    sheet.cell(2, place + 1).value = "Biweekly"
    mended = io.BytesIO()
    rejects.save(mended)
    upload(dana, book, mended.getvalue(), "mended.xlsx")
    work(session)
    newest = session.scalars(select(ImportBatch).order_by(ImportBatch.id.desc()).limit(1)).one()
    assert newest.outcomes == {"imported": 1}


def zip_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/workbook.xml", "<workbook/>")
        book.writestr("xl/worksheets/sheet1.xml", b"0" * (120 << 20))
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "report.xlsx", "The file is empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "report.xls", "is not a workbook"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "report.xlsx", "is a PNG picture"),
        (zip_bomb(), "report.xlsx", ""),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "report.xlsx", "protected by a password"),
    ],
    ids=["empty", "xls", "png", "bomb", "encrypted"],
)
def test_a_wrong_file_is_refused_with_a_sentence_and_nothing_is_kept(
    dana: Visitor, session: Session, book: Portfolio, content: bytes, name: str, sentence: str
) -> None:
    before = contents(session, but=())
    answer = upload(dana, book, content, name)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "This file was not taken" in page
    assert sentence in page
    session.expire_all()
    after = contents(session, but=())
    assert after == before


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"CONTRACT#,CUSTOMERFIRSTNAME\n1,Ana\n", "lacks the columns CONTRACTBILLINGSTATUS"),
        (report([]), "has a header but no rows"),
        (b"a,b\n1,2\n", "None of the first 20 rows names the columns"),
    ],
    ids=["missing columns", "no rows", "another table"],
)
def test_a_file_that_is_no_report_fails_with_a_sentence_on_its_page(
    dana: Visitor, session: Session, book: Portfolio, content: bytes, sentence: str
) -> None:
    before = contents(session, but=BUT)
    batch = previewed(dana, session, book, content)
    assert batch.state is BatchState.FAILED
    page = dana.get(f"/admin/import/{batch.id}/").get_data(as_text=True)
    assert sentence in page
    assert "Nothing was written" in page
    assert session.scalar(select(func.count()).select_from(ImportRow)) == 0
    assert contents(session, but=BUT) == before
    assert dana.post(f"/admin/import/{batch.id}/discard").status_code == 302
    session.expire_all()
    assert only_batch(session).state is BatchState.DISCARDED


def test_columns_with_other_names_are_chosen_once_and_remembered(dana: Visitor, session: Session, book: Portfolio) -> None:
    strange = report([{}]).replace(b"CONTRACT#", b"Vertrag", 1).replace(b"OUTSTANDINGBALANCERENTAL", b"Rest", 1)
    batch = previewed(dana, session, book, strange)
    assert batch.state is BatchState.FAILED
    page = dana.get(f"/admin/import/{batch.id}/").get_data(as_text=True)
    assert '<option value="Vertrag">' in page
    chosen = dict(batch.mapping["columns"]) | {"approval_id": "Vertrag"}
    answer = dana.post(f"/admin/import/{batch.id}/columns", chosen)
    assert answer.status_code == 422
    assert "Say which column is OUTSTANDINGBALANCERENTAL." in answer.get_data(as_text=True)
    assert dana.post(f"/admin/import/{batch.id}/columns", chosen | {"balance_remaining_cents": "Rest"}).status_code == 302
    work(session)
    assert only_batch(session).state is BatchState.PREVIEW
    assert only_batch(session).outcomes == {"imported": 1}
    # Another file with the same headers, in another order, is read at once.
    upload(dana, book, strange.replace(b"7000001", b"7000099"), "next month.csv")
    work(session)
    states = session.scalars(select(ImportBatch.state).order_by(ImportBatch.id)).all()
    assert states == [BatchState.PREVIEW, BatchState.PREVIEW]


def test_columns_are_saved_under_a_name_and_offered_to_a_file_whose_headers_differ(
    dana: Visitor, session: Session, book: Portfolio
) -> None:
    strange = report([{}]).replace(b"CONTRACT#", b"Vertrag", 1)
    batch = previewed(dana, session, book, strange)
    address = f"/admin/import/{batch.id}/"
    chosen = dict(batch.mapping["columns"]) | {"approval_id": "Vertrag", "mapping_name": "x" * 41}
    assert "A name has at most 40 characters." in dana.post(f"{address}columns", chosen).text
    assert dana.post(f"{address}columns", chosen | {"mapping_name": "Berlin shop"}).status_code == 302
    work(session)
    other = strange.replace(b"7000001", b"7000099").replace(b"CONTRACTCOST", b"CONTRACTCOST,Extra", 1)
    upload(dana, book, other.replace(b",199.00,", b",199.00,x,"), "next.csv")
    work(session)
    newest = session.scalars(select(ImportBatch).order_by(ImportBatch.id.desc()).limit(1)).one()
    assert newest.state is BatchState.FAILED
    page = dana.get(f"/admin/import/{newest.id}/").text
    assert "Berlin shop" in page and '<option value="Vertrag" selected>' not in page
    page = dana.get(f"/admin/import/{newest.id}/columns?mapping=Berlin+shop").text
    assert '<option value="Vertrag" selected>' in page
    assert "approval_id" in imports.named_mappings(session, ImportFormat.PORTFOLIO)["Berlin shop"]
    assert imports.named_mappings(session, ImportFormat.RTO_PRO) == {}
    # The command knows it by the same name, and says which names there are when one is wrong.
    assert command_mapping(session, ImportFormat.PORTFOLIO, "Berlin shop")["approval_id"] == "Vertrag"
    with pytest.raises(RuleViolation, match="Saved mappings: Berlin shop"):
        command_mapping(session, ImportFormat.PORTFOLIO, "Bonn shop")


def test_another_sheet_of_the_workbook_is_chosen_on_the_page(dana: Visitor, session: Session, book: Portfolio) -> None:
    june, july = (list(csv.reader(io.StringIO(report([{"CONTRACT#": number}]).decode()))) for number in ("7000001", "7000002"))
    batch = previewed(dana, session, book, sheets_xlsx({"June": june, "July": july}), "half-year.xlsx")
    address = f"/admin/import/{batch.id}/"
    page = dana.get(address).text
    assert "of sheet “June”" in page and "7000001" in page
    assert '<option value="July">' in dana.get(f"{address}columns").text
    assert dana.post(f"{address}sheet", {"sheet": "August"}).status_code == 302
    assert "Choose one of the sheets of the file." in dana.get(address).text
    assert dana.post(f"{address}sheet", {"sheet": "July"}).status_code == 302
    work(session)
    page = dana.get(address).text
    assert "of sheet “July”" in page and "7000002" in page and "7000001" not in page
    assert only_batch(session).outcomes == {"imported": 1}


def test_the_same_file_is_refused_with_the_earlier_import_named(dana: Visitor, session: Session, book: Portfolio) -> None:
    batch = previewed(dana, session, book, report(ROWS))
    page = upload(dana, book, report(ROWS)).get_data(as_text=True)
    assert f"is open already as import {batch.id}" in page
    dana.post(f"/admin/import/{batch.id}/apply")
    work(session)
    answer = upload(dana, book, report(ROWS), "another name.csv")
    assert answer.status_code == 422
    assert f"was imported on Nov 20, 2026 as import {batch.id} (report.csv)" in answer.get_data(as_text=True)
    dana.post(f"/admin/import/{batch.id}/undo")
    work(session)
    assert upload(dana, book, report(ROWS)).status_code == 302


def test_an_import_that_somebody_has_worked_with_stays_with_a_sentence(
    dana: Visitor, session: Session, book: Portfolio, supervisor: Staff
) -> None:
    batch = previewed(dana, session, book, report(ROWS))
    dana.post(f"/admin/import/{batch.id}/apply")
    work(session)
    account = session.scalars(select(Account).order_by(Account.id).limit(1)).one()
    add_note(session, account.id, body="Called.", now=NOW, actor=factories.actor(supervisor))
    session.commit()
    before = contents(session, but=("job", "audit_event", "import_batch", "staff_session"))
    dana.post(f"/admin/import/{batch.id}/undo")
    (job,) = work(session)
    assert job.state is JobState.FAILED
    page = dana.get(f"/admin/import/{batch.id}/").get_data(as_text=True)
    sentence = f"1 account of this import has been worked with since: 1 note (account {account.account_number})"
    assert sentence in page
    assert only_batch(session).state is BatchState.APPLIED
    assert contents(session, but=("job", "audit_event", "import_batch", "staff_session")) == before


def test_applying_asks_for_the_pin(
    client: Any, session: Session, book: Portfolio, supervisor: Staff, business_date: None
) -> None:
    visitor = signed_in(client, session, supervisor)
    batch = previewed(visitor, session, book, report(ROWS))
    answer = visitor.post(f"/admin/import/{batch.id}/apply")
    assert answer.status_code == 403
    assert "Your PIN, please" in answer.get_data(as_text=True)
    assert only_batch(session).state is BatchState.PREVIEW


def test_pressing_apply_twice_applies_once(dana: Visitor, session: Session, book: Portfolio) -> None:
    batch = previewed(dana, session, book, report(ROWS))
    dana.post(f"/admin/import/{batch.id}/apply")
    dana.post(f"/admin/import/{batch.id}/apply")
    assert len(work(session)) == 1
    assert session.scalar(select(func.count()).select_from(Account)) == 4


def test_a_stopped_import_leaves_nothing_and_can_be_applied_again(dana: Visitor, session: Session, book: Portfolio) -> None:
    batch = previewed(dana, session, book, report(ROWS))
    dana.post(f"/admin/import/{batch.id}/apply")
    session.execute(update(Job).where(Job.kind == "import_apply").values(stop_requested=True))
    (job,) = work(session)
    assert job.state is JobState.STOPPED
    assert only_batch(session).state is BatchState.PREVIEW
    assert session.scalar(select(func.count()).select_from(Account)) == 0
    assert "Somebody stopped it." in dana.get(f"/admin/import/{batch.id}/").get_data(as_text=True)
    dana.post(f"/admin/import/{batch.id}/apply")
    work(session)
    assert only_batch(session).state is BatchState.APPLIED
    assert session.scalar(select(func.count()).select_from(Account)) == 4


def test_a_failed_import_that_is_tried_again_on_the_jobs_page_comes_in(
    dana: Visitor, session: Session, book: Portfolio, supervisor: Staff
) -> None:
    batch = previewed(dana, session, book, report(ROWS))
    dana.post(f"/admin/import/{batch.id}/apply")
    session.execute(update(Job).where(Job.kind == "import_apply").values(stop_requested=True))
    (job,) = work(session)
    jobs.retry(session, job, now=NOW, actor=factories.actor(supervisor))
    session.commit()
    work(session)
    assert only_batch(session).state is BatchState.APPLIED


def test_a_supervisor_of_another_portfolio_sees_nothing_of_it(
    client: Any, session: Session, book: Portfolio, supervisor: Staff, business_date: None
) -> None:
    batch = previewed(signed_in(client, session, supervisor, stepped_up=True), session, book, report(ROWS))
    other = factories.portfolio(session)
    stranger = factories.staff(session, Role.SUPERVISOR, portfolios=[other])
    visitor = signed_in(client, session, stranger, stepped_up=True)
    assert "report.csv" not in visitor.get("/admin/import/").get_data(as_text=True)
    for path in ("", "columns", "rejects.xlsx", "export/csv", "summary.json"):
        assert visitor.get(f"/admin/import/{batch.id}/{path}").status_code == 404, path
    for path in ("apply", "undo", "discard", "columns"):
        assert visitor.post(f"/admin/import/{batch.id}/{path}").status_code == 404, path
    assert upload(visitor, book, report([{"CONTRACT#": "7000050"}])).status_code == 404
    job = session.scalars(select(Job)).one()
    assert visitor.get(f"/admin/jobs/{job.id}.json").status_code == 404


def test_a_collector_cannot_open_the_page(client: Any, session: Session, business_date: None) -> None:
    visitor = signed_in(client, session, factories.staff(session, Role.COLLECTOR))
    assert visitor.get("/admin/import/").status_code == 403


def test_the_sample_previews_on_the_page(dana: Visitor, session: Session, book: Portfolio) -> None:
    previewed(dana, session, book, REPORT.read_bytes(), REPORT.name)
    batch = only_batch(session)
    page = dana.get(f"/admin/import/{batch.id}/").get_data(as_text=True)
    for said in (
        "2,056",
        "2,520 rows",
        "$1,629,657.74",
        "0 with a warning · 93 go to Pending Review",
        "366 not active · 20 duplicate",
        "78",
    ):
        assert said in page
