"""What an attacker, a broken client or a tired clerk may send: refused in words, never a 5xx.

Each door has its own named list. A refusal is application/problem+json and repeats nothing of what
was sent; the word XYZZY stands in most inputs, and in no answer.
"""

import io
import json
import re
from typing import Any, cast

import pytest

from engage import logs
from engage.api.app import SIMULATOR
from tests.api.conftest import House
from tests.policy.source import ROOT

ROSA = '"external_id":"A-1","given_name":"Rosa","family_name":"Delgado","language":"en"'
V7 = "0193a000-0000-7000-8000-000000000001"

BODIES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "not JSON": (b"XYZZY", 400),
    "half of it": (b'{"external_id": "A-1"', 400),
    "two documents": (b"{}{}", 400),
    "a list": (b"[]", 400),
    "null": (b"null", 400),
    "a number": (b"1e999", 400),
    "not a number": (b'{"external_id": NaN}', 400),
    "a digit bomb": (b'{"external_id": ' + b"9" * 5000 + b"}", 400),
    "invalid UTF-8": (b'{"external_id": "XYZZY\xff"}', 400),
    "UTF-16": ('{"external_id": "XYZZY"}'.encode("utf-16"), 400),
    "a byte order mark": (b"\xef\xbb\xbf{}", 400),
    "a NUL": (b'{"external_id": "XYZZY\\u0000"}', 400),
    "a NUL in a name": (b'{"XYZZY\\u0000": 1}', 400),
    "a lone surrogate": (b'{"external_id": "XYZZY\\ud800"}', 400),
    "a deep list": (b"[" * 200_000, 413),
    "a deeper list than allowed": (b"[" * 60_000, 400),
    "deep objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400),
    "too large": (b'{"external_id": "' + b"x" * 70_000 + b'"}', 413),
    "a field twice": (b'{"external_id": "A", "external_id": "B"}', 400),
    "an unknown field": (("{" + ROSA + ',"XYZZY": true}').encode(), 400),
    "a missing field": (b'{"external_id": "A-1"}', 400),
    "a number for a name": (b'{"external_id": 5}', 400),
    "a name for an object": (b'{"external_id": {"XYZZY": 1}}', 400),
    "an empty name": (("{" + ROSA.replace("Rosa", "") + "}").encode(), 400),
    "a blank name": (("{" + ROSA.replace("Rosa", "   ") + "}").encode(), 422),
    "control characters": (("{" + ROSA.replace("Rosa", "XYZZY\\u0007") + "}").encode(), 422),
    "a long name": (("{" + ROSA.replace("Rosa", "X" * 81) + "}").encode(), 400),
    "an unknown language": (("{" + ROSA.replace('"en"', '"XYZZY"') + "}").encode(), 400),
    "a moment for a date": (
        ("{" + ROSA + ',"birth_date":"1958-04-17T00:00:00"}').encode(),
        400,
    ),
    "a date that is none": (("{" + ROSA + ',"birth_date":"1958-02-30"}').encode(), 400),
    "a date to come": (("{" + ROSA + ',"birth_date":"2958-02-20"}').encode(), 422),
    "a year zero": (("{" + ROSA + ',"birth_date":"0000-02-20"}').encode(), 400),
    "a zone that is none": (("{" + ROSA + ',"time_zone":"XYZZY/Land"}').encode(), 422),
    "a path for a zone": (("{" + ROSA + ',"time_zone":"../../etc/passwd"}').encode(), 422),
    "a word for a phone": (("{" + ROSA + ',"phone":"XYZZY"}').encode(), 422),
    "an emergency number": (("{" + ROSA + ',"phone":"911"}').encode(), 422),
    "a foreign phone": (("{" + ROSA + ',"phone":"+442079460958"}').encode(), 422),
    "a phone with an extension": (
        ("{" + ROSA + ',"phone":"602-555-0142 x22"}').encode(),
        422,
    ),
    "an id of version 4": (
        ("{" + ROSA + ',"id":"6fa459ea-ee8a-4ca4-894e-db77e160355e"}').encode(),
        400,
    ),
    "an id from another year": (("{" + ROSA + f',"id":"{V7}"}}').encode(), 400),
    "an id from the future": (
        ("{" + ROSA + ',"id":"ffffffff-ffff-7fff-bfff-ffffffffffff"}').encode(),
        400,
    ),
    "the empty id": (
        ("{" + ROSA + ',"id":"00000000-0000-0000-0000-000000000000"}').encode(),
        400,
    ),
    "an id that is none": (("{" + ROSA + ',"id":"XYZZY"}').encode(), 400),
    "a stranger's practice": (("{" + ROSA + f',"practice_id":"{V7}"}}').encode(), 404),
    "a stranger as care manager": (
        ("{" + ROSA + f',"care_manager_id":"{V7}"}}').encode(),
        422,
    ),
}

CONTENT_TYPES: dict[str, dict[str, str]] = {
    "text": {"Content-Type": "text/plain"},
    "none": {},
    "a form": {"Content-Type": "application/x-www-form-urlencoded"},
    "a multipart form": {"Content-Type": "multipart/form-data; boundary=x"},
    "problem JSON": {"Content-Type": "application/problem+json"},
    "msgpack": {"Content-Type": "application/vnd.msgpack"},
    "another charset": {"Content-Type": "application/json; charset=utf-16"},
    "a look-alike": {"Content-Type": "application/jsonp"},
}

QUERIES: dict[str, tuple[str, int]] = {
    "limit zero": ("/v1/queue?limit=0", 400),
    "limit above": ("/v1/queue?limit=101", 400),
    "limit below": ("/v1/queue?limit=-1", 400),
    "limit in words": ("/v1/queue?limit=XYZZY", 400),
    "limit in digits without end": ("/v1/queue?limit=" + "9" * 400, 400),
    "an unknown view": ("/v1/queue?view=XYZZY", 400),
    "an unknown severity": ("/v1/queue?severity=XYZZY", 400),
    "an owner that is no id": ("/v1/queue?owner=XYZZY", 400),
    "a misspelt filter": ("/v1/queue?severty=crisis", 400),
    "a filter twice": ("/v1/queue?view=mine&view=all", 400),
    "a cursor of garbage": ("/v1/queue?cursor=XYZZY", 400),
    "a cursor of another list": ("/v1/queue?cursor=WyJhIl0", 400),
    "a cursor with NUL": ("/v1/queue?cursor=%00", 400),
    "a cursor of odd bytes": ("/v1/queue?cursor=%ff%fe", 400),
    "a huge cursor": ("/v1/queue?cursor=" + "A" * 5000, 400),
    "a cursor to nowhere": (
        "/v1/patients?cursor=WyIwMTkzYTAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDEiXQ",
        400,
    ),
    "a search with NUL": ("/v1/patients?query=XYZZY%00", 400),
    "a search with odd bytes": ("/v1/patients?query=XYZZY%ff", 200),
    "a search with wildcards": ("/v1/patients?query=%25_%5C", 200),
    "a search in SQL": ("/v1/patients?query=';drop+table+patient--", 200),
    "a long search": ("/v1/patients?query=" + "X" * 201, 400),
    "an id that is none": ("/v1/patients/XYZZY", 404),
    "an id of another version": ("/v1/patients/6fa459ea-ee8a-4ca4-894e-db77e160355e", 404),
    "an id with NUL": ("/v1/patients/%00", 404),
    "a path upwards": ("/v1/patients/../../etc/passwd", 404),
    "a path of odd bytes": ("/v1/patients/%ff", 404),
    "an address that is none": ("/v1/XYZZY", 404),
    "an event id of garbage": ("/v1/events?last=XYZZY", 400),
}


def _refusal(answer: Any, status: int) -> None:  # noqa: ANN401 - httpx's response
    assert answer.status_code == status, answer.text
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["status"] == status
        assert problem["type"] == f"/problems/{problem['code']}"
        assert problem["detail"]
    assert "XYZZY" not in answer.text
    assert "xyzzy" not in answer.text


async def test_bodies(house: House) -> None:
    """No body, however broken, is a 5xx, and none leaves a patient behind."""
    headers = house.north.dana.headers | {"Content-Type": "application/json"}
    for name, (body, status) in BODIES.items():
        answer = await house.client.post("/v1/patients", content=body, headers=headers)
        assert answer.status_code == status, f"{name}: {answer.text}"
        _refusal(answer, status)

    left = await house.client.get("/v1/patients", headers=house.north.dana.headers)
    assert left.json()["items"] == []


WRITES = {
    operation["operationId"]: (method, path)
    for path, methods in json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))[
        "paths"
    ].items()
    for method, operation in methods.items()
    if method != "get" and not path.startswith(("/webhooks/", "/v1/family/"))
}
"""Every operation that changes something and takes JSON or nothing, as the description has it.

But for those of families, whom no member of staff is."""

NO_BODY = {
    *("undoAction", "claimQueueItem", "releaseQueueItem", "signOut", "acknowledgeQueueItem"),
    *("deleteRestriction", "acknowledgeOpening"),
    "removeDocument",
    *("endGrant", "deleteGrant", "makeCalendar", "revokeCalendar", "unmergeQueueItem"),
    *("prepareMyPasskey", "removeMyPasskey", "askForProof", "askForProofCode"),
    *("logOut", "endSignIn", "leaveWaiting", "deletePushSubscription"),
}
"""They ask for no body: an empty one will do, and then the request gets further."""


async def test_broken_bodies_at_every_door(house: House) -> None:
    """No operation takes a body that is broken, nor one that it would not read."""
    said_of_all = {"Content-Type": "application/json", "If-Match": '"1"'}
    # From there on the list is about the fields of a patient.
    names = list(BODIES)[: list(BODIES).index("a missing field")]
    for operation, (method, path) in WRITES.items():
        address = re.sub(r"\{.*?\}", V7, path)
        headers = house.north.dana.headers | said_of_all
        may = await house.client.request(method, address, content=b"XYZZY", headers=headers)
        if may.status_code == 403:
            headers = house.north.admin.headers | said_of_all
        for name in names:
            if name == "nothing" and operation in NO_BODY:
                continue
            answer = await house.client.request(
                method, address, content=BODIES[name][0], headers=headers
            )
            said = f"{operation}, {name}: {answer.status_code} {answer.text}"
            assert answer.status_code in (400, 413), said
            _refusal(answer, answer.status_code)


@pytest.mark.parametrize("operation", sorted(NO_BODY & WRITES.keys()))
async def test_a_route_without_a_body_is_sent_none(house: House, operation: str) -> None:
    """An empty body or object gets through to the question what is meant; a form does not."""
    method, path = WRITES[operation]
    address = re.sub(r"\{.*?\}", V7, path)
    directs = operation in {"deleteRestriction", "acknowledgeOpening"}
    who = house.north.admin if directs else house.north.dana
    mine = who.headers | {"If-Match": '"1"'}
    form = mine | {"Content-Type": "application/x-www-form-urlencoded"}
    json_of = mine | {"Content-Type": "application/json"}

    refused = await house.client.request(method, address, content=b"x=1", headers=form)
    _refusal(refused, 415)
    for body in (b"", b"{}", b" {} "):
        answer = await house.client.request(method, address, content=body, headers=json_of)
        assert answer.status_code in (200, 204, 401, 403, 404), answer.text


async def test_content_types(house: House) -> None:
    """A body that does not say it is JSON is not read: a page elsewhere can't post to us."""
    body = ("{" + ROSA + "}").encode()
    for name, content_type in CONTENT_TYPES.items():
        headers = house.north.dana.headers | content_type
        answer = await house.client.post("/v1/patients", content=body, headers=headers)
        assert answer.status_code == 415, f"{name}: {answer.text}"
        _refusal(answer, 415)


async def test_queries(house: House) -> None:
    """No path or parameter, however odd, is a 5xx."""
    for name, (path, status) in QUERIES.items():
        answer = await house.client.get(path, headers=house.north.dana.headers)
        assert answer.status_code == status, f"{name}: {answer.text}"
        _refusal(answer, status)


async def test_every_wrong_parameter_is_said(house: House) -> None:
    """All parameters that do not fit are reported at once, by name."""
    answer = await house.client.get(
        "/v1/queue?limit=0&view=XYZZY&owner=1", headers=house.north.dana.headers
    )

    _refusal(answer, 400)
    assert {one["pointer"] for one in answer.json()["errors"]} == {"/limit", "/view", "/owner"}
    assert {one["source"] for one in answer.json()["errors"]} == {"query"}


async def test_every_wrong_field_is_said(house: House) -> None:
    """All fields of a patient that do not fit are reported at once, by JSON pointer."""
    body = {
        "external_id": "A-1",
        "given_name": " ",
        "family_name": "Delgado",
        "language": "en",
        "phone": "XYZZY",
        "time_zone": "XYZZY",
    }
    answer = await house.client.post("/v1/patients", json=body, headers=house.north.dana.headers)

    _refusal(answer, 422)
    pointers = {one["pointer"] for one in answer.json()["errors"]}
    assert pointers == {"/given_name", "/phone", "/time_zone"}


async def test_a_pointer_into_the_body(house: House) -> None:
    """What msgspec refuses is said by JSON pointer, and the value is not repeated."""
    patient = await house.patient()
    screening = await house.screening(patient, "staff")
    answer = await house.client.post(
        f"/v1/screenings/{screening}/answers",
        json={"answers": {"hvs.worried": {"type": "XYZZY"}}},
        headers=house.north.dana.headers,
    )

    _refusal(answer, 400)
    assert answer.json()["errors"][0]["pointer"].startswith("/answers")
    assert answer.json()["errors"][0]["code"] == "not-a-choice"


async def test_a_day_that_is_none_is_called_a_date(house: House) -> None:
    """What is wrong with a date is said of a date, not of a moment."""
    body = ("{" + ROSA + ',"birth_date":"1990-02-30"}').encode()
    headers = house.north.dana.headers | {"Content-Type": "application/json"}
    answer = await house.client.post("/v1/patients", content=body, headers=headers)

    _refusal(answer, 400)
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/birth_date", "not-a-date")
    assert "zone" not in fault["detail"]


HALVES: dict[str, dict[str, str]] = {
    "/webhooks/twilio/inbound": {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": "XYZZY",
    },
    "/simulator/inbound": {"Content-Type": "application/json"},
    "/v1/session": {"Content-Type": "application/json"},
}


@pytest.mark.parametrize("path", HALVES)
async def test_half_a_request_is_the_clients(house: House, path: str) -> None:
    """A client that leaves in the middle of a body, or bends its chunks, is no failure of ours."""
    written = io.StringIO()
    logs.configure("INFO", stream=written)
    sent: list[Any] = []
    arriving: list[Any] = [
        {"type": "http.request", "body": b"To=", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Any:  # noqa: ANN401 - an ASGI message
        return arriving.pop(0)

    async def send(message: Any) -> None:  # noqa: ANN401
        sent.append(message)

    headers = {"Host": "127.0.0.1:8000"} | HALVES[path]
    scope = {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }
    await cast("Any", house.app)(scope, receive, send)

    assert sent[0]["status"] == 400
    assert json.loads(sent[1]["body"])["code"] == "cut-short"
    assert written.getvalue() == ""


DEMO_DOORS = {str(route.operation_id): route for route in SIMULATOR}


@pytest.mark.parametrize("name", DEMO_DOORS)
@pytest.mark.parametrize("host", ["attacker.example", "127.0.0.1.attacker.example", "a:b"])
async def test_no_demo_door_answers_to_another_name(house: House, name: str, host: str) -> None:
    """A page whose name was bent to this machine can neither text, nor read, nor sign in."""
    route = DEMO_DOORS[name]
    (path,) = route.paths
    for method in route.http_methods:
        answer = await house.client.request(
            method, path, params={"to": "1", "number": "1"}, json={}, headers={"Host": host}
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "cross-site")


ODD_NAMES = (
    "<script>",
    "\u0141ukasz \u674e",
    "=1+1",
    "Ros\u0430",
    "\u202easoR",
    "O'Brien; --",
)


async def test_words_of_any_kind_are_kept(house: House) -> None:
    """Markup, other scripts, look-alikes and bidi marks are names like any other, and come back."""
    for number, name in enumerate(ODD_NAMES):
        body = {
            "external_id": f"X-{number}",
            "given_name": name,
            "family_name": "Delgado",
            "language": "es",
        }
        made = await house.client.post("/v1/patients", json=body, headers=house.north.dana.headers)
        if made.status_code == 201:
            assert made.json()["given_name"] == name
            assert made.headers["x-content-type-options"] == "nosniff"
        else:
            _refusal(made, 422)


METHODS: dict[str, tuple[str, str, int]] = {
    "delete a patient": ("DELETE", "/v1/patients/" + V7, 405),
    "put the queue": ("PUT", "/v1/queue", 405),
    "trace": ("TRACE", "/v1/me", 405),
    "a method of nobody": ("XYZZY", "/v1/me", 405),
    "get a webhook": ("GET", "/webhooks/twilio/inbound", 405),
}


async def test_methods(house: House) -> None:
    """A method that an address does not take is a 405 that lists those it takes."""
    for name, (method, path, status) in METHODS.items():
        answer = await house.client.request(method, path, headers=house.north.dana.headers)
        assert answer.status_code == status, f"{name}: {answer.text}"
        assert "Allow" in answer.headers
        _refusal(answer, status)


async def test_head_and_options(house: House) -> None:
    """HEAD is GET without a body; OPTIONS lists the methods and asks for no token."""
    head = await house.client.head("/v1/me", headers=house.north.dana.headers)
    options = await house.client.options("/v1/patients")

    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 0
    # The server's own scope stays HEAD: it counts the body by it, and link previews ask so.
    scope: dict[str, Any] = {"type": "http", "method": "HEAD", "path": "/health/live"}
    scope |= {"headers": [], "query_string": b"", "raw_path": b"/health/live", "scheme": "http"}
    scope |= {"server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1), "root_path": ""}
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    transport = cast("Any", house.client)._transport  # noqa: SLF001 - the app behind the client
    await transport.app(scope, receive, send)
    assert (scope["method"], sent[0]["status"], sent[-1].get("body", b"")) == ("HEAD", 200, b"")
    assert options.status_code == 204
    assert {"GET", "POST", "OPTIONS"} <= set(options.headers["allow"].split(", "))
