"""The half of the door through which visits come near, and free times look for somebody.

A reminder is one row that is due: the person's visits of that day are one text, whoever they let be
told hears of it too and is asked nothing, and how to get ready is told. A time that became free is
offered, one turn for each who waits. Whom no text reaches is not asked, and it is noted why. This
room refuses to say anything twice, late, or of a visit that is not any more.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from engage.appointments import links, offering, reminding
from engage.appointments import store as visits
from engage.appointments.appointment import Appointment
from engage.appointments.asked import store as asked
from engage.appointments.asked.values import Notice, NoticeStatus
from engage.appointments.local import day_bounds
from engage.appointments.offering import ToOffer
from engage.appointments.places import store as places
from engage.appointments.reminders import PREPARE, due_now
from engage.appointments.slots import store as slots
from engage.appointments.video import store as video
from engage.checkins import store as plans
from engage.conversation.events import PersonChanged, Started
from engage.conversation.states import NotStarted
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.ids import (
    AppointmentId,
    ConversationId,
    LineId,
    PatientId,
    PracticeId,
    SlotId,
    derived,
)
from engage.people.merging.store import survivor
from engage.people.sharing import circles
from engage.turns import store
from engage.turns.chasing import Chasing
from engage.turns.checkins import why_not
from engage.turns.context import Turn, TurnContext
from engage.turns.decide import decide
from engage.turns.informing import inform
from engage.turns.meeting import MOST_VISITS
from engage.turns.talks import Meet, in_order, starts
from engage.turns.telling import Reader

_ROUNDS = 10
"""So many times in one go those are replaced who can't be told of a free time."""


_SOON = timedelta(hours=24)


class _Over(Exception):  # noqa: N818 - no fault: somebody answered meanwhile
    """What was to be offered is not to be had any more; nothing of its turn stays."""


class Reminding(Chasing):
    """Takes what visits bring round."""

    async def reminder_due(self, practice: PracticeId, visit_id: AppointmentId) -> None:
        """Say what is due of a visit, and have it wake for the next."""

        async def act(work: Work) -> None:
            at, keys = self._clock.now(), await self._vault.keys(practice, work)
            known = await visits.one(work, keys, visit_id)
            if known is None:
                await work.call("due_done", reminding.KIND, visit_id)
                return
            person = await survivor(work, practice, known.visit.patient_id)
            line = await store.line_to(work, practice, person, at)
            context = await store.open_turn(work, practice, line, person, at)
            now = await visits.one(work, keys, visit_id, lock=True)
            if now is None:
                return
            await self._say_due(work, keys, context, line, now.visit, person, at)
            await reminding.expect(work, now.visit, at)

        await self._due(practice, act)

    async def _say_due(
        self,
        work: Work,
        keys: PracticeKeys,
        context: TurnContext,
        line: LineId | None,
        visit: Appointment,
        person: PatientId,
        at: datetime,
    ) -> None:
        rule = await asked.rule_of(work, keys.practice)
        done = await _done(work, visit)
        taken, over = due_now(visit, rule, done, at)
        for step in over:
            await _note(work, visit, step, "skipped", at, why="too-late")
        if not taken:
            return
        thread = context.thread_of(person)
        why = "no-phone" if thread is None or line is None else why_not(context, thread)
        if why is not None:
            for step in taken:
                await _note(work, visit, step, "skipped", at, why=why)
            return
        for step in taken:
            if step == PREPARE:
                await self._prepare(work, keys, context, visit, person, at)
            else:
                await self._remind(work, keys, context, visit, person, step, at)

    async def _remind(
        self,
        work: Work,
        keys: PracticeKeys,
        context: TurnContext,
        visit: Appointment,
        person: PatientId,
        step: str,
        at: datetime,
    ) -> None:
        """Ask whether somebody comes, to all their visits of that day that are not answered."""
        practice = keys.practice
        day = await _of_that_day(work, practice, visit, person, at)
        older = tuple(
            one.conversation_id
            for one in context.visits.talks
            if one.kind == "remind" and {v.id for v in one.visits} & {v.id for v in day}
        )
        happened = Turn(
            cause=derived(at, visit.id, f"remind/{step}/{starts(visit).timestamp()}"),
            event=Started(at),
            patient_id=person,
            meet=Meet(kind="remind", zone=visit.zone, visits=day, instead_of=older),
        )
        decision = decide(context, happened, self._library)
        await store.save(work, decision, keys)
        begun = next((one.conversation_id for one in decision.talks), None)
        for one in day:
            if one.id == visit.id or step not in await _done(work, one):
                await _note(work, one, step, "asked", at, conversation=begun)
        waits = any(
            one.id == begun and isinstance(one.state, NotStarted) for one in decision.conversations
        )
        if waits and starts(visit) - at <= _SOON:
            # Another question is open on this phone, and there is no time to wait for its answer.
            told = inform(context, happened, self._library, day, Reader(), step)
            if told is not None:
                await store.save(work, told, keys)
        await self._tell_family(work, keys, day, person, step, at)

    async def _prepare(
        self,
        work: Work,
        keys: PracticeKeys,
        context: TurnContext,
        visit: Appointment,
        person: PatientId,
        at: datetime,
    ) -> None:
        """Tell how to get ready, what to bring, and by which link a visit by video is entered."""
        thread = context.thread_of(person)
        words = await _words_for(work, keys, visit, thread.language if thread else "en")
        if self._public_url and await video.address_of(work, keys, visit.id) is not None:
            # A link of its own: those that staff were given still hold.
            token = await links.make(work, self._vault, "visit-link", keys.practice, visit.id, at)
            words = f"{words} {links.video_address(self._public_url, token)}".strip()
        happened = Turn(
            cause=derived(at, visit.id, f"prepare/{starts(visit).timestamp()}"),
            event=PersonChanged(at, active=True),
            patient_id=person,
        )
        decision = None
        if words:
            decision = inform(
                context, happened, self._library, (visit,), Reader(), PREPARE, words=words
            )
        if decision is None:
            await _note(work, visit, PREPARE, "skipped", at, why="nothing-to-say")
            return
        await store.save(work, decision, keys)
        await _note(work, visit, PREPARE, "told", at)

    async def _tell_family(
        self,
        work: Work,
        keys: PracticeKeys,
        day: Sequence[Appointment],
        person: PatientId,
        step: str,
        at: datetime,
    ) -> None:
        """Let caregivers know whom the person allowed to be told; they are asked nothing."""
        practice, own = keys.practice, await store.line_to(work, keys.practice, person, at)
        for caregiver in await circles.told(work, keys, person, "visits", at):
            found = await plans.line_to_caregiver(work, practice, caregiver, person, at)
            if found is None or found[0] == own:
                continue  # on one phone it is read once
            context = await store.open_turn(work, practice, found[0], person, at)
            reader = Reader(caregiver, found[1])
            happened = Turn(
                cause=derived(at, day[0].id, f"family/{step}/{reader.label}"),
                event=PersonChanged(at, active=True),
                patient_id=person,
            )
            decision = inform(context, happened, self._library, tuple(day), reader, step)
            if decision is not None:
                await store.save(work, decision, keys)

    # A time that became free

    async def slot_due(self, practice: PracticeId, slot_id: SlotId) -> None:
        """Offer a free time to who waits, those who can be told by text; the first yes has it."""
        chosen: list[ToOffer] = []

        async def choose(work: Work) -> None:
            keys = await self._vault.keys(practice, work)
            chosen[:] = await offering.offers_to_make(work, keys, slot_id, self._clock.now())

        for _ in range(_ROUNDS):
            await self._due(practice, choose)
            for one in chosen:
                await self._offer(practice, one)
            if not chosen:
                break

    async def _offer(self, practice: PracticeId, chosen: ToOffer) -> None:
        """Tell one who waits; of whom no text reaches it is noted, and the next one is asked."""

        async def act(work: Work) -> None:
            at, keys = self._clock.now(), await self._vault.keys(practice, work)
            person = await survivor(work, practice, chosen.entry.patient_id)
            line = await store.line_to(work, practice, person, at)
            context = await store.open_turn(work, practice, line, person, at)
            thread = context.thread_of(person)
            if thread is None or line is None or why_not(context, thread) is not None:
                await offering.unreachable(work, practice, chosen.offer.id, at)
                return
            known = None
            if chosen.entry.appointment_id is not None:
                known = await visits.one(work, keys, chosen.entry.appointment_id)
            own = () if known is None or known.visit.time is None else (known.visit,)
            happened = Turn(
                cause=derived(at, chosen.offer.id, "offer"),
                event=Started(at),
                patient_id=person,
                meet=Meet(
                    kind="offer", zone=chosen.schedule.zone, visits=own, slots=(chosen.slot,)
                ),
            )
            decision = decide(context, happened, self._library)
            await store.save(work, decision, keys)
            begun = next(one.conversation_id for one in decision.talks)
            if not await offering.told(work, practice, chosen.offer.id, begun):
                raise _Over

        with suppress(_Over):
            await self._due(practice, act)


async def _of_that_day(
    work: Work, practice: PracticeId, visit: Appointment, person: PatientId, at: datetime
) -> tuple[Appointment, ...]:
    if visit.day is None:
        return (visit,)
    begins, ends = day_bounds(visit.day, visit.zone)
    found = await visits.ahead(work, practice, person, max(begins, at), ends)
    others = [
        one
        for one in found
        if one.id != visit.id and one.answer == "needs-action" and one.day == visit.day
    ]
    return in_order((visit, *others[: MOST_VISITS - 1]))


async def _words_for(work: Work, keys: PracticeKeys, visit: Appointment, language: str) -> str:
    parts: list[str] = []
    if visit.schedule_id is not None:
        where = await slots.schedule_of(work, keys.practice, visit.schedule_id)
        parts.append("" if where is None else where.prepare(language))
    if visit.place_id is not None:
        place = await places.one_of(work, keys, visit.place_id)
        parts.append("" if place is None else place.bring)
    return " ".join(part.strip() for part in parts if part.strip())


async def _done(work: Work, visit: Appointment) -> frozenset[str]:
    known = await asked.notices_of_visit(work, visit.practice_id, visit.id)
    return frozenset(one.step for one in known if one.starts_at == starts(visit))


async def _note(
    work: Work,
    visit: Appointment,
    step: str,
    status: NoticeStatus,
    at: datetime,
    *,
    why: str | None = None,
    conversation: ConversationId | None = None,
) -> None:
    await asked.add_notice(
        work,
        Notice(
            practice_id=visit.practice_id,
            id=derived(at, visit.id, f"notice/{step}/{starts(visit).timestamp()}"),
            appointment_id=visit.id,
            patient_id=visit.patient_id,
            step=step,
            starts_at=starts(visit),
            status=status,
            why=why,
            conversation_id=conversation,
            at=at,
        ),
    )
