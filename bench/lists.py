"""The Accounts list beside Django admin's changelist, over the same rows, in one process.

Both answer through WSGI with a signed-in user, 50 rows a page, the same columns, the same default order and the same driver.
Databases of all sizes are measured in the same rounds, so growth can be read off one run.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from app.extensions import db
from app.settings import Settings
from bench import books, machine, tables
from bench.django_admin.site import DjangoLists
from bench.product_list import ProductList
from bench.timing import Sample, in_turn

PAGE = 1_000
NAME = "deshawn whitaker"
LAST_NAME = "whitaker"
PHONE = "6145550042"
OURS, COUNTED, UNCOUNTED = "LeaseDesk", "Django", "Django, no full count"

Call = Callable[[], str]


def questions(ours: ProductList, django: DjangoLists, name: str, accounts: int) -> dict[str, dict[str, Call]]:
    """What is asked, and how each contender is asked for it."""
    number = min(PAGE, accounts // 50 - 1)
    after = ours.place_of_page(number)

    def both(product: Mapping[str, str], other: Mapping[str, str]) -> dict[str, Call]:
        return {
            OURS: ours.page(**product),
            COUNTED: django.page(name, **other),
            UNCOUNTED: django.page(name, site="uncounted", **other),
        }

    return {
        "First page": both({}, {}),
        "Status Default": both({"status": "default"}, {"status__exact": "default"}),
        "Sorted by balance": both({"sort": "-balance_cents"}, {"o": "-5"}),
        "Search: first and last name": both({"q": NAME}, {"q": NAME}),
        "Search: last name": both({"q": LAST_NAME}, {"q": LAST_NAME}),
        "Search: phone number": both({"q": PHONE}, {"q": PHONE}),
        f"Page {PAGE:,} (or the last)": both({"after": after, "at": str((number - 1) * 50 + 1)}, {"p": str(number)}),
    }


def measure(settings: Settings, sizes: Sequence[int], told: Callable[[str], None], runs: int = 21) -> dict[str, Any]:
    """Measure all questions at all sizes.

    Returns {machine, sizes, pages: [{question, accounts, contender, ms, best_ms, web_cpu_ms, runs,
    rows}], summary_ms: {accounts: ms}}.
    """
    from wsgi import create_app

    apps = {accounts: books.ensured(settings, accounts, told, create_app) for accounts in sizes}
    # A line of log per request would drown the progress; Django writes none either.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    products = {accounts: ProductList(app) for accounts, app in apps.items()}
    django = DjangoLists({str(accounts): app.config["SQLALCHEMY_DATABASE_URI"] for accounts, app in apps.items()})
    asked = {accounts: questions(products[accounts], django, str(accounts), accounts) for accounts in sizes}
    measured: list[dict[str, Any]] = []
    for question in asked[sizes[0]]:
        calls = {(accounts, who): call for accounts in sizes for who, call in asked[accounts][question].items()}
        shown = {key: rows_on(call()) for key, call in calls.items()}
        named = {f"{accounts} {who}": call for (accounts, who), call in calls.items()}
        samples = in_turn(named, runs=runs)
        for accounts, who in calls:
            sample = samples[f"{accounts} {who}"]
            measured.append(_row(question, accounts, who, sample, shown[accounts, who]))
        told(f"{question}: " + ", ".join(f"{name} {sample.median:.1f} ms" for name, sample in samples.items()))
    summaries = {f"{accounts}": _summary(product) for accounts, product in products.items()}
    around = {accounts: round(sample.median, 2) for accounts, sample in in_turn(summaries, runs=runs).items()}
    with apps[sizes[0]].app_context():
        where = machine.described(db.session())
    for app in apps.values():
        books.close(app)
    return {"machine": where, "sizes": list(sizes), "pages": measured, "summary_ms": around}


def _summary(product: ProductList) -> Call:
    return product.page("summary.json")


def _row(question: str, accounts: int, who: str, sample: Sample, rows: int) -> dict[str, Any]:
    return {
        "question": question,
        "accounts": accounts,
        "contender": who,
        "ms": round(sample.median, 2),
        "best_ms": round(sample.best, 2),
        "web_cpu_ms": round(sample.computed, 2),
        "runs": sample.runs,
        "rows": rows,
    }


def rows_on(page: str) -> int:
    """How many rows a page shows, ours or Django's: each has one checkbox per row."""
    return len(re.findall(r'<input type="checkbox"[^>]*(?:data-tick[ >]|name="_selected_action")', page))


def markdown(result: Mapping[str, Any]) -> str:
    """The result as two tables: time per page, and for how much of it the web process itself computed."""
    whole = _table(result, "ms", "Page of 50 accounts, ms")
    computed = _table(result, "web_cpu_ms", "Of it computing in the web process, ms")
    summaries = ", ".join(f"{tables.size(int(accounts))} {tables.figure(ms)} ms" for accounts, ms in result["summary_ms"].items())
    return f"{whole}\n\n{computed}\n\nTab counts and sums, asked for once the page stands: {summaries}."


def _table(result: Mapping[str, Any], measure: str, title: str) -> str:
    """One measure of all pages: ours beside Django's at each size, and how ours grows."""
    sizes: list[int] = result["sizes"]
    found = {(row["question"], row["accounts"], row["contender"]): row[measure] for row in result["pages"]}
    head = [title]
    for accounts in sizes:
        head += [f"{tables.size(accounts)}: {who}" for who in (OURS, COUNTED, UNCOUNTED)] + ["ours / Django"]
    head.append(f"ours {tables.size(sizes[-1])} / {tables.size(sizes[0])}")
    rows = []
    for question in dict.fromkeys(row["question"] for row in result["pages"]):
        cells = [question]
        for accounts in sizes:
            ms = [found[question, accounts, who] for who in (OURS, COUNTED, UNCOUNTED)]
            cells += [*map(tables.figure, ms), tables.times(ms[0], ms[1])]
        cells.append(tables.times(found[question, sizes[-1], OURS], found[question, sizes[0], OURS]))
        rows.append(cells)
    return tables.table(head, rows)
