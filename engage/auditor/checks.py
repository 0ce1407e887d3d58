"""What must hold whatever the loops believe, and what is found where it does not. (p).

Each check is a name, a sentence, how long a thing may stand before it is a finding, and whether
somebody is told. Over limits that a working deployment keeps by far, and short enough that every
broken stage is an alarm within ten minutes. This room refuses to ask how something came about:
it counts what is there.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from engage.auditor.facts import Canary, Facts
from engage.ids import PracticeId

MOST_IDS = 5
Severity: TypeAlias = Literal["severe", "note"]


class Check(Struct, frozen=True):
    """One thing that must hold."""

    sentence: str
    #: How many seconds, or times, are still no finding.
    limit: float
    severity: Severity = "severe"


CHECKS: dict[str, Check] = {
    "flag-without-work": Check("A flagged reply has no open item and no recorded end.", 60),
    "item-without-owner": Check("An open item has no owner who is active and works here.", 60),
    "item-owner-away": Check("The owner of an open item is away and nobody covers.", 300, "note"),
    "work-left-behind": Check(
        "Open work is with somebody who is away until after it is due, though others are here.", 300
    ),
    "nobody-there": Check("Nobody active works in the practice.", 0),
    "text-unread": Check("A text that came in has not been handled.", 180),
    "step-overdue": Check("The next step of a page is overdue.", 120),
    "page-not-sent": Check("A page has not left the console.", 300),
    "crisis-waits": Check("Nobody has taken on a crisis.", 1800),
    "possible-waits": Check("Nobody has taken on a possible crisis.", 3600),
    "text-stuck": Check("A text is being sent and never comes back from it.", 300),
    "text-after-stop": Check("A text went to a line after its STOP.", -1),
    "work-overdue": Check("Work is due and no loop takes it.", 180),
    "work-failing": Check("Work is tried again and again and fails.", 3),
    "work-lost": Check("Work waits that no loop will ever find.", 180),
    "feed-held": Check("What changes does not reach the console: a transaction stays open.", 180),
    "spool-waits": Check(
        "What the carrier posted waits on the disk though the database is up.", 120
    ),
    "carrier-refuses": Check("The carrier has refused the newest five texts.", 4),
    "reports-missing": Check("The carrier no longer says what becomes of texts.", 2),
    "sending-held": Check("The practice's texts are held.", 0, "note"),
    "restored": Check("A backup was restored: only safety texts leave until a person resumes.", 0),
    "clock-wrong": Check("The clocks of this machine and of the database differ.", 60),
    "read-only": Check("The database takes no writes.", 0),
    "canary-missing": Check("A text of our own did not come through our own door.", 60),
}
"""Every check by its name. The runbook says what to do about each."""


class Finding(Struct, frozen=True, kw_only=True):
    """What does not hold, in a practice or (None) everywhere: how many, and some of their ids."""

    check: str
    practice: PracticeId | None
    what: str
    count: int
    ids: tuple[UUID, ...] = ()
    #: The longest, or the most often.
    amount: float = 0.0

    @property
    def about(self) -> str:
        """What makes it the same finding at the next look."""
        return f"{self.check}:{self.what}" if self.what else self.check

    @property
    def severe(self) -> bool:
        """Say whether somebody is told, and the heartbeat withheld."""
        return CHECKS[self.check].severity == "severe"

    @property
    def sentence(self) -> str:
        """The finding in words, with its count and ids."""
        what = f" [{self.what}]" if self.what else ""
        where = "" if self.practice is None else f" in practice {self.practice}"
        ids = f": {', '.join(map(str, self.ids))}" if self.ids else ""
        return f"{self.check}{what}: {CHECKS[self.check].sentence} {self.count}{where}{ids}"


def findings(facts: Facts) -> tuple[Finding, ...]:
    """Return everything that does not hold, the severe first."""
    found = [*_everywhere(facts), *_standing(facts), *_carrier(facts), *_canaries(facts)]
    found += [_one("nobody-there", p) for p in facts.practices if p not in facts.staffed]
    found += [_one("sending-held", p) for p in facts.practices if p in facts.held]
    return tuple(
        sorted(found, key=lambda one: (not one.severe, one.about, str(one.practice or "")))
    )


def passed(found: tuple[Finding, ...]) -> bool:
    """Say whether the heartbeat may beat."""
    return not any(one.severe for one in found)


def _one(
    check: str, practice: PracticeId | None, what: str = "", *, amount: float = 0.0, count: int = 1
) -> Finding:
    return Finding(check=check, practice=practice, what=what, count=count, amount=amount)


def _everywhere(facts: Facts) -> Iterator[Finding]:
    apart = abs((facts.at - facts.database_at).total_seconds())
    if apart > CHECKS["clock-wrong"].limit:
        yield _one("clock-wrong", None, amount=apart)
    if not facts.writable:
        yield _one("read-only", None)
    if facts.restored_at is not None:
        yield _one("restored", None, amount=(facts.at - facts.restored_at).total_seconds())
    if facts.spool_seconds > CHECKS["spool-waits"].limit:
        yield _one("spool-waits", None, amount=facts.spool_seconds)


def _standing(facts: Facts) -> Iterator[Finding]:
    groups: dict[tuple[str, PracticeId, str], list[tuple[float, UUID]]] = defaultdict(list)
    for one in facts.standing:
        if one.amount > CHECKS[one.check].limit:
            groups[one.check, one.practice, one.what].append((one.amount, one.id))
    for (check, practice, what), rows in groups.items():
        rows.sort(reverse=True)
        ids = tuple(row[1] for row in rows[:MOST_IDS])
        yield Finding(
            check=check,
            practice=practice,
            what=what,
            count=len(rows),
            ids=ids,
            amount=rows[0][0],
        )


def _carrier(facts: Facts) -> Iterator[Finding]:
    for one in facts.carried:
        if one.refused > CHECKS["carrier-refuses"].limit and not one.accepted:
            yield _one("carrier-refuses", one.practice, count=one.refused)
        if one.under_way > CHECKS["reports-missing"].limit and not one.reported:
            yield _one("reports-missing", one.practice, count=one.under_way)


def _canaries(facts: Facts) -> Iterator[Finding]:
    if facts.canary_seconds is None:
        return
    seen = {one.practice: one for one in facts.canaries}
    for practice in facts.practices:
        stage = _silent(seen.get(practice), facts, facts.canary_seconds)
        if stage is not None:
            yield _one("canary-missing", practice, stage)


def _silent(canary: Canary | None, facts: Facts, every: float) -> str | None:
    """Return the first stage that a canary did not reach in time; None: all is well."""
    limit = CHECKS["canary-missing"].limit
    last = facts.since if canary is None else max(canary.sent_at, facts.since)
    if (facts.at - last).total_seconds() > every + limit:
        return "not-sent"
    if canary is None:
        return None
    stages = (
        ("not-recorded", canary.recorded_at),
        ("not-read", canary.read_at),
        ("not-decided", canary.decided_at),
    )
    stage = next((name for name, at in stages if at is None), None)
    if stage is None or (facts.at - canary.sent_at).total_seconds() > limit:
        return stage
    # This one is still on its way. Did the one before arrive? A finding must not come and go.
    before = facts.since if canary.passed_at is None else max(canary.passed_at, facts.since)
    return stage if (canary.sent_at - before).total_seconds() > every + limit else None
