"""Which operations are of the kinds that ask for a fresh proof is read off the API's description.

A phone that changes, what a caregiver may, an export, who gets in with what: each such operation
bears the mark, or stands here with the reason why it needs none.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.policy.source import ROOT
from tests.policy.test_authorization_table import ASKS_FOR_PROOF, ASKS_SOMETIMES, OPEN_TO_ANYBODY

WORDS: dict[str, frozenset[str]] = {
    "a phone": frozenset({"phone", "support_phone", "number"}),
    "a grant": frozenset({"may", "verbs", "sensitive", "unsafe"}),
    "a key or a role": frozenset({"roles", "role", "attestation", "password", "secret"}),
}
"""What a change of each kind is told, by the names of its fields."""

PLACES = re.compile(
    r"/(sharing|grants|invitations|family-rule|merge|unmerge|paging|passkeys|staff|calendars?)\b"
)
"""Where such changes are made, whatever their bodies say."""

SAFE = frozenset({"get", "head"})
PLAIN = frozenset({"application/json", "text/event-stream", "application/problem+json"})

NEEDS_NONE: dict[str, str] = {
    "stepUp": "it is the proof",
    "endGrant": "it takes something back",
    "deleteGrant": "it takes something back",
    "stopSharing": "it takes everything back",
    "revokeCalendar": "it takes an address back",
    "createPatient": "nobody was known by another phone, and nothing is shared yet",
    "addCaregiver": "by being known nobody may anything: a grant asks",
    "sendPageTest": "to the phone that was proved before",
    "confirmPageTest": "a code that came to that phone",
    "addOrganization": "the phone of an organization; what goes there, people send one by one",
    "changeOrganization": "the phone of an organization; what goes there, people send one by one",
    "referNeed": "how an organization is reached: no phone is changed",
    "mergeQueueItem": "joins work, not people",
    "unmergeQueueItem": "parts work, not people",
    "putDuty": "who is on shift: a role stays as it was",
    "getCalendarFile": "one visit, which stands on the page",
    "getFamilyCalendarFile": "one visit, which stands on the page",
    "addDocument": "says how delicate a document is: who may see it stays as granted",
    "getDocumentContent": "one document, on its page; that it was read is recorded",
    "getFamilyDocument": "one document that is shared; that it was read is recorded",
}
"""What looks like one of the kinds, and why it asks for no proof."""


def _fields(schema: Any, shapes: dict[str, Any], seen: frozenset[str]) -> Iterator[str]:  # noqa: ANN401
    """Yield the name of every field within a body."""
    name = schema.get("$ref", "").rpartition("/")[2]
    if name:
        if name not in seen:
            yield from _fields(shapes[name], shapes, seen | {name})
        return
    for field, its in schema.get("properties", {}).items():
        yield field
        yield from _fields(its, shapes, seen)
    inner = [one for kind in ("anyOf", "oneOf", "allOf") for one in schema.get(kind, ())]
    items = schema.get("items")
    for one in [*inner, *([items] if isinstance(items, dict) else ())]:
        yield from _fields(one, shapes, seen)


def _kinds() -> dict[str, set[str]]:
    """Return of which kinds each operation is, as far as its description says."""
    described = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
    shapes = described["components"]["schemas"]
    found: dict[str, set[str]] = {}
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            name = operation["operationId"]
            if name in OPEN_TO_ANYBODY:
                continue
            content = operation.get("requestBody", {}).get("content", {})
            fields = set(
                _fields(content.get("application/json", {}).get("schema", {}), shapes, frozenset())
            )
            kinds = {kind for kind, words in WORDS.items() if words & fields}
            if method not in SAFE and PLACES.search(path):
                kinds.add("a place of these")
            answers = [
                kind
                for status, answer in operation["responses"].items()
                if status.startswith("2")
                for kind in answer.get("content", {})
            ]
            if set(answers) - PLAIN:
                kinds.add("an export")
            if kinds:
                found[name] = kinds
    return found


def test_each_operation_of_these_kinds_asks_or_says_why_not() -> None:
    """A phone, a grant, an export, a key, a role: marked, or here with a reason; none in both."""
    found, marked = _kinds(), {*ASKS_FOR_PROOF, *ASKS_SOMETIMES}

    assert {name: of for name, of in found.items() if name not in marked | NEEDS_NONE.keys()} == {}
    assert NEEDS_NONE.keys() - found.keys() == set()
    assert NEEDS_NONE.keys() & marked == set()


def test_the_kinds_find_what_they_must() -> None:
    """The words and places are not too narrow: each operation that is marked is found by them."""
    assert {*ASKS_FOR_PROOF, *ASKS_SOMETIMES} - _kinds().keys() == set()
