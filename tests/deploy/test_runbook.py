"""The runbook holds: its commands exist, its units and services too, and its alarms are raised."""

import re
import shlex

import asyncpg
import click
import pytest

from engage.cli import main
from tests.conftest import Databases
from tests.deploy.test_files import SERVICES
from tests.deploy.units import ROOT, UNITS

RUNBOOK = (ROOT / "deploy" / "runbook.md").read_text("utf-8")
QUOTED = re.findall(r"`([^`\n]+)`", RUNBOOK)
ALARMS = RUNBOOK.partition("## What alarms say")[2]


def fault(command: str) -> str:
    """Say what a command line of engage names that there is not; empty if all of it is there."""
    found: click.Command = main
    words = [word for word in shlex.split(command) if word != "…"]
    while words and isinstance(found, click.Group):
        if words[0] not in found.commands:
            return f"no command {words[0]}"
        found = found.commands[words.pop(0)]
    options = {name for one in found.params for name in one.opts} | {"--help"}
    wrong = [word for word in words if word.startswith("--") and word not in options]
    return f"no option {wrong[0]}" if wrong else ""


def commands() -> list[str]:
    """Return every command of engage that the runbook names, whichever way it is run."""
    ways = (r"engage ((?!…).+)", r"deploy/operate\.sh (.+)", r".*--entrypoint engage migrate (.+)")
    found = [match[1] for one in QUOTED for way in ways if (match := re.fullmatch(way, one))]
    assert len(found) > 10, "the runbook's commands are no longer where this test looks for them"
    return found


@pytest.mark.parametrize("command", sorted(set(commands())))
def test_commands_exist(command: str) -> None:
    """A command that the runbook names is one that engage has, with these options."""
    assert not fault(command)


def test_units_and_services_exist() -> None:
    """`systemctl` and `docker compose` are told names that are there."""
    units = {path.name.partition(".")[0].partition("@")[0] for path in UNITS.iterdir()}
    told = [one.split()[1:] for one in QUOTED if one.startswith("systemctl ")]
    named = {word.partition("@")[0] for words in told for word in words if word[:7] == "engage-"}
    composed = [one for one in QUOTED if one.startswith("docker compose ")]
    services = set(re.findall(r"\b(?:api|worker)-\d|\bmigrate\b|\bdatabase\b", " ".join(composed)))

    assert named == units
    assert services
    assert services <= SERVICES.keys()


def test_alarms_are_raised() -> None:
    """Each log event and each metric of the table is one that the code writes."""
    sources = "\n".join(
        path.read_text("utf-8")
        for path in (ROOT / "engage").rglob("*.py")
        if "node_modules" not in path.parts
    )
    said = [row.split("|")[1] for row in ALARMS.splitlines() if row.startswith("| ")][1:]
    named = [name for cell in said for name in re.findall(r"`([^`]+)`", cell)]
    events = [name for name in named if re.fullmatch(r"[a-z_ ]+", name) and name not in _KINDS]

    assert len(events) > 8
    assert not [name for name in events if f'"{name}"' not in sources]


_KINDS = ("outbox", "inbox")


async def test_what_is_looked_at_after_a_restore(databases: Databases) -> None:
    """The statements of the restore run as the owner, who alone may see what is due."""
    (look,) = re.findall(r"```sql\n\s*(.+?)\s*```", RUNBOOK, re.DOTALL)
    (strike,) = [one for one in QUOTED if one.startswith("DELETE FROM due")]
    for login, may in (("owner", True), ("app", False)):
        connection = await asyncpg.connect(databases.urls[login])
        try:
            for statement in (look, strike.replace("…", "gen_random_uuid()")):
                if may:
                    await connection.execute(statement)
                    continue
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
        finally:
            await connection.close()


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md", "docs/settings.md"])
def test_the_runbook_is_found(page: str) -> None:
    """Whoever reads about the house or its settings finds the way to the runbook."""
    assert "deploy/runbook.md)" in (ROOT / page).read_text("utf-8")


def test_a_gap_is_found() -> None:
    """A command or an option that is not there is found."""
    assert fault("practise create") == "no command practise"
    assert fault("practice account --token x") == "no option --token"
    assert not fault("practice account --drop-old-token")
