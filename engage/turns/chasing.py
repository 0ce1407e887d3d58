"""The half of the door through which time comes: what is asked again, and what has not moved.

A screening that comes round, a referral of which nothing was heard, whether what was arranged came,
a visit that is a week away now: each is one row that is due. What is asked of a person goes through
the same decision as all else; whom no text reaches is a person's work. This room refuses to ask
beside a question that is open, and to remind an organization for ever.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from engage.appointments import store as visits
from engage.checkins import rescreen
from engage.checkins.rescreen import Rescreen, Rule
from engage.checkins.rescreens import store as rescreens
from engage.conversation.events import PersonChanged, Started
from engage.crash import crash_point
from engage.db.session import Work
from engage.errors import EngageError
from engage.ids import (
    AppointmentId,
    ConversationId,
    LineId,
    PracticeId,
    ReferralId,
    ScreeningId,
    derived,
)
from engage.needs import letters, moving
from engage.needs.closing import Closing, asked_by, over, still_to_ask
from engage.needs.closings import store as closings
from engage.needs.episodes import store as episodes
from engage.needs.letters import Trouble
from engage.needs.need import Need, newest
from engage.needs.referring import store as referrals
from engage.needs.referring.store import ReferralSeen
from engage.people.merging.store import survivor
from engage.queue.flag import Flag
from engage.turns import page_links, standing, store
from engage.turns.checkins import why_not
from engage.turns.coming import Whether
from engage.turns.context import ScreeningAsked, ThreadSeen, Turn, TurnContext
from engage.turns.decide import decide
from engage.turns.draft import Draft
from engage.turns.locks import store as locks
from engage.turns.planned import Planned
from engage.turns.refusals import AlreadyAsked, refuse_screening, refuse_unread


class Chasing(Planned):
    """Takes what time brings round."""

    # A screening that comes round

    async def rescreen_due(self, practice: PracticeId, rescreen_id: UUID) -> None:
        """Ask a person an instrument again, if that is right now."""

        async def act(work: Work) -> None:
            at = self._clock.now()
            found = await rescreens.one(work, practice, rescreen_id)
            if found is None:
                await rescreens.rest(work, rescreen_id)
                return
            line = await store.line_to(work, practice, found.patient_id, at)
            context = await store.open_turn(work, practice, line, found.patient_id, at)
            mine = await rescreens.one(work, practice, rescreen_id, lock=True)
            rule = await rescreens.rule_of(work, practice, found.instrument)
            waits = mine is not None and mine.wakes_at is not None and mine.wakes_at <= at
            if mine is None or not rescreen.holds(mine, rule):
                await rescreens.rest(work, rescreen_id)
                return
            if not waits:
                await rescreens.move(work, mine)  # another moment: it wakes then
                return
            await rescreens.move(work, await self._come_round(work, context, line, mine, rule, at))

        await self._due(practice, act)

    async def _come_round(
        self,
        work: Work,
        context: TurnContext,
        line: LineId | None,
        mine: Rescreen,
        rule: Rule | None,
        at: datetime,
    ) -> Rescreen:
        practice, thread = context.practice.id, context.thread_of(mine.patient_id)
        if thread is None or not thread.active:
            return rescreen.rested(mine, at)
        if await rescreens.is_open(work, practice, mine.patient_id, at):
            return rescreen.put_off(mine, at)
        by_hand = line is None or not self._may_ask(context, thread, mine.instrument)
        keys = await self._vault.keys(practice, work)
        after = rescreen.asked(mine, rule, at, by_hand=by_hand)
        if by_hand:
            flag = Flag(
                reason="screening-due",
                severity="routine",
                rule=f"rescreen/{mine.instrument}",
                joins="screening-due",
            )
            await self._flag(work, context, thread, flag, derived(at, mine.id, "by-hand"))
            return after
        screening = ScreeningId(derived(at, mine.id, "screening"))
        happened = Turn(
            cause=screening,
            event=Started(at),
            patient_id=mine.patient_id,
            screening=ScreeningAsked(
                screening, mine.patient_id, mine.instrument, "sms", thread.language
            ),
            link=await page_links.offered(
                work, self._vault, self._public_url, practice, screening, at
            ),
        )
        await store.save(work, decide(context, happened, self._library), keys)
        return after

    def _may_ask(self, context: TurnContext, thread: ThreadSeen, instrument: str) -> bool:
        script = self._library.scripts.get(instrument)
        if script is None:
            return False
        try:
            refuse_screening(context, thread, script)
            tool = self._library.instruments[instrument]
            refuse_unread(context.practice.calendar, tool, self._clock.now())
        except AlreadyAsked:
            return True  # it joins the one that waits: is_open has looked for it
        except EngageError:
            return False
        return True

    # A referral that has not moved

    async def referral_due(self, practice: PracticeId, referral_id: ReferralId) -> None:
        """Remind an organization that has not moved, or have a person call it."""

        async def act(work: Work) -> None:
            at, keys = self._clock.now(), await self._vault.keys(practice, work)
            known = await referrals.one(work, keys, referral_id)
            if known is None:
                await work.call("due_done", referrals.KIND, referral_id)
                return
            await store.lock_lines_of(work, practice, known.referral.patient_id)
            seen = await referrals.one(work, keys, referral_id, lock=True)
            if seen is None:
                return
            if seen.due is None or seen.due.at > at:
                # It moved meanwhile, and wakes when that says.
                await referrals.wake(work, seen.referral, seen.due)
                return
            match seen.due.what:
                case "remind":
                    await letters.write(work, practice, referral_id, "remind", at)
                case "call":
                    await self._call(work, seen)
                case "ask-patient":
                    pass  # the closing has its own row
            reminded, domain = seen.due.what == "remind", await self._domain_of(work, seen)
            await moving.chase(work, seen.referral, domain, at, reminded=reminded)

        await self._due(practice, act)
        self._bell.ring("letter")

    async def letter_trouble(
        self, work: Work, seen: ReferralSeen, domain: str, trouble: Trouble, cause: UUID
    ) -> None:
        """Have a person see to a letter that did not go through, or perhaps did not."""
        one = seen.referral
        await self.referral_news(work, one.practice_id, one.patient_id, domain, trouble, cause)

    async def _call(self, work: Work, seen: ReferralSeen) -> None:
        """Have a person of the practice call an organization of which nothing was heard."""
        one = seen.referral
        domain = await self._domain_of(work, seen)
        cause = derived(one.changed_at, one.id, "referral-silent")
        await self.referral_news(
            work, one.practice_id, one.patient_id, domain, "referral-silent", cause
        )

    async def _domain_of(self, work: Work, seen: ReferralSeen) -> str:
        need = await episodes.one(work, seen.referral.practice_id, seen.referral.need_id)
        return "referral" if need is None else need.need.domain

    # Whether what was arranged came

    async def closing_due(self, practice: PracticeId, closing_id: UUID) -> None:
        """Ask a person whether what was arranged came, unless somebody has settled it."""

        async def act(work: Work) -> None:
            at = self._clock.now()
            found = await closings.one(work, practice, closing_id)
            if found is None:
                await closings.rest(work, closing_id)
                return
            line = await store.line_to(work, practice, found.patient_id, at)
            context = await store.open_turn(work, practice, line, found.patient_id, at)
            mine = await closings.one(work, practice, closing_id, lock=True)
            if mine is None or mine.status != "waiting" or mine.ask_at > at:
                await closings.rest(work, closing_id)
                if mine is not None:
                    await closings.save(work, mine)
                return
            await closings.save(work, await self._ask_whether(work, context, line, mine, at))

        await self._due(practice, act)

    async def _ask_whether(
        self,
        work: Work,
        context: TurnContext,
        line: LineId | None,
        mine: Closing,
        at: datetime,
    ) -> Closing:
        practice, thread = context.practice.id, context.thread_of(mine.patient_id)
        need = await self._need_of(work, practice, mine)
        asks = still_to_ask(None if need is None else need.status, mine.source)
        if thread is None or not thread.active or not asks:
            return over(mine, "called-off", at)
        by_hand = line is None or why_not(context, thread) is not None
        keys = await self._vault.keys(practice, work)
        cause = derived(at, mine.id, f"ask/{mine.asked}")
        happened = Turn(
            cause=cause,
            event=Started(at),
            patient_id=mine.patient_id,
            whether=Whether(mine.domain, again=mine.again, by_hand=by_hand),
        )
        decision = decide(context, happened, self._library)
        await store.save(work, decision, keys)
        begun = next((one.id for one in decision.conversations if one.id == _own(at, cause)), None)
        if by_hand or begun is None:
            return over(mine, "by-hand", at)
        return asked_by(mine, begun, at)

    async def _need_of(self, work: Work, practice: PracticeId, mine: Closing) -> Need | None:
        theirs = await episodes.episodes(work, practice, mine.patient_id, (mine.domain,))
        return newest(theirs)

    # A visit that has come near

    async def visit_near(self, practice: PracticeId, visit: AppointmentId) -> None:
        """Hold a person's open work about rides against a visit that is a week away now."""

        async def act(work: Work) -> None:
            at, keys = self._clock.now(), await self._vault.keys(practice, work)
            known = await visits.one(work, keys, visit)
            if known is None:
                await work.call("due_done", standing.NEAR, visit)
                return
            person = await survivor(work, practice, known.visit.patient_id)
            await locks.lock_around(work, practice, person)
            now = await visits.one(work, keys, visit)
            # One that has moved meanwhile wakes when that says.
            await standing.expect(work, (now or known).visit, at)
            await standing.hold(work, practice, person, at)

        await self._due(practice, act)

    # What all of them share

    async def _flag(
        self, work: Work, context: TurnContext, thread: ThreadSeen, flag: Flag, cause: UUID
    ) -> None:
        """Give something to whoever is responsible for a person; no conversation is told."""
        happened = Turn(
            cause=cause,
            event=PersonChanged(self._clock.now(), active=True),
            patient_id=thread.patient_id,
        )
        draft = Draft(context, happened, self._library)
        draft.flag(flag, thread)
        keys = await self._vault.keys(context.practice.id, work)
        await store.save(work, draft.decision(), keys)

    async def _due(self, practice: PracticeId, act: Callable[[Work], Awaitable[None]]) -> None:
        """Do what is due, in one transaction."""

        async def saved(work: Work) -> None:
            await act(work)
            crash_point("asking.saved")

        await self._database.again(saved, [practice], practice)
        crash_point("asking.done")
        self._bell.ring("outbox")


def _own(at: datetime, cause: UUID) -> ConversationId:
    return ConversationId(derived(at, cause, "came"))
