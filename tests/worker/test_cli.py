"""The commands as a person types them: real processes, a real database, sentences on failure."""

import asyncio
import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import select

from engage import embedded, wiring
from engage.clock import fresh_id
from engage.db.session import Query
from engage.db.tables import conversation, message, patient, staff
from engage.ids import PracticeId, ScreeningId
from engage.messaging.carrier import Account
from engage.settings import load

KEY = "a secret key for tests only of forty characters"
HEAD = "external_id,given_name,family_name,birth_date,language,time_zone,phone,care_manager_email\n"
GOOD = "A1,Rosa,Diaz,1950-01-02,es,America/Phoenix,602-555-0160,ann@example.org\n"
BAD = "A2,,Diaz,1850-01-02,xx,Mars/Olympus,911,ann@example.org\n"
PRACTICE = (
    *("practice", "create", "--name", "North Clinic", "--support-phone", "602-555-0150"),
    *("--time-zone", "America/Phoenix", "--number", "602-555-0151"),
    *("--responsible-email", "ann@example.org", "--responsible-name", "Ann Lee"),
)


@pytest.fixture
def settings(servers: embedded.Servers, database_name: str) -> dict[str, str]:
    """Set up a deployment on real servers."""
    return {
        "ENGAGE_DATABASE_URL": servers.url("app", database_name),
        "ENGAGE_OWNER_DATABASE_URL": servers.url("owner", database_name),
        "ENGAGE_WORKER_DATABASE_URL": servers.url("worker", database_name),
        "ENGAGE_AUDITOR_DATABASE_URL": servers.url("auditor", database_name),
        "ENGAGE_SECRET_KEYS": KEY,
    }


def run(
    settings: Mapping[str, str], *words: str, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run one command and wait for its end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ENGAGE_")}
    return subprocess.run(
        [sys.executable, "-m", "engage", *words],
        env=kept | dict(settings),
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def on_a_terminal(settings: Mapping[str, str], *words: str) -> str:
    """Run one command whose errors and progress go to a terminal; return what the terminal saw."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ENGAGE_")}
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "engage", *words],
        env=kept | {"TERM": "xterm", "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"} | dict(settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        timeout=60,
        check=False,
    )
    os.close(theirs)
    seen = b""
    with suppress(OSError):  # Linux's way to say that nobody has the other end any more
        while part := os.read(ours, 65536):
            seen += part
    os.close(ours)
    assert done.returncode == 0
    return seen.decode("utf-8", "replace")


def test_first_steps(settings: dict[str, str], tmp_path: Path) -> None:
    """A fresh schema, a practice, staff, a token and imported patients, all without a page."""
    file = tmp_path / "patients.csv"
    file.write_text(HEAD + GOOD, encoding="utf-8")

    assert run(settings, "migrate").returncode == 0
    assert run(settings, "doctor").stdout == "Ready.\n"
    assert run(settings, *PRACTICE).returncode == 0
    hired = run(settings, "staff", "create", "--email", "bo@example.org", "--name", "Bo Diaz")
    token = run(settings, "token", "--email", "bo@example.org", "--minutes", "5")
    invited = run(settings, "staff", "invite", "--email", "bo@example.org")
    first = run(settings, "import", "patients", str(file))
    again = run(settings, "import", "patients", str(file))

    assert hired.returncode == 0
    assert token.stdout.startswith("eng_")
    assert re.fullmatch(r"[\w-]{43}\n", invited.stdout)
    assert invited.stderr.startswith("Good until ")
    assert first.stdout == "1 created, 0 updated, 0 unchanged.\n"
    assert again.stdout == "0 created, 0 updated, 1 unchanged.\n"
    assert again.stderr == ""
    audited = run(settings, "audit")
    assert (audited.returncode, audited.stdout) == (0, "All is well; practices looked at: 1.\n")
    seen = on_a_terminal(settings, "import", "patients", str(file))
    assert "Patients" in seen
    assert "━" in seen
    assert "1/1" in seen


def test_a_bad_file_names_every_row_and_writes_none(
    settings: dict[str, str], tmp_path: Path
) -> None:
    """Every bad row is named by number and reason, no value is repeated, nothing is written."""
    run(settings, *PRACTICE)
    file = tmp_path / "patients.csv"
    file.write_text(HEAD + GOOD + BAD, encoding="utf-8")

    refused = run(settings, "import", "patients", str(file))
    file.write_text(HEAD + GOOD, encoding="utf-8")
    then = run(settings, "import", "patients", str(file))

    assert refused.returncode == 1
    for field in ("given_name", "birth_date", "language", "time_zone", "phone"):
        assert f"line 3: {field}: " in refused.stderr
    assert "1850" not in refused.stderr
    assert "Olympus" not in refused.stderr
    assert then.stdout.startswith("1 created")
    external_id = GOOD.partition(",")[0]
    head = "patient_external_id,visit_id,starts_at\n"
    file.write_text(f"{head}{external_id},F1,2026-12-03 10:30\nX-0,F2,soon\n", encoding="utf-8")
    stranger = run(settings, "import", "day-list", str(file))
    file.write_text(f"{head}{external_id},F1,2026-12-03 10:30\n", encoding="utf-8")
    visits = run(settings, "import", "day-list", str(file))
    assert stranger.returncode == 1
    assert "line 3: patient_external_id: " in stranger.stderr
    assert "line 3: starts_at: " in stranger.stderr
    assert "soon" not in stranger.stderr
    assert visits.stdout == "1 added, 0 changed, 0 unchanged.\n", visits.stderr


def test_a_fault_is_one_sentence(settings: dict[str, str]) -> None:
    """What a person got wrong is said in one sentence that names it, without a traceback."""
    faults = {
        ("token", "--email", "nobody@example.org"): "No active member of staff",
        (*PRACTICE[:5], "nope", *PRACTICE[6:]): "This is not a phone number",
        ("play", "/nowhere.sms"): "can't be read",
    }

    for words, sentence in faults.items():
        done = run(settings, *words)

        assert done.returncode == 1
        assert sentence in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"ENGAGE_CARRIER": "pigeon"}, "ENGAGE_CARRIER"),
        ({"ENGAGE_PUBLIC_URL": "https://care.example"}, "ENGAGE_CARRIER"),
        ({"ENGAGE_SECRET_KEYS": "short"}, "ENGAGE_SECRET_KEYS"),
        ({"ENGAGE_SECRET_KEYS": ""}, "ENGAGE_SECRET_KEYS"),
        ({"ENGAGE_CARRIER": "twilio"}, "ENGAGE_TEXT_REVIEWS"),
        ({"ENGAGE_WORKER_DATABASE_URL": ""}, "ENGAGE_WORKER_DATABASE_URL"),
    ],
)
def test_a_wrong_setting_stops_the_start(
    settings: dict[str, str], changed: dict[str, str], named: str
) -> None:
    """A missing or contradictory setting stops a process with one sentence that names it."""
    done = run(settings | changed, "worker")

    assert done.returncode == 1
    assert done.stderr.startswith(f"engage: {named}")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("changed", "words", "said"),
    [
        ({"ENGAGE_DATABASE_URL": "postgresql://app@h:abc/engage"}, ("serve",), "ENGAGE_DATABASE"),
        ({"ENGAGE_PUBLIC_URL": "http://[::1"}, ("doctor",), "ENGAGE_PUBLIC_URL is no URL"),
        ({"ENGAGE_DATA_DIR": "/dev/null/engage"}, ("serve",), "ENGAGE_DATA_DIR"),
    ],
)
def test_what_cannot_be_is_a_sentence_at_every_start(
    settings: dict[str, str], changed: dict[str, str], words: tuple[str, ...], said: str
) -> None:
    """An address nobody can read and a directory nobody can make end no command in a traceback."""
    done = run(settings | changed, *words)

    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_embedded_servers_in_no_directory_are_one_sentence() -> None:
    """Where the embedded servers can't have their directory, the command says so and stops."""
    done = run({"ENGAGE_DATA_DIR": "/dev/null/engage"}, "migrate")

    assert done.returncode == 1
    assert "/dev/null/engage can't be made" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_owner_may_not_serve(settings: dict[str, str]) -> None:
    """A process that is signed in as the owner of the tables refuses to start."""
    swapped = settings | {
        "ENGAGE_DATABASE_URL": settings["ENGAGE_OWNER_DATABASE_URL"],
        "ENGAGE_OWNER_DATABASE_URL": settings["ENGAGE_DATABASE_URL"],
    }

    done = run(swapped, "serve", "--port", "1")

    assert done.returncode == 1
    assert "use a login of its own" in done.stderr


def test_play_says_where_a_transcript_parts(tmp_path: Path) -> None:
    """A transcript that does not hold exits 1 and shows the difference in three lines."""
    file = tmp_path / "wrong.sms"
    file.write_text(
        "patient  Rosa, en, care manager Dana\nscreen   hunger-vital-sign\n"
        "at       2031-03-04 10:00 America/Chicago\n\n< system: hvs.ran-out\n",
        encoding="utf-8",
    )

    done = run({}, "play", str(file))

    assert done.returncode == 1
    assert done.stderr.startswith("line 5\n- < system: hvs.ran-out\n+ < system: hvs.worried")


def test_an_import_tells_who_is_concerned(settings: dict[str, str], tmp_path: Path) -> None:
    """A new language reaches the open question; a phone that is replaced hears of it, once."""
    file = tmp_path / "patients.csv"
    file.write_text(HEAD + GOOD, encoding="utf-8")
    run(settings, *PRACTICE)
    run(settings, "import", "patients", str(file))
    asyncio.run(_screen(settings))
    file.write_text(HEAD + GOOD.replace(",es,", ",en,"), encoding="utf-8")

    done = run(settings, "import", "patients", str(file))

    assert done.stdout == "0 created, 1 updated, 0 unchanged.\n"
    assert asyncio.run(_languages(settings)) == ["en"]
    assert asyncio.run(_told(settings)) == 0
    file.write_text(HEAD + GOOD.replace("555-0160", "555-0161"), encoding="utf-8")
    for _ in range(2):
        assert run(settings, "import", "patients", str(file)).returncode == 0
    assert asyncio.run(_told(settings)) == 1


def test_the_carrier_account_is_changed(settings: dict[str, str], tmp_path: Path) -> None:
    """A token comes from a file or standard input; the one before holds until it is dropped."""
    run(settings, *PRACTICE)
    before = asyncio.run(_account(settings))
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("f" * 32 + "\n", encoding="utf-8")
    second.write_text("s" * 32, encoding="utf-8")
    change = ("practice", "account")

    added = run(settings, *change, "--auth-token-file", str(first))
    again = run(settings, *change, "--auth-token-file", str(first))
    kept = asyncio.run(_account(settings))
    piped = run(settings, *change, "--auth-token-file", "-", typed="s" * 32 + "\n")
    dropped = run(settings, *change, "--drop-old-token")
    keyed = run(
        settings,
        *(*change, "--api-key", "SK" + "3" * 32, "--api-secret-file", str(second)),
        *("--messaging-service-sid", "MG" + "4" * 32),
    )
    now = asyncio.run(_account(settings))

    assert added.stdout.startswith("Changed.")
    assert again.stdout == "Nothing to change.\n"
    assert kept.auth_tokens == ("f" * 32, *before.auth_tokens)
    # Who sends with the token sends with the new one.
    assert (kept.api_key, kept.api_secret) == (before.account_sid, "f" * 32)
    assert [piped.returncode, dropped.returncode, keyed.returncode] == [0, 0, 0]
    assert now.account_sid == before.account_sid
    assert now.auth_tokens == ("s" * 32,)
    assert (now.api_key, now.api_secret) == ("SK" + "3" * 32, "s" * 32)
    assert now.messaging_service_sid == "MG" + "4" * 32


WRONG_ACCOUNTS = (
    (("--auth-token-file", "-"), "A secret is one line"),
    (("--api-key", "SK" + "3" * 32), "changed together"),
    (("--api-key", "AC" + "3" * 32, "--api-secret-file", "-"), "A carrier's id is"),
    (("--messaging-service-sid", "MG1"), "A carrier's id is"),
    (("--practice", "Nowhere"), "No practice has this id or name"),
    (("--auth-token-file", "-", "--api-key", "SK", "--api-secret-file", "-"), "Two secrets"),
)


def test_a_wrong_account_is_refused_and_not_quoted(settings: dict[str, str]) -> None:
    """What does not fit is one sentence, the account stays, and no secret is repeated."""
    run(settings, *PRACTICE)
    before = asyncio.run(_account(settings))
    for words, sentence in WRONG_ACCOUNTS:
        secret = "two words" if "AC" + "3" * 32 not in words else "visible"

        done = run(settings, "practice", "account", *words, typed=secret)

        assert done.returncode, words
        assert sentence in done.stderr
        assert secret not in done.stdout + done.stderr
    assert asyncio.run(_account(settings)) == before


def test_keys_are_rotated_while_processes_could_run(settings: dict[str, str]) -> None:
    """Old key, both, the new first, rotated, the new alone: at each step everything opens."""
    new = "a newer secret key for tests of forty chars"
    run(settings, *PRACTICE)
    only = run(settings, "rotate-keys")
    for keys in (f"{KEY},{new}", f"{new},{KEY}"):
        assert run(settings | {"ENGAGE_SECRET_KEYS": keys}, "doctor").stdout == "Ready.\n"
    early = run(settings | {"ENGAGE_SECRET_KEYS": new}, "doctor")

    rotated = run(settings | {"ENGAGE_SECRET_KEYS": f"{new},{KEY}"}, "rotate-keys")
    after = settings | {"ENGAGE_SECRET_KEYS": new}

    assert "There is one secret key" in only.stdout
    assert "ENGAGE_SECRET_KEYS lacks the key" in early.stdout
    assert rotated.returncode == 0
    assert rotated.stdout.startswith("1 practices: 2 practice keys wrapped anew, 1 of people")
    assert "key 2 in ENGAGE_SECRET_KEYS" in rotated.stdout
    assert run(after, "doctor").stdout == "Ready.\n"
    assert run(after, "token", "--email", "ann@example.org").returncode == 0
    assert run(settings, "doctor").returncode == 1


async def _account(settings: dict[str, str]) -> Account:
    async with wiring.house(load(settings), "app") as house:
        return (await house.doors.by_practice(await _the_practice(house)))[0].account


async def _screen(settings: dict[str, str]) -> None:
    async with wiring.house(load(settings), "app") as house:
        practice = await _the_practice(house)
        async with house.database.work([practice], practice) as work:
            found = await work.rows(Query(select(patient.c.id)))
            await house.turns.start_screening(
                work,
                practice,
                found[0]["id"],
                "hunger-vital-sign",
                "sms",
                ScreeningId(fresh_id(house.clock)),
                (await work.rows(Query(select(staff.c.id))))[0]["id"],
            )


async def _languages(settings: dict[str, str]) -> list[str]:
    async with wiring.house(load(settings), "app") as house:
        practice = await _the_practice(house)
        async with house.database.work([practice]) as work:
            rows = await work.rows(Query(select(conversation.c.language)))
            return [row["language"] for row in rows]


async def _told(settings: dict[str, str]) -> int:
    async with wiring.house(load(settings), "app") as house:
        practice = await _the_practice(house)
        async with house.database.work([practice]) as work:
            asked = select(message.c.id).where(message.c.text_id == "phone-changed")
            return len(await work.rows(Query(asked)))


async def _the_practice(house: wiring.House) -> PracticeId:
    async with house.database.work() as work:
        return PracticeId((await work.table("door_practices"))[0][0])
