"""Every request that the walk makes: rule, method, and the rows that its parameters name."""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from werkzeug.routing import AnyConverter, Rule
from werkzeug.test import TestResponse

from admin_views.gate import PUBLIC, Demand, demand_of
from tests.permissions import examples
from tests.permissions.world import REACHES, World

ASKING = ("GET", "POST", "PUT", "PATCH", "DELETE")
Words = Mapping[str, str]


@dataclass(frozen=True)
class Route:
    """One rule of the application with one method."""

    rule: Rule
    method: str
    demand: Demand
    screen: Any
    tables: Words
    """Parameter of the path → table."""
    query: Words
    """Parameter of the query → table."""
    words: Words
    """Parameter of the path that names no row → one of its values."""

    @property
    def name(self) -> str:
        """The screen's own name for it."""
        return str(self.rule.endpoint).rpartition(".")[2]

    @property
    def takes_rows(self) -> bool:
        """Whether it is about particular rows."""
        return bool(self.tables or self.query)

    def __str__(self) -> str:
        return f"{self.method} {self.rule.rule} {dict(self.words) or ''}"


@dataclass(frozen=True)
class Try:
    """One request: which rows it names, and whose."""

    route: Route
    address: str
    foreign: Mapping[str, str] = field(default_factory=dict)
    """Parameter → whose hidden row it names; empty when all are to be seen."""

    def __str__(self) -> str:
        return f"{self.route.method} {self.address} {dict(self.foreign) or ''}"


def routes(app: Flask) -> list[Route]:
    """All that is not public. Fails for what nobody has said how to try."""
    found: list[Route] = []
    unknown: list[str] = []
    for rule in app.url_map.iter_rules():
        demand = demand_of(app, rule.endpoint)
        if rule.endpoint in PUBLIC or demand is None:
            continue
        blueprint, _, name = rule.endpoint.rpartition(".")
        screen = next(view for view in app.extensions["admin"][0]._views if view.endpoint == blueprint)
        tables, choices = {}, {}
        for parameter in rule.arguments:
            table = examples.PARAMETERS.get(f"{rule.endpoint}:{parameter}") or examples.PARAMETERS.get(parameter)
            converter = rule._converters[parameter]
            if table:
                tables[parameter] = table
            elif isinstance(converter, AnyConverter):
                choices[parameter] = sorted(converter.items)
            elif parameter == "action_key":
                choices[parameter] = [action.key for action in screen.actions] or ["none"]
            else:
                unknown.append(f"{rule.rule}: say in PARAMETERS which table {parameter!r} names.")
        query = dict(examples.QUERY.get(rule.endpoint, {}))
        if name in examples.GENERATED_QUERY and hasattr(screen, "model"):
            query[examples.GENERATED_QUERY[name]] = screen.model.__tablename__
        if not (rule.arguments or query or name in examples.GENERATED or rule.endpoint in examples.WITHOUT_ROWS):
            unknown.append(f"{rule.rule}: put {rule.endpoint!r} into WITHOUT_ROWS, or into QUERY if it takes a row from there.")
        unknown += [
            f"{rule.rule}: say in tests/permissions/world.py how far people see into {table!r}, and make its rows."
            for table in {*tables.values(), *query.values()} - REACHES.keys()
        ]
        for picked in itertools.product(*choices.values()):
            words = dict(zip(choices, picked, strict=True))
            methods = [method for method in ASKING if method in (rule.methods or ())]
            found += [Route(rule, method, demand, screen, tables, query, words) for method in methods]
    if unknown:
        pytest.fail(
            "The walk does not know how to try these (tests/permissions/examples.py):\n" + "\n".join(sorted(set(unknown)))
        )
    return found


def tries(app: Flask, route: Route, world: World, person: str) -> Iterator[Try]:
    """The request with rows that the person may see, then with each kind of row that they may not."""
    named = {**route.tables, **route.query}
    seen = {parameter: world.seen(table, person) for parameter, table in named.items()}
    yield Try(route, _address(app, route, seen))
    hidden = {parameter: world.hidden(table, person) for parameter, table in named.items()}
    owners = sorted({whose for rows in hidden.values() for whose in rows})
    tried: set[str] = set()
    for whose in owners:
        foreign = [parameter for parameter, rows in hidden.items() if whose in rows]
        for chosen in [foreign, *([one] for one in foreign)]:
            rows = seen | {parameter: hidden[parameter][whose] for parameter in chosen}
            address = _address(app, route, rows)
            if address not in tried:
                tried.add(address)
                yield Try(route, address, dict.fromkeys(chosen, whose))


def _address(app: Flask, route: Route, rows: Words) -> str:
    path = {name: value for name, value in rows.items() if name in route.tables}
    query = {name: value for name, value in rows.items() if name in route.query}
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        built = adapter.build(route.rule.endpoint, {**path, **route.words}, method=route.method)
    return built + (f"?{urlencode(query)}" if query else "")


def text_of(answer: TestResponse) -> str:
    """Everything that an answer says, also inside a workbook."""
    body = answer.get_data()
    if body[:2] != b"PK":
        return body.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        return " ".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
