"""Import a file of discharges: in one transaction, all of it or nothing; twice is once."""

from zoneinfo import ZoneInfo

from msgspec import Struct

from engage.audit import SYSTEM, By
from engage.checkins import discharge_csv, discharges
from engage.clock import Clock, fresh_id
from engage.db.session import Database, Work
from engage.db.vault import Vault
from engage.ids import PracticeId
from engage.people.csv_import import BadRow, BadRows, decode
from engage.people.staffing.store import get_practice
from engage.people.store import lock_by_external_ids


class Imported(Struct, frozen=True):
    """What an import did: every row of the file counts once."""

    applied: int
    unchanged: int


async def import_discharges(
    database: Database,
    vault: Vault,
    clock: Clock,
    *,
    practice: PracticeId,
    raw: bytes,
    by: By = SYSTEM,
) -> Imported:
    """Import a CSV file; BadRows lists all that is wrong with it."""
    text, at = decode(raw), clock.now()
    keys = await vault.keys(practice)

    async def act(work: Work) -> Imported:
        zone = ZoneInfo((await get_practice(work, practice)).time_zone)
        rows, bad = discharge_csv.read_rows(text, zone, at)
        people = sorted({row.said.stay.person for row in rows})
        known = await lock_by_external_ids(work, keys, people)
        bad += discharge_csv.strangers(rows, frozenset(known))
        if bad:
            raise BadRows(bad)
        done: list[str] = []
        for row in rows:
            heard = await discharges.hear(
                work, practice, row.said, source="csv", cause=fresh_id(clock), at=at, by=by
            )
            if heard.result == "of-another":
                reason = "visit_number: this visit is another patient's"
                bad.append(BadRow(row.line, reason))
            done.append(heard.result)
        if bad:
            raise BadRows(bad)
        return Imported(done.count("applied"), done.count("unchanged"))

    return await database.again(act, [practice], practice)
