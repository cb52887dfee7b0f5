"""Small pages with every part on them, served on loopback under the product's own content policy, and a browser on them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import plotly
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, Response, jsonify, redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from playwright.sync_api import Browser, BrowserContext, expect
from playwright.sync_api import Page as BrowserPage
from werkzeug.serving import make_server
from wtforms import HiddenField, PasswordField, StringField, TextAreaField
from wtforms.validators import DataRequired

from admin_views.security import POLICY

FIGURE = '{"data": [{"type": "bar", "x": ["Thu", "Fri"], "y": [3, 5], "marker": {"color": "var(--ld-c1)"}}], "layout": {}}'
NAMES = ("Jordan Ellison", "Maria Alvarez", "Deshawn Whitaker", "Robert Nguyen")


class PaymentForm(FlaskForm):  # type: ignore[misc]
    """What a side sheet shows."""

    customer = StringField("Customer", [DataRequired("Give a name.")])
    amount = StringField("Amount")
    note = TextAreaField("Note")


class DoorForm(FlaskForm):  # type: ignore[misc]
    """What the sign-in page shows."""

    username = StringField("Username", [DataRequired()])
    pin = PasswordField("PIN", [DataRequired()], description="6 digits or more.")
    next = HiddenField()


@dataclass
class Desk:
    """A browser on the small pages, and what those pages were sent."""

    browser: Browser
    address: str = ""
    posted: dict[str, list[str]] = field(default_factory=dict)
    stays: int = 0
    turns: int = 0
    may_answer_late: threading.Event = field(default_factory=threading.Event)
    has_answered_late: threading.Event = field(default_factory=threading.Event)
    complaints: list[str] = field(default_factory=list)
    context: BrowserContext | None = None

    def open(self, path: str, *, width: int = 1440, theme: str = "light") -> BrowserPage:
        """Open a page; the first time in a new profile."""
        if self.context is None:
            scheme: Any = theme
            size: Any = {"width": width, "height": 900}
            self.context = self.browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")
            page = self.context.new_page()
            page.on("pageerror", lambda error: self.complaints.append(str(error)))
            page.on("console", lambda said: self.complaints.append(said.text) if "Content Security Policy" in said.text else None)
        page = self.context.pages[0]
        page.goto(self.address + path)
        return page

    def faults(self, page: BrowserPage) -> list[tuple[str, str]]:
        """What axe finds: (rule, element)."""
        expect(page.locator(".chart[data-state='waiting']")).to_have_count(0)
        found = Axe().run(page).response["violations"]
        return [(fault["id"], node["html"][:120]) for fault in found for node in fault["nodes"]]


@contextmanager
def served(app: Flask, desk: Desk) -> Iterator[None]:
    """The small pages, answering on loopback."""
    add_pages(app, desk)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    desk.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def add_pages(app: Flask, desk: Desk) -> None:
    """The routes."""

    @app.after_request
    def _policy(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY.format(nonce="none-is-used")
        return response

    @app.get("/list")
    def _list() -> str:
        rows = [{"id": n, "name": name, "device": "iPhone 13", "balance": "$797.10"} for n, name in enumerate(NAMES, 1)]
        return render_template("list_page.html", rows=rows)

    @app.get("/job")
    def _job() -> str:
        return render_template("job_page.html")

    @app.get("/chart")
    def _chart() -> str:
        return render_template("chart_page.html", figure=FIGURE)

    @app.get("/plotly.js")
    def _plotly() -> Response:
        return send_file(Path(plotly.__path__[0]) / "package_data" / "plotly.min.js")

    @app.get("/sign-in")
    def _door() -> str:
        return render_template("staff/sign_in.html", form=DoorForm(), problem="That does not open a session.")

    @app.route("/form", methods=["GET", "POST"])
    def _form() -> ResponseReturnValue:
        form = PaymentForm()
        if request.method == "POST":
            desk.posted = request.form.to_dict(flat=False)
        if form.validate_on_submit():
            if "X-Fragment" in request.headers:
                return jsonify(toast="Payment taken", undo_url="/form")
            return redirect("/job")
        return render_template("form_page.html", form=form), 422 if request.method == "POST" else 200

    @app.post("/bulk")
    def _bulk() -> ResponseReturnValue:
        desk.posted = request.form.to_dict(flat=False)
        return redirect("/form")

    @app.post("/bulk/preview")
    def _preview() -> ResponseReturnValue:
        left_out = [{"why": "locked by hand", "count": 12}]
        return jsonify(question="Assign 4,312 accounts?", verb="Assign", count=4312, sample=list(NAMES), left_out=left_out)

    @app.get("/search")
    def _search() -> ResponseReturnValue:
        slow = request.args["q"] == "slow"
        if slow:
            desk.may_answer_late.wait(10)
            desk.has_answered_late.set()
        item = {"label": "Too late" if slow else "Jordan Ellison", "detail": "(614) 555-0148", "url": "/list", "kind": "customer"}
        return jsonify(groups=[{"title": "Customers", "items": [item]}])

    @app.get("/job.json")
    def _progress() -> ResponseReturnValue:
        desk.turns += 1
        done = min(38, desk.turns * 19)
        failed = min(7, done)
        state = "done" if done == 38 else "running"
        return jsonify(
            state=state, planned=38, done=done - failed, failed=failed, seconds_left=2, title="Retry run", result_url="/list"
        )

    @app.post("/stay")
    def _stay() -> ResponseReturnValue:
        desk.stays += 1
        return "", 204
