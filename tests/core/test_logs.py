"""What leaves a log line, and what never does."""

import asyncio
import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import structlog

from engage.logs import ALLOWED_KEYS, configure, keep_only_listed

SECRET = "Rosa texted that she is afraid, 312-555-0142"
PATIENT = UUID("0192f0c1-2d3e-7a4b-8c5d-111111111111")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Yield the stream that a configured process writes to; put logging back afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, sys.excepthook, threading.excepthook
    stream = io.StringIO()
    configure("INFO", stream=stream)
    yield stream
    root.handlers[:], root.level, sys.excepthook, threading.excepthook = before
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    """Return what was written, one object a line."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_ordinary_line(written: io.StringIO) -> None:
    """A line holds its event, level, moment, logger and listed keys."""
    structlog.get_logger("engage.messaging").info("text sent", patient=PATIENT, segments=2)

    (line,) = lines(written)
    assert str(line.pop("timestamp")).endswith("Z")
    assert line == {
        "event": "text sent",
        "level": "info",
        "logger": "engage.messaging",
        "patient": str(PATIENT),
        "segments": 2,
    }


def test_an_unlisted_key_stays_inside(written: io.StringIO) -> None:
    """A key that is not listed never comes out, and its absence is counted."""
    structlog.get_logger("engage").warning("text sent", body=SECRET, phone_number="+13125550142")

    (line,) = lines(written)
    assert line["unlisted"] == 2
    assert set(line) == {"event", "level", "logger", "timestamp", "unlisted"}
    assert "Rosa" not in written.getvalue()
    assert "+13125550142" not in written.getvalue()


def test_context_is_filtered_too(written: io.StringIO) -> None:
    """What a request bound for all its lines passes the same filter."""
    with structlog.contextvars.bound_contextvars(practice=str(PATIENT), name="Rosa"):
        structlog.get_logger("engage").info("text sent")

    (line,) = lines(written)
    assert line["practice"] == str(PATIENT)
    assert "Rosa" not in written.getvalue()


@pytest.mark.parametrize(
    "value",
    [
        SECRET,
        "+13125550142",
        "312-555-0142",
        "1950-03-04",
        "rosa@example.org",
        {"body": SECRET},
        [SECRET],
        SECRET.encode(),
        "Ay, me duele",
    ],
)
def test_a_listed_key_carries_no_prose(value: object) -> None:
    """Under a listed key, a sentence, a phone number or a date of birth is withheld."""
    line = keep_only_listed(None, "info", {"event": "text sent", "code": value})

    assert line["code"] == "(withheld)"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (30007, 30007),
        (True, True),
        (None, None),
        (1.5, 1.5),
        (PATIENT, str(PATIENT)),
        (str(PATIENT), str(PATIENT)),
        (timedelta(seconds=3), 3.0),
        (datetime(2031, 3, 4, 16, tzinfo=UTC), "2031-03-04T16:00:00+00:00"),
        ("opted-out", "opted-out"),
        ("/v1/patients/{id}", "/v1/patients/{id}"),
        (KeyError, "KeyError"),
    ],
)
def test_machine_words_pass(value: object, shown: object) -> None:
    """Ids, numbers, moments and machine words come out as they are."""
    line = keep_only_listed(None, "info", {"event": "text sent", "code": value})

    assert line["code"] == shown


@pytest.mark.parametrize("event", [SECRET, "sent to +13125550142", "", 7, None, "x" * 121])
def test_an_event_is_a_sentence_of_ours(event: object) -> None:
    """An event that looks like a person's words is withheld."""
    assert keep_only_listed(None, "info", {"event": event})["event"] == "(withheld)"


def test_an_exception_never_says_its_text(written: io.StringIO) -> None:
    """An exception and its causes show as types and places; their texts never come out."""

    def fails() -> None:
        try:
            {}[SECRET]
        except KeyError as first:
            raise ValueError(SECRET) from first

    try:
        fails()
    except ValueError:
        structlog.get_logger("engage").exception("turn failed", message=PATIENT)

    (line,) = lines(written)
    assert line["error"] == "builtins.ValueError"
    assert "fails" in str(line["places"])
    assert "builtins.KeyError at " in str(line["caused_by"])
    assert "Rosa" not in written.getvalue()


def test_a_database_error_shows_its_state(written: io.StringIO) -> None:
    """A database error shows its SQLSTATE, which is a code, and not its detail, which has rows."""

    class UniqueViolation(Exception):  # noqa: N818 - as the driver names it
        sqlstate = "23505"

    structlog.get_logger("engage").error("save failed", exc_info=UniqueViolation(SECRET))

    assert lines(written)[0]["sqlstate"] == "23505"
    assert "Rosa" not in written.getvalue()


@pytest.mark.parametrize(
    "library", ["twilio", "arq", "sqlalchemy.engine", "aiohttp.client", "httpx", "asyncpg", "root"]
)
def test_a_library_says_only_where(written: io.StringIO, library: str) -> None:
    """From a library comes where it spoke and what it raised, from WARNING on, and no sentence."""
    logger = logging.getLogger(library)
    logger.info("Body: %s", SECRET)
    logger.warning("Body: %s", SECRET)
    try:
        int(SECRET)
    except ValueError:
        logger.exception(SECRET)

    quiet, loud = lines(written)
    assert quiet["event"] == "a library spoke"
    assert "test_logs.py:" in str(quiet["source"])
    assert loud["error"] == "builtins.ValueError"
    assert "Rosa" not in written.getvalue()


def test_a_library_that_brought_its_own_outlet() -> None:
    """A handler that a library hung on its logger earlier is taken down."""
    aside = io.StringIO()
    logger = logging.getLogger("chatty")
    logger.addHandler(logging.StreamHandler(aside))
    logger.propagate = False
    root = logging.getLogger()
    before = root.handlers[:], root.level, sys.excepthook, threading.excepthook
    configure("INFO", stream=io.StringIO())
    logger.error(SECRET)
    root.handlers[:], root.level, sys.excepthook, threading.excepthook = before
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()

    assert aside.getvalue() == ""


def test_access_log_is_off(written: io.StringIO) -> None:
    """The server's access log, which has addresses and paths, writes nothing."""
    logging.getLogger("uvicorn.access").error("127.0.0.1 GET /v1/calendars/secret.ics")

    assert written.getvalue() == ""


def test_bad_http_is_no_news(written: io.StringIO) -> None:
    """A stranger's malformed requests write no line each; an error of the server does."""
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    logging.getLogger("uvicorn.error").error("Exception in ASGI application")

    assert [line["level"] for line in lines(written)] == ["error"]


def test_what_nobody_caught(written: io.StringIO) -> None:
    """An exception that ends the process or a thread leaves as type and place as well."""
    sys.excepthook(ValueError, ValueError(SECRET), None)
    thread = threading.Thread(target=lambda: int(SECRET))
    thread.start()
    thread.join()

    assert [line["error"] for line in lines(written)] == ["builtins.ValueError"] * 2
    assert "Rosa" not in written.getvalue()


def test_a_forgotten_future(written: io.StringIO) -> None:
    """What asyncio reports of itself passes the filter too."""
    loop = asyncio.new_event_loop()
    loop.call_exception_handler({"message": SECRET, "exception": ValueError(SECRET)})
    loop.close()

    assert lines(written)[0]["error"] == "builtins.ValueError"
    assert "Rosa" not in written.getvalue()


def test_no_listed_key_names_a_person() -> None:
    """The list has no key whose natural value is a name, a number, a text or an address."""
    natural = {
        "name",
        "given_name",
        "phone",
        "body",
        "text",
        "email",
        "birth_date",
        "address",
        "to",
    }

    assert not natural & ALLOWED_KEYS
