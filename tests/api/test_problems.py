"""Problems: one table, no surprises, nothing repeated, nothing explained about our own faults."""

import importlib
import io
import json
import pkgutil
import re
from collections.abc import Iterator

import asyncpg
import msgspec
import pytest
from litestar.exceptions import HTTPException

import engage
from engage import logs
from engage.api.problems import STATUS, codes, describe, status_of
from engage.api.wording import complaint
from engage.errors import EngageError, NotFound
from tests.api.conftest import House
from tests.policy.source import ROOT

NEVER_AN_ANSWER = {
    "a command or the start of a process": (
        "engage.cli",
        "engage.commands.directory",
        "engage.doctor",
        "engage.embedded",
        "engage.messaging.restored",
    ),
    "answered in HL7, not over HTTP": ("engage.hl7v2",),
    "the demo and played transcripts": (
        "engage.demo",
        "engage.conversation.transcript_format",
        "engage.turns.world",
    ),
    "checked when the process starts": (
        "engage.conversation.engine",
        "engage.messaging.texts",
        "engage.reading.concepts",
        "engage.checkins.script",
        "engage.needs.codes",
        "engage.needs.instrument",
        "engage.reading.phrases",
        "engage.turns.reviews",
    ),
    "kept inside its room, which answers for it": (
        "engage.reading.observe",
        "engage.queue.paging",
        "engage.family.notices",
        "engage.queue.coverage",
        "engage.turns.talking",
        "engage.needs.letters",
    ),
    "asked of the carrier by the doctor": ("engage.messaging.account",),
    "read by commands and imports": (
        "engage.needs.hsds_tables",
        "engage.people.bootstrap",
        "engage.people.csv_import",
        "engage.people.practice",
        "engage.people.caregiver",
        "engage.people.circle",
        "engage.people.staff",
    ),
}
"""Errors of these modules do not reach a route by themselves."""


def _errors(kind: type[EngageError] = EngageError) -> Iterator[type[EngageError]]:
    for one in kind.__subclasses__():
        yield one
        yield from _errors(one)


def test_every_error_has_its_status() -> None:
    """An error that a route may raise stands in the table, itself or by its base class."""
    for module in pkgutil.walk_packages(engage.__path__, "engage."):
        if "migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    quiet = tuple(name for names in NEVER_AN_ANSWER.values() for name in names)
    unlisted = {
        f"{one.__module__}.{one.__name__}"
        for one in _errors()
        if one.__module__.startswith("engage.")
        and not one.__module__.startswith(quiet)
        and not any(base in STATUS for base in one.__mro__ if base is not EngageError)
    }

    assert not unlisted, (
        "Give it a status in api/problems.py, or say here why no route can raise it: "
        f"{sorted(unlisted)}"
    )


def test_the_nearest_base_counts() -> None:
    """An error without a line of its own has its base's status."""

    class NotHere(NotFound):
        """Nothing here."""

    assert status_of(NotHere) == 404


def test_our_own_faults_are_not_explained() -> None:
    """Whatever went wrong inside, the client learns that it did, and nothing else."""
    for fault in (ValueError("Rosa"), KeyError("+16025550142"), asyncpg.PostgresError("Rosa")):
        problem, _ = describe(fault)
        assert (problem.status, problem.code) == (500, "internal-error")
        assert "Rosa" not in problem.detail


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (asyncpg.DataError("invalid input 'I want to die'"), 400),
        (asyncpg.CharacterNotInRepertoireError("0x00"), 400),
        (asyncpg.NumericValueOutOfRangeError("9"), 400),
        (asyncpg.DeadlockDetectedError("a"), 503),
        (asyncpg.SerializationError("a"), 503),
        (asyncpg.QueryCanceledError("a"), 503),
        (asyncpg.DiskFullError("a"), 503),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), 400),
        (RecursionError(), 400),
        (HTTPException(status_code=418), 400),
    ],
)
def test_faults_of_others_have_a_status(fault: Exception, status: int) -> None:
    """A value that the database refuses is the client's; one it could not take now is not."""
    problem, _ = describe(fault)

    assert problem.status == status
    assert "die" not in problem.detail


def test_a_complaint_repeats_nothing() -> None:
    """Msgspec's words about types and bounds are passed on, values and keys never."""
    told = {
        "Invalid enum value 'Rosa' - at `$.language`": ("/language", "not-a-choice"),
        "Object contains unknown field `Rosa`": ("", "unknown-field"),
        "Object missing required field `phone` - at `$.a[0]`": ("/a/0/phone", "required"),
        "Expected `str`, got `int` - at `$.given_name`": ("/given_name", "wrong-type"),
        "Expected `str` of length <= 80 - at `$.given_name`": ("/given_name", "out-of-bounds"),
        "Expected `int` >= 1 - at `$.limit`": ("/limit", "out-of-bounds"),
        "Invalid UUID - at `$.id`": ("/id", "not-a-uuid"),
        "Invalid RFC3339 encoded datetime - at `$.at`": ("/at", "not-a-moment"),
        "Expected `datetime` with a timezone component - at `$.at`": ("/at", "not-a-moment"),
        "Invalid RFC3339 encoded date - at `$.birth_date`": ("/birth_date", "not-a-date"),
        "Something about Rosa": ("", "invalid"),
        "Invalid value 'Rosa' - at `$.answers[...].type`": ("/answers/type", "not-a-choice"),
    }
    for message, (pointer, code) in told.items():
        found = complaint(message)
        assert (found.pointer, found.code) == (pointer, code), message
        assert "Rosa" not in found.detail


async def test_a_500_is_logged_without_a_word_of_it(house: House) -> None:
    """The log of a failure names type and place; the text of the exception stays out."""
    patient = await house.patient()
    connection = await asyncpg.connect(house.databases.urls["admin"])
    await connection.execute("ALTER TABLE phone_use RENAME TO phone_use_of_rosa")
    await connection.close()
    written = io.StringIO()
    logs.configure(stream=written)

    answer = await house.client.get(f"/v1/patients/{patient}", headers=house.north.dana.headers)

    line = json.loads(written.getvalue().splitlines()[0])
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert line["event"] == "request failed"
    assert line["error"] == "asyncpg.exceptions.UndefinedTableError"
    assert line["route"] == "/v1/patients/{patient_id}"
    assert "phone_use" not in written.getvalue()
    assert str(patient) not in written.getvalue()


def test_a_problem_is_small() -> None:
    """What is not known is left out, not null."""
    problem, _ = describe(NotFound())

    assert msgspec.json.decode(msgspec.json.encode(problem)) == {
        "type": "/problems/not-found",
        "title": "Not found",
        "status": 404,
        "code": "not-found",
        "detail": "There is nothing here that you may see.",
    }


def test_every_code_is_documented() -> None:
    """docs/api.md lists every code with its status and its sentence, and no other."""
    guide = (ROOT / "docs" / "api.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `([a-z-]+)` \| (\d+) \| (.+) \|$", guide, re.MULTILINE))
    sent = {(code, str(status), sentence) for code, status, sentence in codes()}

    assert listed == sent
