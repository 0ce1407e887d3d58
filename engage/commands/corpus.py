"""Commands about the corpus: take out of a practice the replies that may be learned from.

This room refuses what nobody approved, and prints nothing that says whose it was: no id of a text,
a piece of work or a person.
"""

import click
import msgspec

from engage import wiring
from engage.commands import in_house, practice_named, run
from engage.queue.candidates import store

_MOST = 10_000


class Row(msgspec.Struct, frozen=True):
    """A line of the corpus, as engage/reading/corpus has them."""

    id: str
    text: str
    lang: str
    context: str
    labels: tuple[str, ...]
    urgency: str
    note: str = ""
    scenario: str = "from-practice"
    writer: str = "practice"

    def __repr__(self) -> str:
        """Hide the words."""
        return "Row(…)"


@click.group(name="corpus")
def group() -> None:
    """Take out what a practice lets us learn from."""


@group.command()
@click.option("--practice", "practice_name", default="", help="Name or id, if there are several.")
def export(practice_name: str) -> None:
    """Print the approved, de-identified replies of a practice, one JSON object a line."""

    async def act(house: wiring.House) -> list[Row]:
        practice = await practice_named(house, practice_name)
        keys = await house.vault.keys(practice)
        async with house.database.work([practice]) as work:
            found = await store.listed(work, [keys], "approved", store.FIRST, _MOST)
        return [
            Row(
                id=f"practice-{place:05}",
                text=one.words,
                lang=one.language,
                context=one.context,
                labels=one.labels,
                urgency=one.urgency,
            )
            for place, (_, one) in enumerate(found)
        ]

    for row in run(lambda: in_house(act)):
        click.echo(msgspec.json.encode(row).decode())
