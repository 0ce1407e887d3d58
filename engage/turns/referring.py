"""The half of the door through which news of a referral becomes work, and is asked about.

An organization that declines has nobody of the practice beside it: the open item of the need says
so, or a new one does, with an owner. This room refuses to move a referral; needs does.
"""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from engage.conversation.events import PersonChanged
from engage.db.session import Work
from engage.ids import PatientId, PracticeId, StaffId
from engage.people.merging.store import survivor
from engage.queue.flag import NEED, Flag
from engage.turns import store
from engage.turns.consenting import Consenting
from engage.turns.context import Turn
from engage.turns.draft import Draft

News: TypeAlias = Literal[
    "referral-declined",
    "referral-waitlist",
    "referral-completed",
    "referral-silent",
    "letter-refused",
    "letter-unknown",
    "need-reopened",
]


class Referring(Consenting):
    """Makes work of what organizations say."""

    async def referral_news(
        self,
        work: Work,
        practice: PracticeId,
        patient: PatientId,
        domain: str,
        news: News,
        cause: UUID,
        by: StaffId | None = None,
    ) -> datetime:
        """Flag the open work of a need, or open some; returns when that was."""
        at = self._clock.now()
        # Of a record that was merged, the work is the kept one's.
        patient = await survivor(work, practice, patient)
        context = await store.open_turn(work, practice, None, patient, at)
        # Nothing about the person has changed: no conversation of theirs is told.
        happened = Turn(
            cause=cause, event=PersonChanged(at, active=True), patient_id=patient, staff_id=by
        )
        draft = Draft(context, happened, self._library)
        flag = Flag(
            reason=news, severity="routine", rule=f"referral/{news}", joins=f"{NEED}{domain}"
        )
        draft.flag(flag, context.thread_of(patient))
        keys = await self._vault.keys(practice, work)
        await store.save(work, draft.decision(), keys)
        return at
