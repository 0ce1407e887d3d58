"""`engage audit`: let the auditor look once, now, and say what does not hold.

For a person, and for a watcher that stands outside of the workers: the exit code is 0 if all is
well. This room refuses logic: what is looked at stands in engage/auditor.
"""

import asyncio
import sys

import click

from engage import wiring
from engage.auditor.looking import Audit, Auditor
from engage.clock import SystemClock
from engage.commands import run, settings_read
from engage.db.session import Database


@click.command(name="audit")
def audit() -> None:
    """Check every practice independently of the loops; ids and counts only, nothing of anybody."""
    looked = run(_look)
    if looked is None:
        click.echo("A worker is looking just now; try again.", err=True)
        sys.exit(1)
    for one in looked.findings:
        click.echo(f"- {one.sentence}" if one.severe else f"- (note) {one.sentence}")
    verdict = "All is well" if looked.passed else "Not well"
    click.echo(f"{verdict}; practices looked at: {len(looked.practices)}.")
    sys.exit(0 if looked.passed else 1)


async def _look() -> Audit | None:
    settings, servers = await wiring.to_thread_prepared(settings_read())
    try:
        database = await Database.open(
            settings.need("auditor_database_url"), setting="ENGAGE_AUDITOR_DATABASE_URL", size=1
        )
        try:
            return await Auditor(
                database,
                SystemClock(),
                canary_seconds=settings.canary_seconds,
                spool=wiring.spool_directory(settings),
            ).look()
        finally:
            await database.close()
    finally:
        if servers is not None:
            await asyncio.to_thread(servers.stop)
