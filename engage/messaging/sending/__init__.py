"""The last look before a text leaves, and what the carrier's answers do to the whole account.

A text that must wait goes back as it was, its try not counted, and its lane is closed until there
is a reason to look again: what waits costs nothing. What a human must know about an account is said
once, through the loop "account". This room refuses to hold back a safety text, and to lift a stop
by itself.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Literal, TypeAlias, assert_never

from msgspec import Struct
from prometheus_client import Counter

from engage.db.session import Work
from engage.ids import PracticeId
from engage.messaging.carrier_codes import Effect
from engage.messaging.model import Outgoing
from engage.messaging.pacing import Go, Rate, Wait, day_of, slower, weigh
from engage.messaging.segments import count
from engage.messaging.sending import store

NEVER = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)
"""When a stop ends by itself."""
FORGETS = timedelta(minutes=2)
"""After so long without trouble an account that was slowed down is as fast as before."""

Reason: TypeAlias = Literal[
    "texting-stopped", "texting-paused", "texting-cap-reached", "texting-unusual"
]

_SEGMENTS = Counter("engage_segments_sent", "Segments handed to the carrier", ["urgency"])
_WAITED = Counter("engage_sending_waited", "Texts that had to wait", ["why"])
_EFFECTS = Counter("engage_account_effects", "What carriers did to whole accounts", ["effect"])


class News(Struct, frozen=True):
    """What a person of the practice must know about its texting."""

    reason: Reason
    #: When it began: the same news is told once.
    since: datetime
    code: int | None = None


async def may_leave(work: Work, text: Outgoing, rate: Rate, at: datetime) -> bool:
    """Let a text leave and charge it, or put it back without counting the try."""
    day, segments = day_of(at), count(text.body).segments
    practice = text.practice_id
    stands = await store.standing(work, practice, text.number_id, text.id, rate, day, at)
    urgency = "safety" if text.kind == "safety" else stands.urgency
    verdict = weigh(urgency, segments, stands.rate, stands.bucket, stands.spent, stands.held, at)
    match verdict:
        case Wait(until, routine_only, why):
            _WAITED.labels(why).inc()
            whole = why in ("practice-cap", "account")
            lane = practice if whole else text.number_id
            await store.close_lanes(work, [lane], practice, until, routine_only=routine_only)
            # As it was, so that it keeps its place: the lane says when.
            await work.call("due_wait", "outbox", text.id, text.at)
            if why.endswith("cap") and await store.first_capped(work, practice, day):
                await _say(work, practice, at)
            return False
        case Go(credit, opens_at, unusual):
            await store.spend(work, practice, text.number_id, segments, credit, day, at)
            _SEGMENTS.labels(urgency).inc(segments)
            if opens_at is not None:
                lanes = [text.number_id]
                await store.close_lanes(work, lanes, practice, opens_at, routine_only=False)
            if unusual and await store.first_unusual(work, practice, day):
                await _say(work, practice, at)
            return True
        case _:
            assert_never(verdict)


async def heed(
    work: Work,
    practice: PracticeId,
    effect: Effect,
    code: int | None,
    at: datetime,
    wait_seconds: int | None = None,
) -> None:
    """Do to the account what an answer of the carrier asks for; the graver effect stands."""
    if effect.account == "none":
        return
    _EFFECTS.labels(effect.account).inc()
    now = await store.found(work, practice)
    waits = effect.wait_seconds if wait_seconds is None else wait_seconds
    standing = now.effect if now.held.holds(at) else "none"
    # A stop of our own, by hand or after a restore, has no code: what the carrier says outranks it,
    # so that what ends ours does not end theirs.
    theirs = standing == "stop" and (now.error_code is not None or effect.account != "stop")
    if theirs or (standing == "pause" and effect.account == "slow-down"):
        return
    slowed, until = 0, None
    match effect.account:
        case "slow-down":
            fresh = now.since is None or now.effect != "slow-down" or at - now.since > FORGETS
            slowed = 1 if fresh else now.slowed + 1
            until = at + timedelta(seconds=slower(slowed, waits))
        case "pause":
            until = at + timedelta(seconds=waits)
        case "stop":
            pass
        case _:
            assert_never(effect.account)
    since = now.since if standing == effect.account == "pause" else at
    await store.set_effect(work, practice, effect.account, code, since, until, slowed)
    await store.close_lanes(work, [practice], practice, until or NEVER, routine_only=False)
    if effect.account not in {"slow-down", standing} or standing == "stop":
        await _say(work, practice, at)


async def stop(work: Work, practice: PracticeId, at: datetime) -> None:
    """Stop a practice's sending by hand, or after a restore; what the carrier stopped stays so."""
    now = await store.found(work, practice)
    if now.effect == "stop" and now.error_code is not None:
        return
    await store.set_effect(work, practice, "stop", None, at, None, 0)
    await store.close_lanes(work, [practice], practice, NEVER, routine_only=False)
    await _say(work, practice, at)


async def lift(work: Work, practice: PracticeId, at: datetime) -> bool:
    """Let a practice send again; False if nothing held it."""
    now = await store.found(work, practice)
    held = now.held.holds(at)
    await store.set_effect(work, practice, "none", None, None, None, 0)
    await store.close_lanes(work, [practice], practice, at, routine_only=False)
    await store.close_lanes(work, [practice], practice, at, routine_only=True)
    return held


async def news(work: Work, practice: PracticeId, at: datetime) -> tuple[News, ...]:
    """Return what a person must know about a practice's texting now."""
    now = await store.of(work, practice)
    if now is None:
        return ()
    told: list[News] = []
    if now.held.holds(at) and now.since is not None:
        if now.effect == "stop":
            told.append(News("texting-stopped", now.since, now.error_code))
        elif now.effect == "pause":
            told.append(News("texting-paused", now.since, now.error_code))
    today = day_of(at)
    if now.capped_on == today:
        told.append(News("texting-cap-reached", _begin(today)))
    if now.alarmed_on == today:
        told.append(News("texting-unusual", _begin(today)))
    return tuple(told)


def _begin(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC)


async def _say(work: Work, practice: PracticeId, at: datetime) -> None:
    await work.call("due_set", "account", practice, practice, at)
