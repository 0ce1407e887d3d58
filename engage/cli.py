"""The commands. Each reads the settings, builds what it needs, and says in one sentence what fails.

This room refuses logic: a command calls one function of a room below and prints what came of it.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import click

from engage import __version__, doctor, logs, wiring
from engage.clock import SystemClock, fresh_id
from engage.commands import (
    audit,
    corpus,
    directory,
    hospital,
    in_house,
    paging,
    practice_named,
    reading,
    run,
    sending,
    settings_read,
    signing,
    stop,
    upkeep,
)
from engage.conversation.transcript_format import TranscriptInvalid, parse, print_transcript
from engage.db.migrate import migrate
from engage.db.session import Work
from engage.demo import run as demo_run
from engage.errors import EngageError, WrongSetting
from engage.ids import MessageId
from engage.messaging.codes import queue_phone_changed
from engage.people import bootstrap
from engage.people.csv_import import BadRows
from engage.people.patient import Revision
from engage.people.phone import PhoneNumber
from engage.people.practice import USUAL_TEXTING_HOURS, CarrierLogin, PracticeFields
from engage.people.register.store import phone_ids
from engage.people.signing.keeping import Keeping
from engage.people.signing.passwords import Cost
from engage.people.signing.staff_ways import StaffWays
from engage.people.staff import NewStaff, Role
from engage.settings import load
from engage.turns.library import Library
from engage.turns.transcript import play
from engage.turns.typed import converse

LONGEST_TOKEN_MINUTES = 60
PORT = click.IntRange(0, 65535)
_ACCOUNT_NEEDED = "ENGAGE_CARRIER is twilio: name the practice's account with --account-sid."


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="engage")
def main() -> None:
    """Text messages that ask how patients are, and care managers who hear the answer."""


# Processes


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=PORT, default=8000, show_default=True, help="0 picks a free port.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where the demo keeps its data.")
@click.option("--once", is_flag=True, help="Play the main job end to end and stop.")
def demo(host: str, port: int, data_dir: Path | None, once: bool) -> None:  # noqa: FBT001 - click
    """Run a fictional practice on this machine: database, queue, API, worker, people."""
    settings = settings_read()
    sys.exit(
        run(lambda: demo_run.run(settings, host=host, port=port, data_dir=data_dir, once=once))
    )


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=PORT, default=8000, show_default=True)
def serve(host: str, port: int) -> None:
    """Run an API process, from settings alone."""
    # uvicorn and litestar take half a second to import: no other command waits for them.
    from engage import running

    settings = settings_read()
    run(lambda: running.serve(settings, host=host, port=port))


@main.command()
def worker() -> None:
    """Run a job process, from settings alone."""
    from engage import running  # as for serve

    settings = settings_read()
    run(lambda: running.work(settings))


@main.command(name="migrate")
def migrate_command() -> None:
    """Bring the schema up and give the logins their rights."""
    settings = settings_read()

    async def act() -> str:
        filled, servers = await wiring.to_thread_prepared(settings)
        try:
            return await migrate(filled.need("owner_database_url"), wiring.logins(filled))
        finally:
            if servers is not None:
                await asyncio.to_thread(servers.stop)

    click.echo(f"The schema is at {run(act)}.")


@main.command(name="doctor")
@click.option(
    "--part",
    type=click.Choice(["all", "deployment", "api", "worker"]),
    default="all",
    show_default=True,
    help="What one process needs; only all looks at the accounts with the carrier.",
)
def doctor_command(part: doctor.Part) -> None:
    """Say in plain words what is wrong with the configuration, or that it is ready."""
    try:
        settings = load(os.environ)
    except EngageError as error:
        stop(error)
    logs.configure("ERROR")
    wrong = run(lambda: doctor.examine(settings, part))
    for sentence in wrong:
        click.echo(f"- {sentence}")
    click.echo("Not ready." if wrong else "Ready.")
    sys.exit(1 if wrong else 0)


# First steps


@main.group()
def practice() -> None:
    """Practices."""


@practice.command(name="create")
@click.option("--name", required=True)
@click.option("--texting-name", help="How texts sign, at most 30 characters; default: the name.")
@click.option("--support-phone", required=True, help="A number a person answers, for HELP.")
@click.option("--time-zone", required=True, help="IANA name, for example America/Phoenix.")
@click.option("--number", "numbers", multiple=True, required=True, help="A texting number, E.164.")
@click.option("--language", "languages", multiple=True, default=("en", "es"), show_default=True)
@click.option("--holidays", default="", help='Public holidays, for example "US-AZ".')
@click.option(
    "--texting-hours", default=USUAL_TEXTING_HOURS, show_default=True, help="Local hours for texts."
)
@click.option("--responsible-email", required=True)
@click.option("--responsible-name", required=True, help='"Given Family".')
@click.option("--account-sid", help="The carrier account; made up with the simulator carrier.")
@click.option("--messaging-service-sid", help="What local US numbers text through.")
def create_practice(  # noqa: PLR0913, PLR0917 - click's options
    name: str,
    texting_name: str | None,
    support_phone: str,
    time_zone: str,
    numbers: tuple[str, ...],
    languages: tuple[str, ...],
    holidays: str,
    texting_hours: str,
    responsible_email: str,
    responsible_name: str,
    account_sid: str | None,
    messaging_service_sid: str | None,
) -> None:
    """Create a practice, its numbers and the person responsible for it.

    The carrier's auth token is asked for (or read from ENGAGE_AUTH_TOKEN): a secret in an argument
    could be read by everybody on the machine.
    """
    carrier: CarrierLogin | None = None
    if account_sid is not None:
        secret = os.environ.get("ENGAGE_AUTH_TOKEN") or click.prompt("Auth token", hide_input=True)
        carrier = CarrierLogin.by_token(account_sid, secret, messaging_service_sid)

    async def act(house: wiring.House) -> str:
        if house.settings.carrier == "twilio" and carrier is None:
            raise WrongSetting(_ACCOUNT_NEEDED)
        made = await bootstrap.create_practice(
            house.database,
            house.vault,
            house.clock,
            fields=PracticeFields(
                name=name,
                texting_name=texting_name or name,
                support_phone=support_phone,
                time_zone=time_zone,
                holidays=holidays,
                texting_hours=texting_hours,
                languages=languages,
            ),
            responsible=NewStaff.named(responsible_email, responsible_name),
            numbers=[PhoneNumber.parse(number) for number in numbers],
            carrier=carrier,
        )
        return str(made.practice_id)

    click.echo(run(lambda: in_house(act)))


practice.add_command(upkeep.account)
main.add_command(upkeep.rotate_keys)
main.add_command(sending.group)
main.add_command(paging.group)
main.add_command(audit.audit)
main.add_command(reading.read)
main.add_command(corpus.group)
main.add_command(hospital.mllp)
main.add_command(hospital.hl7)


@main.group()
def staff() -> None:
    """Staff."""


@staff.command(name="create")
@click.option("--practice", "practice_name", default="", help="Name or id, if there are several.")
@click.option("--email", required=True)
@click.option("--name", required=True, help='"Given Family".')
@click.option(
    "--role",
    type=click.Choice(["care_manager", "supervisor", "practice_admin"]),
    default="care_manager",
    show_default=True,
)
def create_staff(practice_name: str, email: str, name: str, role: Role) -> None:
    """Give a person a place in a practice; somebody known by e-mail keeps their one identity."""

    async def act(house: wiring.House) -> str:
        person = await bootstrap.create_staff(
            house.database,
            house.vault,
            house.clock,
            practice=await practice_named(house, practice_name),
            staff=NewStaff.named(email, name),
            role=role,
        )
        return str(person)

    click.echo(run(lambda: in_house(act)))


@staff.command(name="invite")
@click.option("--email", required=True)
def invite_staff(email: str) -> None:
    """Print an invitation: whoever holds it chooses this person's password and authenticator."""

    async def act(house: wiring.House) -> str:
        master, cost = house.vault.master, Cost(*house.settings.password_cost)
        keeping = Keeping(house.database, master, house.clock, house.settings.public_url)
        ways = StaffWays(house.database, master, house.clock, keeping, cost)
        invited = await ways.invite_by_email(email)
        click.echo(f"Good until {invited.until:%Y-%m-%d %H:%M} UTC, shown once:", err=True)
        return invited.token

    click.echo(run(lambda: in_house(act)))


@main.command()
@click.option("--email", required=True)
@click.option(
    "--minutes",
    type=click.IntRange(1, LONGEST_TOKEN_MINUTES),
    default=LONGEST_TOKEN_MINUTES,
    show_default=True,
)
def token(email: str, minutes: int) -> None:
    """Print a bearer token for scripts: shown once, kept as a hash, at most an hour."""
    click.echo(
        run(
            lambda: in_house(
                lambda house: bootstrap.token(
                    house.database, house.vault, house.clock, email=email, minutes=minutes
                )
            )
        )
    )


@main.group(name="import")
def import_group() -> None:
    """Bring records in."""


import_group.add_command(directory.import_directory)
import_group.add_command(hospital.discharges)
import_group.add_command(hospital.day_list)


@import_group.command(name="patients")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--practice", "practice_name", default="", help="Name or id, if there are several.")
def import_patients(file: Path, practice_name: str) -> None:
    """Import patients from a CSV file: all or nothing; the same file twice changes nothing."""

    async def act(house: wiring.House) -> bootstrap.Imported:
        practice_id = await practice_named(house, practice_name)
        keys = await house.vault.keys(practice_id)

        async def told(work: Work, changed: Revision) -> None:
            before, after = changed.before, changed.after
            if before.phone is not None and before.phone != after.phone:
                # A phone that is replaced hears of it, whoever says so.
                at, text = house.clock.now(), MessageId(fresh_id(house.clock))
                old = (await phone_ids(work, keys, [before.phone], at))[before.phone]
                await queue_phone_changed(
                    work, keys, house.library.catalogue, text, old, before.language, at=at
                )
            if (before.language, before.status) != (after.language, after.status):
                await house.turns.person_changed(
                    work,
                    practice_id,
                    before.id,
                    active=after.status == "active",
                    language=after.language if after.language != before.language else None,
                    by=None,
                )

        return await bootstrap.import_patients(
            house.database,
            house.vault,
            house.clock,
            practice=practice_id,
            told=told,
            raw=await asyncio.to_thread(file.read_bytes),
            progress=bar,
        )

    try:
        with bar_of("Patients") as bar:
            done = asyncio.run(in_house(act))
    except BadRows as bad:
        for row in bad.rows:
            click.echo(f"line {row.line}: {row.reason}", err=True)
        click.echo(f"engage: {bad.sentence}", err=True)
        sys.exit(1)
    except EngageError as error:
        stop(error)
    click.echo(f"{done.created} created, {done.updated} updated, {done.unchanged} unchanged.")


@contextmanager
def bar_of(what: str) -> Generator[Callable[[int, int], None]]:
    """Show on a terminal how far something has come; anywhere else say nothing."""
    # rich takes a tenth of a second to import: no other command waits for it.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        shown = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(shown, completed=done, total=total)


# Words


@main.command(name="play")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--write", is_flag=True, help="Type a conversation; it is written to FILE.")
def play_command(file: Path, write: bool) -> None:  # noqa: FBT001 - click
    """Play a transcript against the pure core, or write one from a typed conversation."""
    library = Library.shipped()
    try:
        if write:
            written = converse(library, sys.stdin, click.echo, SystemClock().now())
            file.write_text(written, encoding="utf-8")
            click.echo(f"Written: {file}")
            return
        transcript = parse(file.read_text("utf-8"))
        played = play(transcript, library)
    except TranscriptInvalid as error:
        stop(error)
    except (OSError, UnicodeError):
        done = "written" if write else "read"
        click.echo(f"engage: the transcript can't be {done}.", err=True)
        sys.exit(1)
    click.echo(print_transcript(transcript), nl=False)
    for difference in played.differences:
        click.echo(str(difference), err=True)
    sys.exit(1 if played.differences else 0)


main.add_command(signing.texts)
