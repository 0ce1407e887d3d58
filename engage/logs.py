"""What may be logged, and how: one JSON object a line, made of listed keys only.

Everything that a process says, ours or a library's, leaves through `configure`. An event is a
constant sentence; what varies stands in listed keys, and a value is an id, a number or a machine
word. An exception shows as its type and the places it came through, never as its text, because
texts quote what a person wrote. This room refuses names, phone numbers, message texts and every
key it does not know (docs/decisions/0009-what-may-be-logged.md).
"""

import logging
import re
import sys
import threading
import traceback
from collections.abc import Mapping, MutableMapping
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from types import TracebackType
from typing import TextIO, cast
from uuid import UUID

import structlog

ALLOWED_KEYS: frozenset[str] = frozenset(
    {
        # which record: ids only
        *("appointment", "assignment", "caregiver", "check_in", "conversation", "flag", "item"),
        *("line", "message", "need", "number", "patient", "plan", "practice", "receipt"),
        *("referral", "request", "screening", "staff", "thread", "timer", "trace"),
        # how many, how long
        *("accepted", "attempt", "bytes", "claimed", "count", "depth", "due", "failed", "limit"),
        *("queued", "released", "rows", "segments", "sent", "skipped", "taken", "tries"),
        *("age_seconds", "duration_ms", "seconds", "wait_ms"),
        # what kind: machine words
        *("carrier", "channel", "code", "instrument", "kind", "language", "outcome", "reason"),
        *("rule", "script", "severity", "sqlstate", "state", "version"),
        # where in the machinery
        *("constraint", "database", "host", "http_status", "job", "log", "loop", "method"),
        *("migration", "partition", "pid", "port", "program", "route", "setting", "signal"),
        "worker",
    }
)
"""The keys a log call may carry. A new one is added here, with a thought about what it can hold."""

_OWN_KEYS = frozenset(
    {"caused_by", "error", "event", "level", "logger", "places", "source", "timestamp"}
)
_RESERVED_KEYS = frozenset({"_from_structlog", "_record", "exc_info"})
_WITHHELD = "(withheld)"
_MACHINE_WORD = re.compile(r"[A-Za-z0-9_.:/{}<>*#=+,-]{0,160}")
_SENTENCE = re.compile(r"[A-Za-z0-9 ,.:;'()/_-]{1,120}")
# A phone number, a medical record number or a date of birth without separators; an id is a UUID.
_LONG_NUMBER = re.compile(r"\d{7,}|\d[\d.-]{7,}\d")
_PLACES = 12
_LIBRARY_LOGGER_LEVEL = logging.WARNING


def configure(level: str = "INFO", *, stream: TextIO | None = None) -> None:
    """Send every log line of this process through the filter, to `stream` (standard error).

    Our loggers speak from `level` on, libraries from WARNING on; uvicorn's access log, which holds
    addresses and paths, is off, and of its own words only errors are heard: its warnings are about
    requests that are no HTTP, one line for each byte a stranger bends. Start uvicorn with
    `log_config=None`, or it undoes this.
    """
    shape = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_library_words],
        processors=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            keep_only_listed,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
    )
    outlet = logging.StreamHandler(stream or sys.stderr)
    outlet.setFormatter(shape)
    root = logging.getLogger()
    root.handlers[:] = [outlet]
    root.setLevel(_LIBRARY_LOGGER_LEVEL)
    for name in list(logging.root.manager.loggerDict):
        _reset(logging.getLogger(name))
    logging.getLogger("engage").setLevel(level)
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.filter_by_level,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def keep_only_listed(
    _logger: object, _method: str, entry: MutableMapping[str, object]
) -> dict[str, object]:
    """Return the line as it may leave: listed keys, machine words, exceptions without their text.

    What was left out is counted, so that a missing key shows up in a review and not in an incident.
    """
    kept: dict[str, object] = {}
    unlisted = 0
    for key, value in entry.items():
        if key in ALLOWED_KEYS:
            kept[key] = _fit_to_print(value)
        elif key in _OWN_KEYS:
            kept[key] = value
        elif key not in _RESERVED_KEYS:
            unlisted += 1
    kept["event"] = _sentence(entry.get("event"))
    raised = _raised(entry.get("exc_info"))
    if raised is not None:
        kept |= describe(raised)
    if unlisted:
        kept["unlisted"] = unlisted
    return kept


def describe(raised: BaseException) -> Mapping[str, object]:
    """Say what an exception is and where it came through, without a word of its text."""
    said: dict[str, object] = {"error": _type_name(raised), "places": _places(raised)}
    cause = raised.__cause__ or (None if raised.__suppress_context__ else raised.__context__)
    causes: list[str] = []
    while cause is not None and len(causes) < _PLACES:
        causes.append(f"{_type_name(cause)} at {(_places(cause) or ['?'])[-1]}")
        cause = cause.__cause__ or cause.__context__
    if causes:
        said["caused_by"] = causes
    state = getattr(raised, "sqlstate", None)
    if isinstance(state, str) and re.fullmatch(r"[0-9A-Z]{5}", state):
        said["sqlstate"] = state
    return said


def _library_words(
    _logger: object, _method: str, entry: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    # A library's sentence may quote a number, a body or a parameter: only where it spoke is safe.
    record = entry.get("_record")
    entry["event"] = "a library spoke"
    if isinstance(record, logging.LogRecord):
        entry["source"] = f"{_short(record.pathname)}:{record.lineno}"
        entry["exc_info"] = record.exc_info
    return entry


def _reset(logger: logging.Logger) -> None:
    # Libraries hang handlers of their own on their loggers; those would pass the filter by.
    logger.handlers[:] = []
    logger.propagate = True
    logger.setLevel(logging.NOTSET)


def _fit_to_print(value: object) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case UUID() | Decimal():
            return str(value)
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Enum():
            return _fit_to_print(value.value)
        case str():
            return _machine_word(value)
        case type():
            return value.__qualname__
        case _:
            return _WITHHELD


def _machine_word(value: str) -> str:
    if _is_uuid(value):
        return value
    fits = _MACHINE_WORD.fullmatch(value) and not _LONG_NUMBER.search(value)
    return value if fits else _WITHHELD


def _sentence(event: object) -> str:
    if not isinstance(event, str) or _LONG_NUMBER.search(event):
        return _WITHHELD
    return event if _SENTENCE.fullmatch(event) else _WITHHELD


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return "-" in value


def _raised(exc_info: object) -> BaseException | None:
    # logging takes an exception, its triple, or True for the one being handled.
    if isinstance(exc_info, tuple):
        parts = cast("tuple[object, ...]", exc_info)
        return next((part for part in parts if isinstance(part, BaseException)), None)
    if isinstance(exc_info, BaseException):
        return exc_info
    return sys.exception() if exc_info else None


def _type_name(raised: BaseException) -> str:
    kind = type(raised)
    return f"{kind.__module__}.{kind.__qualname__}"


def _places(raised: BaseException) -> list[str]:
    frames = traceback.walk_tb(raised.__traceback__)
    places = [f"{_short(f.f_code.co_filename)}:{line} {f.f_code.co_qualname}" for f, line in frames]
    return places[-_PLACES:]


def _short(path: str) -> str:
    # From the package on: what lies above it names the machine's accounts.
    return "/".join(PurePath(path).parts[-3:])


def _uncaught(
    kind: type[BaseException], raised: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("engage").critical("uncaught", exc_info=(kind, raised, trace))


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
