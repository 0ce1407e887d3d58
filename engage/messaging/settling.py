"""What each ending of a send, a search or a report writes: one function per outcome.

All run inside the caller's transaction, with line and text locked. Each moves the text by the
delivery machine, keeps what the carrier said, tells the feed, and arms the loop that carries the
news to the conversation. This module refuses to talk to a carrier.
"""

from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import structlog

from engage import feed
from engage.db.session import Work
from engage.ids import ConsentEventId, MessageId, derived
from engage.messaging import sending, store
from engage.messaging.again import store as once_more
from engage.messaging.carrier import Effect, Found, classify
from engage.messaging.delivery import SAYS, State, advance, news, read_report, step
from engage.messaging.kinds import KINDS
from engage.messaging.may_text import DELAYED, Wait, WhyNot
from engage.messaging.model import Outgoing
from engage.messaging.phone_state import heard, learn
from engage.messaging.phones import store as phones
from engage.messaging.webhook_form import StatusReport
from engage.people.consents import store as consents
from engage.people.consents.store import ConsentRow

Due: TypeAlias = Literal["outbox", "unknown", "outcome"]
_FAILED: tuple[State, ...] = ("failed", "undelivered")

SAFETY_WAITS = timedelta(minutes=1)
"""A safety text is sent once more so soon, whatever its code; a human is told meanwhile."""

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


async def accepted(
    work: Work, text: Outgoing, account: str, sid: str, segments: int | None, at: datetime
) -> None:
    """Write that the carrier has it; a report may have said so before the answer did."""
    await store.keep_receipt(work, text, account, sid, at)
    state = step(text.state, "accept")
    await store.move(work, text, state, at, sending_at=text.sending_at, sid=sid, segments=segments)
    await _tell(work, text, state, at)


async def refused(
    work: Work, text: Outgoing, code: int | None, effect: Effect, at: datetime
) -> None:
    """Write that the carrier said no, for good."""
    state = step(text.state, "refuse")
    await store.move(work, text, state, at, sending_at=text.sending_at, code=code)
    await _heed(work, text, code, effect, at)
    await _tell(work, text, state, at)


async def put_back(work: Work, text: Outgoing, at: datetime, wait_seconds: int) -> None:
    """Queue it again for later: it was certainly not sent."""
    state = step(text.state, "put-back")
    if state != "queued":
        # A report outran the answer: it was sent after all.
        await done(work, "outbox", text)
        return
    await store.move(work, text, state, at, sending_at=None)
    await again(work, "outbox", text, at + timedelta(seconds=wait_seconds))


async def hold(
    work: Work,
    text: Outgoing,
    code: int | None,
    effect: Effect,
    at: datetime,
    wait_seconds: int | None = None,
) -> None:
    """Queue it as it was, no try counted, and hold the account: not the text was refused."""
    await sending.heed(work, text.practice_id, effect, code, at, wait_seconds)
    state = step(text.state, "put-back")
    if state != "queued":
        await done(work, "outbox", text)
        return
    await store.move(work, text, state, at, sending_at=None)
    await work.call("due_wait", "outbox", text.id, text.at)


async def try_again(work: Work, text: Outgoing, at: datetime) -> None:
    """Send once more what nobody has: only its class allows it, and only once."""
    state = step(text.state, "try-again")
    await done(work, "unknown", text)
    if state != "queued":
        return
    await store.move(work, text, state, at, sending_at=None)
    await store.count_resend(work, text)
    await again(work, "outbox", text, at)
    await _publish(work, text, at)


async def undone(work: Work, text: Outgoing, at: datetime) -> bool:
    """Withdraw what its author took back; False if it is on its way. Nobody needs to be told."""
    state = step(text.state, "withdraw")
    if state == text.state:
        return False
    await store.move(work, text, state, at, sending_at=None, reason="undone")
    await done(work, "outbox", text)
    await _publish(work, text, at)
    return True


async def lost(work: Work, text: Outgoing, at: datetime, look_at: datetime) -> None:
    """Have it looked for later, because it may have left; it is never posted again."""
    state = step(text.state, "lose")
    await done(work, "outbox", text)
    if state != "unknown":
        return
    await store.move(work, text, state, at, sending_at=text.sending_at)
    await again(work, "unknown", text, look_at)
    await _publish(work, text, at)


async def found(work: Work, text: Outgoing, account: str, one: Found, at: datetime) -> None:
    """Adopt a text that the carrier's list has, with what became of it since."""
    await store.keep_receipt(work, text, account, one.sid, at)
    word = read_report(one.status)
    state = step(text.state, "accept")
    state = state if word is None else advance(state, word)
    await store.move(
        work, text, state, at, sending_at=text.sending_at, sid=one.sid, code=one.error_code
    )
    if state in _FAILED:
        await _heed(work, text, one.error_code, classify(one.error_code).effect, at)
    await _tell(work, text, state, at)


async def never_found(work: Work, text: Outgoing, at: datetime) -> None:
    """Leave it unknown and have a human told; a late report still counts."""
    await done(work, "unknown", text)
    await again(work, "outcome", text, at)
    await _publish(work, text, at)


async def held(work: Work, text: Outgoing, wait: Wait, at: datetime) -> None:
    """Leave it queued until a moment; the page says why."""
    await store.hold(work, text, wait.until, wait.reason, at)
    await work.call("due_wait", "outbox", text.id, wait.until)
    if wait.reason == "not-verified":
        # Whether they are still themselves is a conversation: turns begins it.
        await again(work, "outcome", text, at)
    await _publish(work, text, at)


async def withdrawn(
    work: Work, text: Outgoing, reason: WhyNot | Literal["no-account"], at: datetime
) -> None:
    """Withdraw what may not be sent, or expire what would come too late to be worth saying.

    Only we know, so the conversation hears of it.
    """
    state = step(text.state, "expire" if reason in DELAYED else "withdraw")
    await store.move(work, text, state, at, sending_at=None, reason=reason)
    await _tell(work, text, state, at)
    await again(work, "outcome", text, at)


async def reported(work: Work, text: Outgoing, report: StatusReport, at: datetime) -> None:
    """Keep a report, once; the text moves forward or not at all."""
    first = text.failed_sid is not None and report.sid == text.failed_sid
    if not first and text.carrier_sid not in (None, report.sid):
        # The signature is good, but this is some other text of theirs.
        _log.warning("report for another sid", message=text.id)
        return
    code, attempt = report.error_code, 1 if first or text.failed_sid is None else 2
    if not await store.keep_report(work, text, report.status, code or 0, at, attempt=attempt):
        return
    word = read_report(report.status)
    if word is None:
        _log.warning("unknown report", message=text.id)
        return
    if first and SAYS[word] != "delivered":
        return  # of an attempt that is given up only its arrival is news
    state = advance(text.state, word)
    if text.carrier_sid is None:
        await store.keep_receipt(work, text, report.account_sid, report.sid, at)
    if state == text.state and text.carrier_sid is not None:
        return
    failed = state in _FAILED
    await store.move(
        work,
        text,
        state,
        at,
        sending_at=text.sending_at,
        sid=report.sid,
        code=code if failed else None,
    )
    if state == "delivered" and text.phone.doubts:
        known = await phones.lock(work, text.practice_id, text.phone_id)
        await phones.write(work, text.practice_id, text.phone_id, heard(known, at))
    again_at = None
    if failed:
        effect = classify(code).effect
        doubted = await _heed(work, text, code, effect, at)
        again_at = None if doubted else _again_at(text, effect, at)
    if again_at is None:
        await _tell(work, text, state, at)
        return
    if text.kind == "safety":
        await _tell(work, text, state, at)
    else:
        await done(work, "unknown", text)
        await _publish(work, text, at)
    await once_more.begin(work, text)
    await again(work, "outbox", text, again_at)


def _again_at(text: Outgoing, effect: Effect, at: datetime) -> datetime | None:
    """Return when a text that was not carried is sent once more: once, and while it is worth it."""
    rules = KINDS[text.kind]
    if effect.message != "again" or text.resent or not rules.again:
        return None
    wait = timedelta(seconds=effect.wait_seconds)
    leaves = at + (min(wait, SAFETY_WAITS) if text.kind == "safety" else wait)
    stale_at = text.at + rules.shelf_life
    if text.not_after is not None:
        stale_at = min(stale_at, text.not_after)
    return leaves if leaves < stale_at else None


def awaits_once_more(text: Outgoing) -> bool:
    """Say whether a text failed at the carrier and has its second attempt before it."""
    return text.state in _FAILED and text.failed_sid is not None and text.carrier_sid is None


async def given_up(work: Work, text: Outgoing, at: datetime, *, wanted: bool) -> None:
    """Leave a text failed; who waits for it hears so now, unless nobody wants it any more."""
    await done(work, "outbox", text)
    if wanted:
        await again(work, "outcome", text, at)
    await _publish(work, text, at)


async def done(work: Work, kind: Due, text: Outgoing) -> None:
    """Take a text out of a loop."""
    await work.call("due_done", kind, text.id)


async def again(work: Work, kind: Due, text: Outgoing, at: datetime) -> None:
    """Have a loop look at this text at a moment."""
    if kind == "outcome" and text.kind in {"code", "news"}:
        # Whoever waits for a code sees that none came, and news stand in the app: nobody's work.
        return
    await work.call("due_set", kind, text.id, text.practice_id, at)


async def forget(work: Work, message_id: MessageId) -> None:
    """Take a text that does not exist out of all loops."""
    for kind in ("outbox", "unknown"):
        await work.call("due_done", kind, message_id)


async def _tell(work: Work, text: Outgoing, state: State, at: datetime) -> None:
    """After a move: what was waited for is over, and who must hear of it does."""
    if state == text.state:
        await done(work, "outbox", text)
        return
    for kind in ("outbox", "unknown"):
        await done(work, kind, text)
    if news(text.state, state) is not None:
        await again(work, "outcome", text, at)
    await _publish(work, text, at)


async def _heed(work: Work, text: Outgoing, code: int | None, effect: Effect, at: datetime) -> bool:
    """Do what a failure asks for; True if it tells against the phone so that no text may follow."""
    await sending.heed(work, text.practice_id, effect, code, at)
    # 21610 and its like: the carrier knows of a STOP we never saw. 30004 only hints at one: nothing
    # is closed, nothing is sent again by itself, and whoever looks at the failure sees it.
    if effect.number == "suspected-opt-out" or (
        effect.number == "opted-out" and await store.close_line(work, text, at)
    ):
        event = ConsentRow(
            id=ConsentEventId(derived(at, text.id, "carrier-evidence")),
            kind=effect.number if effect.number == "suspected-opt-out" else "opted-out",
            how="carrier-evidence",
            actor="carrier",
            at=at,
            line_id=text.line_id,
            message_id=text.id,
        )
        await consents.add(work, text.practice_id, [event])
    if effect.number in {"none", "opted-out", "suspected-opt-out"}:
        return False
    known = await phones.lock(work, text.practice_id, text.phone_id)
    now = learn(known, effect.number, code, at)
    if now != known:
        await phones.write(work, text.practice_id, text.phone_id, now)
    return now.trouble is not None


async def _publish(work: Work, text: Outgoing, at: datetime) -> None:
    await feed.add(work, text.practice_id, at, "message", text.id, text.patient_id)
