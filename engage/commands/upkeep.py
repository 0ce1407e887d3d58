"""Commands for a deployment that is at work: a practice's account at the carrier, the secret keys.

A secret is read from a file or from standard input. This room refuses one as an argument, which
everybody on the machine could read.
"""

import sys
from typing import TextIO

import click

from engage import wiring
from engage.commands import in_house, owner_of, practice_named, run
from engage.messaging import doors
from engage.people import bootstrap
from engage.people.practice import CarrierChange
from engage.people.rotation import Rotated, rotate

_SECRET = click.File("r", encoding="utf-8")
_CHANGED = (
    "Changed. Every process uses it within {} seconds; `engage doctor` asks the carrier about it."
)
_ONE_INPUT = "Two secrets can not come from one file or from standard input both."


@click.command(name="account")
@click.option("--practice", "practice_name", default="", help="Name or id, if there are several.")
@click.option(
    "--auth-token-file",
    type=_SECRET,
    help="A new auth token, - for standard input. The one before stays accepted.",
)
@click.option(
    "--drop-old-token", is_flag=True, help="Accept the newest auth token only, from now on."
)
@click.option("--api-key", help="Send with this API key (SK…).")
@click.option("--api-secret-file", type=_SECRET, help="Its secret, - for standard input.")
@click.option("--messaging-service-sid", help="What local US numbers text through (MG…).")
def account(
    practice_name: str,
    auth_token_file: TextIO | None,
    drop_old_token: bool,  # noqa: FBT001 - click
    api_key: str | None,
    api_secret_file: TextIO | None,
    messaging_service_sid: str | None,
) -> None:
    """Change a practice's stored account with its carrier; what is not named stays."""
    if auth_token_file and api_secret_file and auth_token_file.name == api_secret_file.name:
        raise click.UsageError(_ONE_INPUT)
    change = CarrierChange(
        auth_token=_secret(auth_token_file),
        drop_old_token=drop_old_token,
        api_key=api_key,
        api_secret=_secret(api_secret_file),
        messaging_service_sid=messaging_service_sid,
    )

    async def act(house: wiring.House) -> bool:
        return await bootstrap.change_carrier(
            house.database,
            house.vault,
            house.clock,
            practice=await practice_named(house, practice_name),
            change=change,
        )

    changed = run(lambda: in_house(act))
    click.echo(_CHANGED.format(doors.KEEP_SECONDS) if changed else "Nothing to change.")


def _secret(file: TextIO | None) -> str | None:
    return None if file is None else file.read().strip()


@click.command(name="rotate-keys")
def rotate_keys() -> None:
    """Bring what older secret keys wrapped, sealed and hashed under the first one.

    Every process must know the first key already. May be stopped and run again at any time.
    """

    async def act(house: wiring.House) -> Rotated:
        async with owner_of(house.settings) as owner:
            return await rotate(owner, house.vault.master, house.clock)

    done = run(lambda: in_house(act))
    for sentence in done.sentences():
        click.echo(sentence)
    sys.exit(0 if done.complete else 1)
