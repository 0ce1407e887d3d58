"""The words that wait for a reviewer, and what a practice has signed, for the deployment's file.

This room refuses a signature of earlier words: the file would carry it, and it would hold nothing.
"""

import json
from uuid import UUID

import click

from engage import wiring
from engage.clock import SystemClock
from engage.commands import in_house, practice_named, run, settings_read
from engage.settings import Settings
from engage.turns import reviews
from engage.turns.library import Library
from engage.turns.signed import Signed, standings, store


@click.command()
@click.option("--unsigned", is_flag=True, help="Only drafts that no review covers.")
@click.option("--signed", is_flag=True, help="Only what a practice has signed in the console.")
@click.option("--practice", "practice_name", default="", help="With --signed: name or id.")
def texts(unsigned: bool, signed: bool, practice_name: str) -> None:  # noqa: FBT001 - click
    """Print the wordings that wait for a reviewer, each with the hash a signature must name.

    With --signed: what a practice's administrators have signed, as entries for ENGAGE_TEXT_REVIEWS.
    """
    if signed:
        click.echo(run(lambda: in_house(lambda house: _entries(house, practice_name))))
        return
    library = Library.shipped()
    settings = settings_read()
    waiting = wiring.drafts(settings, library)
    for draft in waiting if unsigned else wiring.drafts(Settings(), library):
        click.echo(f"# {draft.words!r}")
        click.echo(
            f'[[review]]\nid = "{draft.id}"\nlanguage = "{draft.language}"\n'
            f'sha256 = "{draft.sha256}"\nreviewer = ""\n'
            f"date = {SystemClock().now().date().isoformat()}\n"
        )


async def _entries(house: wiring.House, named: str) -> str:
    practice = await practice_named(house, named)
    async with house.database.work([practice]) as work:
        signed = await store.signed_of(work, practice)
    held = [
        one.signed
        for one in standings(reviews.unsigned(house.library), signed, ())
        if one.state == "signed" and one.signed is not None
    ]
    return "\n".join(entry(one, practice) for one in held)


def entry(signed: Signed, practice: UUID) -> str:
    """Return a signature as the deployment's file has it."""
    # A JSON string is a TOML string, but for pairs of escapes.
    named = [
        json.dumps(one, ensure_ascii=False)
        for one in (signed.text_id, signed.language, signed.sha256, signed.reviewer)
    ]
    keys = ("id", "language", "sha256", "reviewer")
    lines = [f"{key} = {value}" for key, value in zip(keys, named, strict=True)]
    dated = f"date = {signed.signed_at.date().isoformat()}"
    return "\n".join(("[[review]]", *lines, dated, f'practice = "{practice}"', ""))
