"""Bring a directory of helping organizations in: an Open Referral HSDS 3 package, CSV or JSON.

This room refuses to open more of an archive than a directory can have.
"""

import asyncio
import lzma
import sys
import zipfile
import zlib
from pathlib import Path

import click

from engage import wiring
from engage.audit import SYSTEM, record
from engage.commands import in_house, practice_named, stop
from engage.errors import EngageError
from engage.needs.hsds import read, shipped_terms
from engage.needs.hsds_tables import LONGEST_BYTES, Tables, tables_of_csv, tables_of_json
from engage.needs.listing.store import Imported, write

_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError)
"""What a damaged, encrypted or unusual archive raises; "not implemented" is a RuntimeError."""


class NotADirectory(EngageError):  # noqa: N818 - reads as a sentence
    """This is neither a folder or zip archive of CSV files nor a JSON file, or it is too large."""


@click.command(name="directory")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--practice", "practice_name", default="", help="Name or id, if there are several.")
@click.option(
    "--source",
    default="directory",
    show_default=True,
    help="Whose directory it is: what this source no longer names is withdrawn, others stay.",
)
def import_directory(path: Path, practice_name: str, source: str) -> None:
    """Import organizations and services: all or nothing; the same files twice change nothing."""
    try:
        directory = read(tables_in(path), shipped_terms())
    except EngageError as error:
        for row in getattr(error, "rows", ()):
            click.echo(str(row), err=True)
        stop(error)

    async def act(house: wiring.House) -> Imported:
        practice = await practice_named(house, practice_name)
        at = house.clock.now()
        async with house.database.work([practice], practice) as work:
            done = await write(work, practice, source, directory, at)
            await record(
                work,
                practice,
                at,
                actor=SYSTEM.actor,
                action="directory.import",
                subject="practice",
                subject_id=practice,
            )
        return done

    try:
        done = asyncio.run(in_house(act))
    except EngageError as error:
        stop(error)
    click.echo(
        f"{done.created} created, {done.updated} updated, {done.unchanged} unchanged, "
        f"{done.withdrawn} withdrawn."
    )
    if directory.unplaced:
        click.echo(
            f"{directory.unplaced} services name no need that we know: found by words only.",
            file=sys.stderr,
        )


def tables_in(path: Path) -> Tables:
    """Return the tables of a folder, an archive or a JSON file; NotADirectory if it is none."""
    if path.is_dir():
        files = [one for one in sorted(path.rglob("*.csv")) if one.is_file()]
        if sum(one.stat().st_size for one in files) > LONGEST_BYTES:
            raise NotADirectory
        return tables_of_csv({str(one.relative_to(path)): one.read_bytes() for one in files})
    if zipfile.is_zipfile(path):
        return tables_of_csv(_unpacked(path))
    if path.stat().st_size > LONGEST_BYTES or path.suffix.lower() != ".json":
        raise NotADirectory
    return tables_of_json(path.name, path.read_bytes())


def _unpacked(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            # What the archive says of its sizes is checked again while it is unpacked.
            inside = [one for one in archive.infolist() if one.filename.lower().endswith(".csv")]
            if sum(one.file_size for one in inside) > LONGEST_BYTES:
                raise NotADirectory
            return {one.filename: archive.read(one) for one in inside}
    except _BROKEN as error:
        raise NotADirectory from error
