"""Commands about paging: the phone of a member of staff, test pages, and a key for pushes.

This room refuses logic: a command calls one function of a room below and prints what came of it.
"""

import click

from engage import wiring
from engage.commands import in_house, practice_named, run
from engage.ids import PracticeId, StaffId
from engage.people import bootstrap
from engage.people.pagers import store as pagers
from engage.people.pagers import vapid
from engage.people.phone import PhoneNumber
from engage.queue.paging import proofs
from engage.queue.paging.channel import WAYS, Way

_PRACTICE = click.option(
    "--practice", "practice_name", default="", help="Name or id, if there are several."
)
_TO = click.option("--to", "email", required=True, help="The e-mail address of a member of staff.")


@click.group(name="paging")
def group() -> None:
    """By which ways people are told of what can't wait, and proof that they come."""


@group.command()
@_PRACTICE
@_TO
def phone(practice_name: str, email: str) -> None:
    """Set the phone that a member of staff is paged on by SMS; empty takes it away.

    It is asked for: a number in an argument could be read by everybody on the machine.
    """
    said = click.prompt("Phone", default="", show_default=False)
    number = PhoneNumber.parse(said) if said.strip() else None

    async def act(house: wiring.House) -> None:
        _, person = await _somebody(house, practice_name, email)
        async with house.database.work() as work:
            await pagers.put_phone(work, house.vault.master, person, number, house.clock.now())

    run(lambda: in_house(act))
    click.echo("Paged by SMS from now on." if number else "Paged by SMS no more.")


@group.command()
@_PRACTICE
@_TO
@click.option("--way", type=click.Choice(WAYS), required=True)
def test(practice_name: str, email: str, way: Way) -> None:
    """Send a member of staff a test page; they read its code to you."""

    async def act(house: wiring.House) -> None:
        practice, person = await _somebody(house, practice_name, email)
        await proofs.send(
            house.database, house.vault.master, house.clock, house.channels, practice, person, way
        )

    run(lambda: in_house(act))
    click.echo("Sent. Within a day: engage paging confirm --to ADDRESS --code CODE")


@group.command()
@_PRACTICE
@_TO
@click.option("--code", required=True, help="What the test page says.")
def confirm(practice_name: str, email: str, code: str) -> None:
    """Take the code of a test page: from now on its way is proven."""

    async def act(house: wiring.House) -> Way:
        practice, person = await _somebody(house, practice_name, email)
        return await proofs.confirm(
            house.database, house.vault.master, house.clock, practice, person, code
        )

    way = run(lambda: in_house(act))
    click.echo(f"Proven: pages by {proofs.NAMES[way]} come.")


@group.command(name="new-key")
def make_key() -> None:
    """Print a new private key for ENGAGE_VAPID_KEYS."""
    click.echo(vapid.new_key())


async def _somebody(
    house: wiring.House, practice_name: str, email: str
) -> tuple[PracticeId, StaffId]:
    practice = await practice_named(house, practice_name)
    person = await bootstrap.member(house.database, house.vault, house.clock, practice, email)
    return practice, person
