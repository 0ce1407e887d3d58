"""Twelve broken stages and more on a virtual clock: each is an alarm within ten minutes (D5).

A stage that breaks shows as facts that grow from the moment it broke. The real checks and the real
rounds look at them once a minute; an alarm is a severe finding that still stands at the next look,
or a heartbeat that an outside watcher has missed for five minutes.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from engage.auditor.checks import CHECKS, findings
from engage.auditor.facts import Canary, Carried, Facts, Standing
from engage.auditor.looking import Audit
from engage.clock import SettableClock
from engage.ids import PracticeId
from engage.jobs.auditing import Rounds

BROKE = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NORTH, SOUTH = PracticeId(UUID(int=1)), PracticeId(UUID(int=2))
ROW = UUID(int=7)
EVERY = 300.0
MISSED_MINUTES = 5
ALARM_MINUTES = 10


def well(at: datetime) -> Facts:
    """Return what the auditor sees of two practices in which everything works."""
    flown = BROKE + timedelta(seconds=(at - BROKE).total_seconds() // EVERY * EVERY)
    return Facts(
        at=at,
        database_at=at + timedelta(milliseconds=40),
        since=BROKE - timedelta(days=1),
        practices=(NORTH, SOUTH),
        staffed=frozenset((NORTH, SOUTH)),
        carried=(Carried(practice=NORTH, accepted=5, under_way=3, reported=3),),
        canaries=tuple(
            Canary(
                practice=one,
                sent_at=flown,
                recorded_at=flown,
                read_at=flown,
                decided_at=flown,
                passed_at=flown,
            )
            for one in (NORTH, SOUTH)
        ),
        canary_seconds=EVERY,
    )


def but(facts: Facts, **changed: Any) -> Facts:  # noqa: ANN401 - fields of Facts
    """Return facts in which something is different."""
    return msgspec.structs.replace(facts, **changed)


def standing(check: str, what: str = "") -> Callable[[Facts, float], Facts]:
    """Return a break after which one row stands, and gets older."""

    def shown(facts: Facts, seconds: float) -> Facts:
        row = Standing(check=check, practice=SOUTH, id=ROW, amount=seconds, what=what)
        return but(facts, standing=(row,))

    return shown


def canary(*reached: str) -> Callable[[Facts, float], Facts]:
    """Return a break after which one practice's canaries get no further than this."""

    def shown(facts: Facts, _: float) -> Facts:
        north, south = facts.canaries
        stages = {
            one: getattr(south, one) if one in reached else None
            for one in ("recorded_at", "read_at", "decided_at")
        }
        lost = msgspec.structs.replace(south, passed_at=BROKE - timedelta(seconds=EVERY), **stages)
        return but(facts, canaries=(north, lost))

    return shown


def grounded(facts: Facts, _: float) -> Facts:
    """Show that no canary has left since."""
    gone = BROKE - MINUTE
    return but(
        facts,
        canaries=tuple(
            Canary(
                practice=one,
                sent_at=gone,
                recorded_at=gone,
                read_at=gone,
                decided_at=gone,
                passed_at=gone,
            )
            for one in (NORTH, SOUTH)
        ),
    )


def failing(facts: Facts, seconds: float) -> Facts:
    """Show a row that is tried after 5, 30 and 120 seconds and then every ten minutes."""
    tries = sum(seconds >= after for after in (0, 5, 35, 155))
    row = Standing(check="work-failing", practice=SOUTH, id=ROW, amount=tries, what="outcome")
    return but(facts, standing=(row,))


def refusing(facts: Facts, seconds: float) -> Facts:
    """Show a carrier that refuses one text a minute."""
    refused = min(5, int(seconds // 60))
    one = Carried(practice=NORTH, accepted=5 - refused, refused=refused, under_way=3, reported=3)
    return but(facts, carried=(one,))


def silent_carrier(facts: Facts, seconds: float) -> Facts:
    """Show a carrier that takes one text a minute, and says no more."""
    unsaid = max(0, min(3, int((seconds - 240) // 60)))
    one = Carried(practice=NORTH, accepted=5, under_way=3, reported=3 - unsaid)
    return but(facts, carried=(one,))


STAGES: dict[str, Callable[[Facts, float], Facts]] = {
    "the webhook's door is closed": canary(),
    "the reader fails": canary("recorded_at", "decided_at"),
    "turns fail": canary("recorded_at"),
    "no canary leaves": grounded,
    "the spool is not drained": lambda facts, seconds: but(facts, spool_seconds=seconds),
    "the inbox loop stands": standing("work-overdue", "inbox"),
    "texts are never handled": standing("text-unread"),
    "the outbox loop stands": standing("work-overdue", "outbox"),
    "a worker died in the middle of a send": standing("text-stuck"),
    "the timer loop stands": standing("work-overdue", "timer"),
    "the reconciler stands": standing("work-overdue", "reconcile"),
    "the paging loop stands": standing("step-overdue"),
    "the mailer fails": standing("page-not-sent"),
    "one loop fails on every row": failing,
    "a trigger was dropped, so nothing is due": standing("work-lost", "outbox"),
    "the carrier refuses": refusing,
    "status callbacks are missing": silent_carrier,
    "the console's feed is held back": standing("feed-held"),
    "an owner is deactivated": standing("item-without-owner"),
    "a leave moves nothing": standing("work-left-behind"),
    "nobody is left in one practice": lambda facts, _: but(facts, staffed=frozenset((NORTH,))),
    "a flag lost its work": standing("flag-without-work"),
    "a text went out after STOP": standing("text-after-stop"),
    "a backup was restored": lambda facts, _: but(facts, restored_at=BROKE),
    "the database takes no writes": lambda facts, _: but(facts, writable=False),
    "the clock is wrong": lambda facts, _: but(facts, database_at=facts.at + 2 * MINUTE),
}
"""What breaks, and how it shows after so many seconds."""


class Site:
    """An auditor, people who are told, and somebody outside who listens for the heartbeat."""

    def __init__(
        self, shows: Callable[[Facts, float], Facts], *, url: str = "https://beat"
    ) -> None:
        """Begin at the moment of the break."""
        self.clock = SettableClock(BROKE)
        self.shows = shows
        self.url_answers = 200
        self.away = False
        self.beat_at = BROKE
        self.found: dict[PracticeId, Mapping[str, int]] = {}
        self.rounds = Rounds(self, self, self.clock, self.post, url)

    async def look(self) -> Audit:
        """Look, as the auditor does, at facts instead of tables."""
        if self.away:
            raise ConnectionError
        at = self.clock.now()
        facts = self.shows(well(at), (at - BROKE).total_seconds())
        return Audit(at, facts.practices, findings(facts))

    async def told(self, practice: PracticeId, found: Mapping[str, int]) -> None:
        """Keep what is found now."""
        self.found[practice] = dict(found)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Take a heartbeat."""
        assert (url, dict(headers), body) == ("https://beat", {}, b"")
        if self.url_answers == 200:
            self.beat_at = self.clock.now()
        return self.url_answers

    async def minutes_to_alarm(self, worker: bool = True, most: int = 30) -> int | None:  # noqa: FBT001, FBT002 - a switch of the test's
        """Go round once a minute and return after how many minutes somebody hears of it."""
        stood: set[str] = set()
        for minute in range(1, most + 1):
            self.clock.advance(MINUTE)
            if worker:
                try:
                    await self.rounds.once()
                except ConnectionError:
                    self.found = {}
            now = {about for found in self.found.values() for about in found}
            if now & stood or self.clock.now() - self.beat_at >= MISSED_MINUTES * MINUTE:
                return minute
            stood = now
        return None


@pytest.mark.parametrize("stage", STAGES)
async def test_each_broken_stage_is_an_alarm_within_ten_minutes(stage: str) -> None:
    """Promise D5: whatever stands still, somebody hears of it, and the heartbeat falls silent."""
    site = Site(STAGES[stage])

    minutes = await site.minutes_to_alarm()

    assert minutes is not None
    assert minutes <= ALARM_MINUTES
    assert site.clock.now() > site.beat_at


async def test_a_dead_worker_a_lost_database_and_a_dead_address_are_a_missed_heartbeat() -> None:
    """What nobody inside can tell of any more is told by the silence."""

    def fine(facts: Facts, _: float) -> Facts:
        return facts

    away, unheard = Site(fine), Site(fine)
    away.away, unheard.url_answers = True, 500

    assert await Site(fine).minutes_to_alarm(worker=False) == MISSED_MINUTES
    assert await away.minutes_to_alarm() == MISSED_MINUTES
    assert await unheard.minutes_to_alarm() == MISSED_MINUTES


async def test_a_deployment_that_works_is_never_an_alarm() -> None:
    """Canaries come and go, and in two hours nobody is woken; the heart beats each minute."""
    site = Site(lambda facts, _: facts)

    assert await site.minutes_to_alarm(most=120) is None
    assert site.beat_at == site.clock.now()


async def test_a_note_withholds_no_heartbeat() -> None:
    """Texts that a person has stopped are said, and wake nobody."""
    site = Site(lambda facts, _: but(facts, held=frozenset((NORTH,))))

    assert await site.minutes_to_alarm(most=20) is None


async def test_people_who_are_not_told_withhold_it() -> None:
    """If telling fails, the heartbeat stops: somebody outside must hear instead."""

    class Mute(Site):
        async def told(self, practice: PracticeId, found: Mapping[str, int]) -> None:
            assert not found[str(practice)] if found else True
            raise ConnectionError

    assert await Mute(lambda facts, _: facts).minutes_to_alarm() == MISSED_MINUTES


def test_a_crisis_that_nobody_takes_on_is_found() -> None:
    """Half an hour for a crisis, an hour for a possible one, whatever paging says of itself."""
    for check in ("crisis-waits", "possible-waits"):
        limit = CHECKS[check].limit
        facts = well(BROKE)
        assert not findings(standing(check)(facts, limit))
        (found,) = findings(standing(check)(facts, limit + 1))
        assert (found.check, found.count, found.ids) == (check, 1, (ROW,))
        assert str(ROW) in found.sentence


def test_a_finding_counts_and_names_the_oldest() -> None:
    """Thirty rows are one finding: its count, and the ids of those that stand longest."""
    rows = tuple(
        Standing(check="text-unread", practice=NORTH, id=UUID(int=n), amount=170 + n)
        for n in range(30)
    )
    (found,) = findings(but(well(BROKE), standing=rows))

    assert found.count == 19
    assert [one.int for one in found.ids] == [29, 28, 27, 26, 25]


def test_a_canary_on_its_way_is_not_missing() -> None:
    """For a minute it may fly; while the one before came home, nothing is found."""
    facts = well(BROKE + timedelta(seconds=EVERY))
    north, south = facts.canaries
    flying = msgspec.structs.replace(
        south, recorded_at=None, read_at=None, decided_at=None, passed_at=BROKE
    )

    assert not findings(but(facts, canaries=(north, flying)))
    assert not findings(but(facts, canaries=(), canary_seconds=None))
