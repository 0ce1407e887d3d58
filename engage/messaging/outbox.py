"""Texts out: claimed, checked at the last moment, written down as "sending", and only then sent.

The row says "sending" in a committed transaction before the carrier is called. So after a crash
nobody wonders: what is "sending" and not ours any more may have left, and is looked for, never
posted again. Each text ends in one state and tells its conversation once, through the loop
"outcome". This room refuses to send twice, to send to who may not be texted, and to call up.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias, TypeVar, assert_never

import structlog
from msgspec import Struct

from engage.clock import Clock
from engage.crash import crash_point
from engage.db.session import Database, Work
from engage.db.vault import Vault
from engage.ids import MessageId, PracticeId, floor_of
from engage.messaging import sending, settling, store, timing
from engage.messaging.again import store as once_more
from engage.messaging.carrier import (
    Accepted,
    Account,
    Carrier,
    CarrierSilent,
    Effect,
    Outcome,
    Refused,
    Text,
    Throttled,
    Unknown,
)
from engage.messaging.copies import told_still
from engage.messaging.delivery import Move, step
from engage.messaging.doors import Door, Doors
from engage.messaging.may_text import Answer, May, MayNot, Wait
from engage.messaging.model import Outgoing
from engage.messaging.pacing import Rate
from engage.messaging.webhook_form import StatusReport
from engage.people.sharing import circles

STATUS_PATH = "/webhooks/twilio/status"
TOKEN_FIELD = "m"  # noqa: S105 - the name of the field, no secret
"""The query field of the callback URL that holds the signed id of the text."""

LOOKS = 3
"""How often an unknown text is looked for before a human is told."""
PATIENCE = 6
"""After so many tries a human is told even if the carrier could never be asked."""
SLOWEST_RETRY_SECONDS = 300

_DAY = timedelta(days=1)

T = TypeVar("T")
_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


ORDERED_FOR = timedelta(minutes=1)
"""How long a text waits for an older one of its line: a stuck one must not hold back the rest."""

BEHIND = timedelta(milliseconds=150)
"""How soon it looks again."""


class Bell(Protocol):
    """Tells the workers that there is work; may be lost, never waits, never raises."""

    def ring(self, loop: str) -> None:
        """Wake a loop."""
        ...


Wanted: TypeAlias = Callable[[Work, Outgoing, datetime], Awaitable[Answer]]
"""Says whether a text of news still says something that its reader may hear, and wants to now."""


class Policy(Struct, frozen=True, kw_only=True):
    """The spans of time the outbox works by."""

    #: Before the first, second and third look for a text that may or may not have left.
    look_after_seconds: tuple[int, ...] = (120, 180, 300)
    #: How long after "sending" the carrier may have created the text.
    span_seconds: int = 120
    #: After this the carrier gives up; sooner, if quiet hours begin sooner.
    validity_seconds: int = 4 * 3600
    #: A practice that exists for show may text all day here, and nowhere else.
    simulated: bool = False
    #: How fast a number may text until somebody says otherwise of it.
    rate: Rate = Rate()


SIMULATED = Policy(look_after_seconds=(2, 5, 10), simulated=True, rate=Rate(100.0, 200, 1_000_000))
"""For the simulator, where nobody wants to wait two minutes."""


class _Sendable(Struct, frozen=True):
    account: Account
    text: Text
    began: datetime


_Begun: TypeAlias = _Sendable | None


class Outbox:
    """Sends what is due, finds what is unknown, takes status reports. One per process."""

    def __init__(  # noqa: PLR0913 - a part for each room that a text passes
        self,
        *,
        database: Database,
        vault: Vault,
        clock: Clock,
        carrier: Carrier,
        doors: Doors,
        public_url: str,
        policy: Policy | None = None,
        bell: Bell | None = None,
        wanted: Wanted | None = None,
    ) -> None:
        """Take all it needs; nothing is read from the surroundings."""
        self._database = database
        self._vault = vault
        self._clock = clock
        self._carrier = carrier
        self._doors = doors
        self._public_url = public_url
        self._policy = policy or Policy()
        self._bell = bell
        self._wanted = wanted

    async def send(self, practice: PracticeId, message_id: MessageId, tries: int = 1) -> None:
        """Send a claimed text, if it still may and should be; `tries` counts this one."""
        # Before the transaction: who holds a connection must not wait for a second one.
        doors = await self._doors.by_practice(practice)
        begun = await self._in_turn(
            practice, message_id, lambda work, text: self._begin(work, text, doors)
        )
        crash_point("send.sending")
        if begun is not None:
            outcome = await self._post(begun, message_id)
            crash_point("send.answered")
            await self._in_turn(
                practice,
                message_id,
                lambda work, text: self._settle(work, text, begun, outcome, tries),
            )
            crash_point("send.done")
        self._ring()

    async def resolve(self, practice: PracticeId, message_id: MessageId, tries: int) -> None:
        """Look for a text that may have left; after the last look a human is told."""
        doors = await self._doors.by_practice(practice)

        async def look(work: Work, text: Outgoing) -> tuple[_Sendable, frozenset[str]] | None:
            ready = self._sendable(text, doors, text.sending_at or text.at)
            if text.state != "unknown" or ready is None:
                await settling.done(work, "unknown", text)
                return None
            taken = await store.taken_sids(work, text, floor_of(ready.began - _DAY))
            return ready, taken if text.failed_sid is None else taken | {text.failed_sid}

        looked_for = await self._in_turn(practice, message_id, look)
        if looked_for is None:
            return
        (ready, taken), asked = looked_for, True
        found = None
        try:
            found = await self._carrier.find(
                ready.account,
                ready.text,
                ready.began,
                ready.began + timedelta(seconds=self._policy.span_seconds),
                taken,
            )
        except CarrierSilent:
            # Not asked is not the same as not there.
            asked = False
        crash_point("resolve.asked")

        async def settle(work: Work, text: Outgoing) -> None:
            at = self._clock.now()
            if text.state != "unknown":
                # A report came meanwhile.
                await settling.done(work, "unknown", text)
            elif found is not None:
                await settling.found(work, text, ready.account.account_sid, found, at)
            elif asked and tries >= LOOKS and text.kind == "safety" and not text.resent:
                # Nobody has it, as far as one can know: where help is, is said once more.
                await settling.try_again(work, text, at)
            elif tries >= (LOOKS if asked else PATIENCE):
                await settling.never_found(work, text, at)
            else:
                waits = self._policy.look_after_seconds
                wait = waits[min(tries, len(waits) - 1)]
                await settling.again(work, "unknown", text, at + timedelta(seconds=wait))
            crash_point("resolve.settled")

        await self._in_turn(practice, message_id, settle)
        crash_point("resolve.done")
        self._ring()

    async def report(
        self, practice: PracticeId, message_id: MessageId, report: StatusReport
    ) -> None:
        """Take what the carrier says became of a text: once, and forward only."""

        async def keep(work: Work, text: Outgoing) -> None:
            await settling.reported(work, text, report, self._clock.now())
            crash_point("report.saved")

        await self._in_turn(practice, message_id, keep)
        crash_point("report.done")
        self._ring()

    async def _in_turn(
        self,
        practice: PracticeId,
        message_id: MessageId,
        act: Callable[[Work, Outgoing], Awaitable[T]],
    ) -> T | None:
        """Do something with a locked text in one transaction."""
        keys = await self._vault.keys(practice)

        async def unit(work: Work) -> T | None:
            await store.lock_line(work, practice, message_id)
            text = await store.outgoing(work, keys, message_id)
            if text is None:
                _log.warning("no such text", message=message_id)
                await settling.forget(work, message_id)
                return None
            return await act(work, text)

        return await self._database.again(unit, [practice], practice)

    def _ring(self) -> None:
        if self._bell is not None:
            self._bell.ring("outcome")

    def _look_again(self) -> None:
        if self._bell is not None:
            here = asyncio.get_running_loop()
            here.call_later(1.1 * BEHIND.total_seconds(), self._bell.ring, "outbox")

    async def _begin(self, work: Work, text: Outgoing, doors: Sequence[Door]) -> _Begun:
        at = self._clock.now()
        if text.state == "sending":
            # The lease ran out under somebody who was sending: it may have left.
            first = timedelta(seconds=self._policy.look_after_seconds[0])
            await settling.lost(work, text, at, at + first)
            return None
        if settling.awaits_once_more(text):
            return await self._begin_once_more(work, text, doors, at)
        if text.state != "queued":
            await settling.done(work, "outbox", text)
            return None
        if text.kind != "safety" and await store.is_behind(work, text, floor_of(at - ORDERED_FOR)):
            await work.call("due_wait", "outbox", text.id, at + BEHIND)
            self._look_again()
            return None
        answer = await self._may_leave(work, text, at)
        match answer:
            case MayNot(reason):
                await settling.withdrawn(work, text, reason, at)
                return None
            case Wait():
                await settling.held(work, text, answer, at)
                return None
            case May(closes_at):
                pass
            case _:
                assert_never(answer)
        ready = self._sendable(text, doors, at, closes_at)
        if ready is None:
            reason = "no-phone" if text.to is None else "no-account"
            await settling.withdrawn(work, text, reason, at)
            return None
        return await self._leave(work, text, ready, "claim", at)

    async def _begin_once_more(
        self, work: Work, text: Outgoing, doors: Sequence[Door], at: datetime
    ) -> _Begun:
        """Let a text that was not carried leave again, if it is still wanted and still may."""
        if not await once_more.is_wanted(work, text):
            await settling.given_up(work, text, at, wanted=text.kind == "staff")
            return None
        answer = await self._may_leave(work, text, at)
        closes_at = answer.closes_at if isinstance(answer, May) else None
        ready = self._sendable(text, doors, at, closes_at)
        if isinstance(answer, Wait):
            await settling.again(work, "outbox", text, answer.until)
        elif isinstance(answer, MayNot) or ready is None:
            await settling.given_up(work, text, at, wanted=True)
        else:
            return await self._leave(work, text, ready, "once-more", at)
        return None

    async def _may_leave(self, work: Work, text: Outgoing, at: datetime) -> Answer:
        """Ask once more all that may have changed since it was written: also what is shared."""
        answer = await timing.ask(work, text, at, simulated=self._policy.simulated)
        if text.kind == "news" and isinstance(answer, May):
            # Who can't be asked is not told.
            if self._wanted is None:
                return MayNot("not-shared")
            wanted = await self._wanted(work, text, at)
            return answer if isinstance(wanted, May) else wanted
        if isinstance(answer, MayNot) or text.right is None or text.patient_id is None:
            return answer
        keys = await self._vault.keys(text.practice_id, work)
        readers = await circles.on_phone(work, keys, text.patient_id, text.phone_id, at)
        return told_still(text.right, readers) or answer

    async def _leave(
        self, work: Work, text: Outgoing, ready: _Sendable, move: Move, at: datetime
    ) -> _Begun:
        if not await sending.may_leave(work, text, self._policy.rate, at):
            return None
        await store.move(work, text, step(text.state, move), at, sending_at=at)
        crash_point("send.begun")
        return ready

    async def _post(self, ready: _Sendable, message_id: MessageId) -> Outcome:
        try:
            return await self._carrier.send(ready.account, ready.text)
        except Exception as error:  # noqa: BLE001 - whatever broke, the text may have left
            _log.warning("carrier raised", message=message_id, exc_info=error)
            return Unknown("unreadable")

    async def _settle(
        self, work: Work, text: Outgoing, ready: _Sendable, outcome: Outcome, tries: int
    ) -> None:
        at = self._clock.now()
        match outcome:
            case Accepted(sid, segments):
                account = ready.account.account_sid
                await settling.accepted(work, text, account, sid, segments, at)
            case Refused(code, effect) if _waits_with_the_account(text, effect):
                await settling.hold(work, text, code, effect, at)
            case Refused(code, effect) if effect.message == "again" and tries <= effect.tries:
                await sending.heed(work, text.practice_id, effect, code, at)
                await settling.put_back(work, text, at, effect.wait_seconds)
            case Refused(code, effect):
                await settling.refused(work, text, code, effect, at)
            case Throttled(after_seconds, code, effect) if _waits_with_the_account(text, effect):
                await settling.hold(work, text, code, effect, at, after_seconds)
            case Throttled(after_seconds, code, effect):
                # As often as it takes: certainly not sent, and the shelf life ends it.
                await sending.heed(work, text.practice_id, effect, code, at, after_seconds)
                slower = min(2**tries, SLOWEST_RETRY_SECONDS)
                await settling.put_back(work, text, at, max(after_seconds, slower))
            case Unknown():
                first = timedelta(seconds=self._policy.look_after_seconds[0])
                await settling.lost(work, text, at, at + first)
            case _:
                assert_never(outcome)
        crash_point("send.settled")

    def _sendable(
        self,
        text: Outgoing,
        doors: Sequence[Door],
        began: datetime,
        closes_at: datetime | None = None,
    ) -> _Begun:
        door = next((one for one in doors if one.number_id == text.number_id), None)
        if door is None or text.to is None:
            return None
        token = self._vault.master.callback_token(text.practice_id, text.id)
        return _Sendable(
            account=door.account,
            text=Text(
                own_id=token,
                from_number=text.from_number,
                to=text.to,
                body=text.body,
                callback_url=f"{self._public_url}{STATUS_PATH}?{TOKEN_FIELD}={token}",
                validity_seconds=_validity(self._policy.validity_seconds, began, closes_at),
                messaging_service_sid=door.account.messaging_service_sid,
            ),
            began=began,
        )


def _validity(seconds: int, at: datetime, closes_at: datetime | None) -> int:
    """Return how long the carrier may try: a text in its queue must not arrive in quiet hours."""
    return seconds if closes_at is None else min(seconds, int((closes_at - at).total_seconds()))


def _waits_with_the_account(text: Outgoing, effect: Effect) -> bool:
    """Say whether a text keeps its tries, because not it but the whole account was refused.

    A safety text does not: it is tried, and soon a human hears that it did not leave.
    """
    held = effect.account in {"pause", "stop"} and effect.message == "again"
    return held and text.kind != "safety"
