"""The command that reads free text as the inbound path does: the same code, without a database.

This room refuses logic, and it refuses settings: what a text means does not depend on them.
"""

import sys
from typing import BinaryIO

import click

from engage.reading.lines import answer


@click.command(name="read")
@click.option(
    "--jsonl",
    type=click.File("rb"),
    help="Replies, one JSON object a line (id, text, lang, context); unnamed, standard input.",
)
def read(jsonl: BinaryIO | None) -> None:
    """Read replies and print what the reader makes of them, one JSON object a line.

    A line that can not be read comes out as POSSIBLE, as a text would. Words are not printed.
    """
    for line in jsonl or sys.stdin.buffer:
        if line.strip():
            click.echo(answer(line))
