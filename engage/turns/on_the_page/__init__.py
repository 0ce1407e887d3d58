"""The half of the door through which answers on a one-time page come.

Looking changes nothing. An answer is the same event that a text would be, on the same line, under
the same lock, so a page and a phone can't both move a conversation; a page that was left behind is
shown what is asked now. In a crisis the person's own page says that somebody sees to them; to
a caregiver it stays what it was, or they would learn of it there. This room refuses an answer to a
question that is not put any more.
"""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from engage import audit
from engage.checkins.beginning import may_answer
from engage.conversation.answers import Answer
from engage.conversation.events import AnswerEntered, PersonChanged
from engage.conversation.script import Prompt
from engage.conversation.states import Asking
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import (
    CaregiverId,
    ConversationId,
    PatientId,
    PracticeId,
    ScreeningId,
    StaffId,
    derived,
)
from engage.messaging.texts import Question
from engage.turns import on_page, page_links
from engage.turns import store as turn_rows
from engage.turns.context import Language, OnPage, ScreeningAsked, Turn
from engage.turns.decide import decide
from engage.turns.decision import LanguageChosen
from engage.turns.limits import with_limits
from engage.turns.needs_ledger import decided
from engage.turns.on_the_page import store as pages
from engage.turns.refusals import NotOnAPage, ScreeningOver
from engage.turns.reminding import Reminding


class PageSeen(Struct, frozen=True, kw_only=True):
    """What a page shows now."""

    patient_id: PatientId
    language: Language
    instrument: str = ""
    #: asking: `prompt` is put. finished: all is answered. over: it ended before that. later: a
    #: person of the practice is seeing to them, which nobody but them is told. danger: the last
    #: answer is a sign of it.
    status: Literal["asking", "finished", "over", "later", "danger"]
    prompt: Prompt | None = None
    #: What may be asked after it.
    ahead: tuple[Prompt, ...] = ()
    #: How many questions of the screening are still open, this one included.
    left: int = 0
    #: The page that was sent had been left behind.
    stale: bool = False
    #: What was chosen can't be.
    refused: bool = False


class _Found(Struct, frozen=True):
    seen: PageSeen
    asked: ScreeningAsked
    known: Mapping[str, Answer]
    helping: ConversationId | None = None


class OnThePage(Reminding):
    """Shows a screening's page, and takes its answers."""

    async def link_to(
        self, work: Work, practice: PracticeId, screening: ScreeningId, by: StaffId, *, renew: bool
    ) -> str | None:
        """Close every page of a screening and, to renew, return the secret of the one there is."""
        at = self._clock.now()
        found = await turn_rows.screening_asked(work, practice, screening)
        if found is None:
            raise NotFound
        asked, status = found
        await page_links.revoke(work, practice, screening, at)
        token = None
        if renew:
            if status != "in-progress":
                raise ScreeningOver
            if asked.instrument not in self._library.scripts:
                raise NotOnAPage
            token, _ = await page_links.make(work, self._vault, practice, screening, at)
        await audit.record(
            work,
            practice,
            at,
            actor="staff",
            actor_id=by,
            action="screening.link-renew" if renew else "screening.link-revoke",
            subject="screening",
            subject_id=screening,
            patient_id=asked.patient_id,
        )
        return token

    async def page_of(
        self,
        work: Work,
        practice: PracticeId,
        screening: ScreeningId,
        by: OnPage | None = None,
    ) -> PageSeen | None:
        """Return what a page shows; looking changes nothing.

        `by` is who is signed in; else it is whoever the page was made for.
        """
        by = by or OnPage(await pages.answerer(work, practice, screening))
        found = await self._found(work, practice, screening, by)
        return None if found is None else found.seen

    async def page_answered(
        self,
        work: Work,
        practice: PracticeId,
        screening: ScreeningId,
        put: str,
        given: Answer,
        by: OnPage | None = None,
    ) -> PageSeen | None:
        """Take an answer from a page, if what it answers is still what is asked.

        `by` is who is signed in; else it is whoever the page was made for.
        """
        line = await turn_rows.line_of_screening(work, practice, screening)
        by = by or OnPage(await pages.answerer(work, practice, screening))
        first = await self._found(work, practice, screening, by)
        if first is None:
            return None
        at, patient = self._clock.now(), first.seen.patient_id
        context = await turn_rows.open_turn(work, practice, line, patient, at)
        # Read again under the lock: a text may have answered meanwhile.
        found = await self._found(work, practice, screening, by)
        if found is None:
            return None
        again = put in found.known and found.known[put] == given
        if not again and self._is_late_danger(found, put, given):
            # Written offline, perhaps: no answer any more, and a person hears of it all the same.
            happened = Turn(
                cause=derived(at, screening, f"page/late/{put}"),
                event=AnswerEntered(at, put, given),
                patient_id=patient,
                screening=found.asked,
                page=replace(by, late=True),
            )
            decision = decide(context, happened, self._library)
            await turn_rows.save(work, decision, await self._vault.keys(practice, work))
            return replace(found.seen, status="danger", prompt=None, stale=True)
        if found.seen.status != "asking":
            return found.seen
        prompt = found.seen.prompt
        if prompt is None or on_page.is_stale(prompt, found.known, put):
            # A second tap on the same answer is no news.
            return replace(found.seen, stale=not again)
        given = prompt.as_offered(given)
        if prompt.contradicts(given) or not prompt.offers(given):
            return replace(found.seen, refused=True)
        happened = Turn(
            cause=derived(at, screening, f"page/{put}"),
            event=AnswerEntered(at, put, given),
            patient_id=patient,
            conversation_id=found.helping,
            screening=None if found.helping is not None else found.asked,
            page=by,
        )
        context = await with_limits(work, context, found.asked)
        decision = await decided(work, context, happened, self._library)
        await turn_rows.save(work, decision, await self._vault.keys(practice, work))
        await self._say(work, practice, screening, patient, by.caregiver_id)
        if on_page.stops(self._library.scripts.get(found.asked.instrument), put, given):
            return replace(found.seen, status="danger", prompt=None)
        after = await self._found(work, practice, screening, by)
        return None if after is None else after.seen

    def is_danger(self, instrument: str, put: str, given: Answer) -> bool:
        """Say whether an answer is a sign of danger, whatever became of its question."""
        return on_page.stops(self._library.scripts.get(instrument), put, given)

    def _is_late_danger(self, found: _Found, put: str, given: Answer) -> bool:
        now = found.seen.prompt if found.seen.status == "asking" else None
        late = on_page.is_stale(now, found.known, put)
        return late and self.is_danger(found.asked.instrument, put, given)

    async def page_speaks(
        self, work: Work, practice: PracticeId, screening: ScreeningId, wanted: Language
    ) -> PageSeen | None:
        """Write and text to a person in another language from now on: they asked for it there.

        A caregiver's page speaks theirs: what they choose is not the person's wish.
        """
        line = await turn_rows.line_of_screening(work, practice, screening)
        by = OnPage(await pages.answerer(work, practice, screening))
        first = await self._found(work, practice, screening, by)
        if first is None or by.caregiver_id is not None:
            return None if first is None else first.seen
        at, patient = self._clock.now(), first.seen.patient_id
        context = await turn_rows.open_turn(work, practice, line, patient, at)
        happened = Turn(
            cause=derived(at, screening, f"page/speaks/{wanted}"),
            event=PersonChanged(at, active=True, language=wanted),
            patient_id=patient,
            screening=first.asked,
            page=by,
        )
        decision = decide(context, happened, self._library)
        decision = replace(decision, languages=(LanguageChosen(patient, wanted),))
        await turn_rows.save(work, decision, await self._vault.keys(practice, work))
        await pages.put_in(work, practice, screening, wanted)
        after = await self._found(work, practice, screening, by)
        return None if after is None else after.seen

    async def is_own_page(self, work: Work, practice: PracticeId, screening: ScreeningId) -> bool:
        """Say whether it is the person's own page, and not that of a caregiver who answers."""
        return await pages.answerer(work, practice, screening) is None

    def question_of(self, key: str) -> Question | None:
        """Return how an instrument or a check-in words a question; None for one of our own."""
        return self._library.questions.get(key)

    async def _found(
        self, work: Work, practice: PracticeId, screening: ScreeningId, by: OnPage
    ) -> _Found | None:
        known = await turn_rows.screening_asked(work, practice, screening)
        if known is None:
            return None
        asked, status = known
        script = self._library.scripts.get(asked.instrument)
        seen = PageSeen(patient_id=asked.patient_id, language=asked.language, status="over")
        seen = replace(seen, instrument=asked.instrument)
        if script is None or not await pages.in_care(work, practice, asked.patient_id):
            return _Found(seen, asked, {})
        own = by.caregiver_id is None
        if own and await pages.in_crisis(work, practice, asked.patient_id):
            return _Found(replace(seen, status="later"), asked, asked.known)
        if status == "in-progress":
            if not await self._may_answer(work, practice, screening, asked.patient_id):
                return _Found(seen, asked, asked.known)
            prompt = on_page.question_now(script, asked.known)
            if prompt is None:
                return _Found(replace(seen, status="finished"), asked, asked.known)
            left = len(script.without(asked.known))
            ahead = on_page.questions_ahead(script, asked.known)
            now = replace(seen, status="asking", prompt=prompt, ahead=ahead, left=left)
            return _Found(now, asked, asked.known)
        if status == "stopped":
            return _Found(seen, asked, asked.known)
        helping = await pages.helping(work, practice, asked.patient_id, screening)
        if helping is not None and isinstance(helping.state, Asking) and not helping.state.paused:
            prompt = self._library.scripts[helping.script].prompt(helping.state.prompt)
            if prompt is not None:
                answers = dict(helping.state.answers)
                return _Found(
                    replace(seen, status="asking", prompt=prompt, left=1),
                    asked,
                    answers,
                    helping.id,
                )
        return _Found(replace(seen, status="finished"), asked, asked.known)

    async def _may_answer(
        self, work: Work, practice: PracticeId, screening: ScreeningId, person: PatientId
    ) -> bool:
        """Say whether who was asked in a person's place may still answer for them."""
        who = await pages.answerer(work, practice, screening)
        if who is None:
            return True
        keys = await self._vault.keys(practice, work)
        return await may_answer(work, keys, person, who, self._clock.now())

    async def _say(
        self,
        work: Work,
        practice: PracticeId,
        screening: UUID,
        patient: PatientId,
        helper: CaregiverId | None,
    ) -> None:
        await audit.record(
            work,
            practice,
            self._clock.now(),
            actor="patient" if helper is None else "caregiver",
            actor_id=helper,
            action="screening.page-answer",
            subject="screening",
            subject_id=screening,
            patient_id=patient,
        )
