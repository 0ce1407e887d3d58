"""The description of the API says what the API does, and changes only on purpose."""

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
import schemathesis

from engage.api.app import description
from tests.api.conftest import House
from tests.policy.source import ROOT

PINNED = ROOT / "docs" / "openapi.json"
SIGN_IN = {
    "signIn",
    *("presentPassword", "presentSecondFactor", "acceptInvitation"),
    *("askForCode", "verifyCode", "refreshTokens"),
}
"""What opens the door stands before it."""


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    """Draw the description from the routes."""
    return json.loads(description())


def _operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_description_changes_on_purpose(described: dict[str, Any]) -> None:
    """docs/openapi.json is what clients build on; a difference is a decision, not an accident."""
    assert described == json.loads(PINNED.read_text("utf-8")), (
        "The API changed. If that is meant: python -m engage.api > docs/openapi.json"
    )


def test_it_is_valid_openapi(described: dict[str, Any]) -> None:
    """It is OpenAPI 3.1, and every operation of it can be read by a tool."""
    assert described["openapi"].startswith("3.1")
    for found in schemathesis.openapi.from_dict(described).get_all_operations():
        cast("Any", found).ok().as_strategy()


def test_operation_ids_are_unique(described: dict[str, Any]) -> None:
    """Generated clients name their functions after them."""
    ids = [operation["operationId"] for _, _, operation in _operations(described)]

    assert len(ids) == len(set(ids))


def test_what_comes_in_is_closed(described: dict[str, Any]) -> None:
    """Every object that a body may hold says that unknown fields are refused."""
    schemas = described["components"]["schemas"]

    def closed(part: Any) -> Iterator[str]:  # noqa: ANN401 - any part of a JSON document
        if isinstance(part, dict):
            if "$ref" in part:
                name = part["$ref"].rpartition("/")[2]
                assert schemas[name]["additionalProperties"] is False, name
                yield name
                yield from closed(schemas[name]["properties"])
            for one in part.values():
                yield from closed(one)
        elif isinstance(part, list):
            for one in part:
                yield from closed(one)

    names: set[str] = set()
    for _, _, operation in _operations(described):
        names |= set(closed(operation.get("requestBody", {}).get("content", {})))
    assert {"NewPatientIn", "ChosenAnswer", "CompletionIn"} <= names


def test_tagged_unions_have_a_discriminator(described: dict[str, Any]) -> None:
    """A client can tell the members of a union apart by one field."""
    items = described["components"]["schemas"]["Timeline"]["properties"]["items"]["items"]

    assert items["discriminator"]["propertyName"] == "type"
    assert set(items["discriminator"]["mapping"]) == {
        "message",
        "screening",
        "item",
        "consent",
        "correction",
        "appointment",
        "ride",
        "call",
        "need",
        "check-in",
    }


def test_bounds_are_whole_numbers(described: dict[str, Any]) -> None:
    """A limit of 1 is 1, not 1.0."""
    limit = next(
        one
        for one in described["paths"]["/v1/queue"]["get"]["parameters"]
        if one["name"] == "limit"
    )

    assert isinstance(limit["schema"]["minimum"], int)
    assert isinstance(limit["schema"]["maximum"], int)


def test_who_may_enter_is_said(described: dict[str, Any]) -> None:
    """Every operation under /v1 asks for a token and says what happens without.

    But signing in, and the address of a calendar, which is a secret itself.
    """
    for path, method, operation in _operations(described):
        opens = {*SIGN_IN, "readCalendar"}
        within = path.startswith("/v1/") and not path.startswith("/v1/auth/")
        if within and operation["operationId"] not in opens:
            assert {"bearer": []} in operation["security"], (path, method)
            assert {"401", "403"} <= operation["responses"].keys(), (path, method)


def test_posts_take_a_key_and_changes_a_version(described: dict[str, Any]) -> None:
    """Idempotency-Key stands on every POST under /v1, If-Match where a version can be old."""
    for path, method, operation in _operations(described):
        named = {one["name"] for one in operation.get("parameters", ())}
        signs_in = operation["operationId"] in SIGN_IN or path.startswith(
            ("/v1/auth/", "/v1/me/passkeys")
        )
        if path.startswith("/v1/") and method == "post" and not signs_in:
            assert "Idempotency-Key" in named, path
        if "If-Match" in named:
            assert "412" in operation["responses"], path


async def test_it_is_served_to_anybody(house: House, described: dict[str, Any]) -> None:
    """The description needs no token, and no other page describes the API."""
    answer = await house.client.get("/openapi.json")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json() == described
    for path in ("/schema", "/schema/swagger", "/schema/openapi.json", "/docs"):
        assert (await house.client.get(path)).status_code == 404, path


async def test_every_route_is_marked(house: House) -> None:
    """No route of the running app, described or not, forgot to say whom it is open to."""
    for route in house.app.routes:
        for one in route.route_handlers:  # type: ignore[union-attr] # HTTP routes only
            if "OPTIONS" not in one.http_methods:
                kinds = {"engage_action", "engage_public", "engage_own", "engage_family"}
                marks = kinds & one.opt.keys()
                assert len(marks) == 1, route.path
