"""Square's published contract, held against everything that goes over the wire in these tests.

The document lies beside the repository; where it is missing, the tests run without this extra pair of eyes.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator

DOCUMENT = Path(__file__).resolve().parents[3] / "shared" / "square" / "openapi.json"

# In the real API and the SDK, but not in the published document.
UNPUBLISHED = re.compile(r"/v2/events(/(enable|disable|types))?|/v2/online-checkout/payment-links(/[^/]+)?")


@cache
def _document() -> dict[str, Any] | None:
    return json.loads(DOCUMENT.read_text()) if DOCUMENT.exists() else None


def _as_json_schema(node: Any, *, is_closed: bool) -> Any:
    """OpenAPI 3.0 in JSON Schema's words: `nullable` becomes a type, and (closed) an object has no fields but its own."""
    if isinstance(node, list):
        return [_as_json_schema(item, is_closed=is_closed) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        reference = {"$ref": node["$ref"]}
        return {"anyOf": [reference, {"type": "null"}]} if node.get("nullable") else reference
    words = {
        name: value
        for name, value in node.items()
        if name in ("type", "enum", "minLength", "maxLength", "minimum", "maximum", "maxItems", "required")
    }
    if "items" in node:
        words["items"] = _as_json_schema(node["items"], is_closed=is_closed)
    if "properties" in node:
        words["properties"] = {name: _as_json_schema(value, is_closed=is_closed) for name, value in node["properties"].items()}
        if is_closed:
            words["additionalProperties"] = False
    if node.get("nullable"):
        words["type"] = [words["type"], "null"]
    return words


@cache
def _validator(reference: str, *, is_closed: bool) -> Draft202012Validator:
    document = _document()
    assert document is not None
    schemas = {name: _as_json_schema(schema, is_closed=is_closed) for name, schema in document["components"]["schemas"].items()}
    return Draft202012Validator({"$ref": reference, "components": {"schemas": schemas}})


@cache
def _operations() -> list[tuple[str, re.Pattern[str], dict[str, Any]]]:
    document = _document()
    assert document is not None
    found = [
        (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if isinstance(operation, dict)
    ]
    # `/v2/payments/cancel` before `/v2/payments/{payment_id}`.
    return sorted(found, key=lambda operation: operation[1].pattern.count("[^/]+"))


def _operation(request: httpx.Request) -> dict[str, Any] | None:
    path = httpx.URL(request.url).path
    for method, pattern, operation in _operations():
        if method == request.method and pattern.fullmatch(path):
            return operation
    assert UNPUBLISHED.fullmatch(path), f"{request.method} {path} is not in Square's contract"
    return None


def _reference(part: dict[str, Any]) -> str:
    reference: str = part["content"]["application/json"]["schema"]["$ref"]
    return reference


def check_answer(response: httpx.Response) -> None:
    """Hold an answer, and the request when it was accepted, against the contract."""
    if _document() is None or (operation := _operation(response.request)) is None:
        return
    response.read()
    _validator(_reference(operation["responses"]["200"]), is_closed=True).validate(response.json())
    if response.is_success and "requestBody" in operation:
        body = json.loads(response.request.content or b"{}")
        _validator(_reference(operation["requestBody"]), is_closed=False).validate(body)


def check_schema(name: str, document: Any) -> None:
    """Hold anything against one of the contract's schemas, for example the body of a notification."""
    if _document() is not None:
        _validator(f"#/components/schemas/{name}", is_closed=False).validate(document)
