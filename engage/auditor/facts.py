"""What the auditor has seen, as values: moments, counts and ids, of nobody by name. (p).

Each fact is as old, or as large, as it is; what is too old or too much is said in checks.py. This
room refuses everything that somebody wrote or is called, and every word of the loops about
themselves.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from engage.ids import PracticeId


class Standing(Struct, frozen=True, kw_only=True):
    """One row that stands as it should not for long."""

    #: Which check it is for.
    check: str
    practice: PracticeId
    #: The row: an item, a text, a page, a flag.
    id: UUID
    #: For how many seconds, or (work that keeps failing) how often.
    amount: float
    #: The kind of work.
    what: str = ""


class Carried(Struct, frozen=True, kw_only=True):
    """What became of the newest texts of a practice within the hour."""

    practice: PracticeId
    #: Of the newest five.
    accepted: int = 0
    refused: int = 0
    #: Of the newest three that left more than four minutes ago: how many the carrier took, and of
    #: how many it has said more.
    under_way: int = 0
    reported: int = 0


class Canary(Struct, frozen=True, kw_only=True):
    """The newest canary of a practice."""

    practice: PracticeId
    sent_at: datetime
    recorded_at: datetime | None = None
    read_at: datetime | None = None
    decided_at: datetime | None = None
    #: When the last one was sent that went all the way.
    passed_at: datetime | None = None


class Facts(Struct, frozen=True, kw_only=True):
    """Everything that is known at a moment."""

    at: datetime
    #: The database's own clock at that moment.
    database_at: datetime
    #: When this process began to look: what ought to have happened before is not held against it.
    since: datetime
    practices: tuple[PracticeId, ...] = ()
    #: The practices in which somebody active works.
    staffed: frozenset[PracticeId] = frozenset()
    #: The practices whose texts are held, by a person or because of the carrier.
    held: frozenset[PracticeId] = frozenset()
    standing: tuple[Standing, ...] = ()
    carried: tuple[Carried, ...] = ()
    canaries: tuple[Canary, ...] = ()
    #: How often canaries fly; None: not at all.
    canary_seconds: float | None = None
    restored_at: datetime | None = None
    writable: bool = True
    #: How long the oldest request waits in the spool of this machine, while the database is there.
    spool_seconds: float = 0.0
