"""Commands about hospitals: the door for their messages, who may send, and files of discharges.

This room refuses logic: a command calls one function of a room below and prints what came of it.
"""

import asyncio
import sys
from datetime import datetime
from pathlib import Path

import click

from engage import wiring
from engage.checkins.discharges.importing import Imported, import_discharges
from engage.clock import fresh_id
from engage.commands import in_house, practice_named, run, settings_read
from engage.db.session import Work
from engage.hl7v2.messages import store
from engage.people.csv_import import BadRows, decode
from engage.turns.day_lists import Taken, take_day_list

_PRACTICE = click.option(
    "--practice", "practice_name", default="", help="Name or id, if there are several."
)


@click.command()
def mllp() -> None:
    """Take HL7 v2 messages of hospitals over MLLP, from settings alone."""
    # As for `engage serve`: what it needs takes half a second to import.
    from engage import running  # noqa: PLC0415

    settings = settings_read()
    run(lambda: running.listen(settings, lambda port: click.echo(f"Listening on port {port}.")))


@click.group()
def hl7() -> None:
    """Who may send HL7 v2 messages, and what became of those that waited."""


@hl7.command()
@click.option("--application", required=True, help="The sending application, as in MSH-3.")
@click.option("--facility", required=True, help="The sending facility, as in MSH-4.")
@click.option(
    "--authority",
    default="",
    help="Who gave the practice's patient ids, as in PID-3.4; without it the first one counts.",
)
@_PRACTICE
def sender(application: str, facility: str, authority: str, practice_name: str) -> None:
    """Let a hospital's system send for a practice, or say anew whose patient ids it gives."""

    async def act(house: wiring.House) -> bool:
        practice = await practice_named(house, practice_name)
        new = store.Sender(practice, fresh_id(house.clock), authority)
        async with house.database.work([practice], practice) as work:
            return await store.add_sender(work, application, facility, new, house.clock.now())

    if not run(lambda: in_house(act)):
        click.echo("engage: this sender is another practice's.", err=True)
        sys.exit(1)
    click.echo("Known from now on.")


@hl7.command()
@_PRACTICE
def again(practice_name: str) -> None:
    """Try again what could not be placed or applied: after a patient was added, say."""

    async def act(house: wiring.House) -> int:
        practice = await practice_named(house, practice_name)
        async with house.database.work([practice], practice) as work:
            count = await house.hospital.again(work, practice)
        house.bell.ring(store.KIND)
        return count

    click.echo(f"{run(lambda: in_house(act))} messages are tried again.")


@click.command(name="discharges")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_PRACTICE
def discharges(file: Path, practice_name: str) -> None:
    """Import discharges from a CSV file: all or nothing; the same file twice changes nothing."""

    async def act(house: wiring.House) -> Imported | BadRows:
        try:
            return await import_discharges(
                house.database,
                house.vault,
                house.clock,
                practice=await practice_named(house, practice_name),
                raw=await asyncio.to_thread(file.read_bytes),
            )
        except BadRows as bad:
            return bad

    done = run(lambda: in_house(act))
    if isinstance(done, BadRows):
        for row in done.rows:
            click.echo(f"line {row.line}: {row.reason}", err=True)
        click.echo(f"engage: {done.sentence}", err=True)
        sys.exit(1)
    click.echo(f"{done.applied} applied, {done.unchanged} unchanged.")


@click.command(name="day-list")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]),
    help="When the list was made, with its offset; what is known from later stays.",
)
@_PRACTICE
def day_list(file: Path, as_of: datetime | None, practice_name: str) -> None:
    """Import a clinic's visits from a CSV file: all or nothing; the same file twice is one."""

    async def act(house: wiring.House) -> Taken | BadRows:
        practice = await practice_named(house, practice_name)
        text = decode(await asyncio.to_thread(file.read_bytes))

        async def take(work: Work) -> Taken:
            return await take_day_list(
                work,
                house.turns,
                house.vault,
                house.clock,
                practice=practice,
                text=text,
                as_of=as_of,
            )

        try:
            taken = await house.database.again(take, [practice], practice)
        except BadRows as bad:
            return bad
        house.bell.ring("outbox")
        return taken

    done = run(lambda: in_house(act))
    if isinstance(done, BadRows):
        for row in done.rows:
            click.echo(f"line {row.line}: {row.reason}", err=True)
        click.echo(f"engage: {done.sentence}", err=True)
        sys.exit(1)
    click.echo(f"{done.added} added, {done.changed} changed, {done.unchanged} unchanged.")
