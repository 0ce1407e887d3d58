"""The half of the door through which staff say whose a text really is.

One transaction: what the text did as one person's is taken back, it is read as the other's, and
the ledger says who decided that, when and why. The decision is correction.py's. This room refuses
to correct a text that no turn has read yet: first it is read, then it may be wrong.
"""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from engage import audit, feed
from engage.conversation.events import AnswersTakenBack
from engage.db.session import Work
from engage.errors import EngageError, NotFound
from engage.ids import MessageId, PatientId, PracticeId, StaffId
from engage.people.merging.store import survivor
from engage.turns import store as turns
from engage.turns import talking
from engage.turns.context import Corrected, TextCame, Turn
from engage.turns.correcting import store as texts
from engage.turns.correcting import visits_back
from engage.turns.correcting.store import Read
from engage.turns.correcting.undoing import store as undoing
from engage.turns.correcting.unsaying import unsay
from engage.turns.found import Inbound
from engage.turns.receive import Receiving

AUTHOR, SEEN = "/author_id", "/seen"


class NotReadYet(EngageError):  # noqa: N818 - reads as a sentence
    """This text is still being read; correct it in a moment."""


class Superseded(EngageError):  # noqa: N818
    """Somebody else has corrected this text since you read it; look again."""


class NotTheirCaregiver(EngageError):  # noqa: N818
    """There is no caregiver of this patient with this id."""


class Whose(Struct, frozen=True, kw_only=True):
    """Whose a text is, as staff say; nobody's without a patient."""

    author: Literal["patient", "caregiver", "unknown"]
    author_id: UUID | None = None
    patient_id: PatientId | None = None
    #: The question it answers; without one, the question that stood when it came.
    prompt: str | None = None


class Ordered(Struct, frozen=True, kw_only=True):
    """A correction as it is asked for."""

    id: UUID
    message: MessageId
    to: Whose
    by: StaffId
    reason: str | None = None
    #: The newest correction that the person saw; checked only if they say what they saw.
    seen: UUID | None = None
    check_seen: bool = False
    claimed: bool = False


class Correcting(Receiving):
    """Corrects texts, and claims old ones."""

    async def correct_text(self, work: Work, practice: PracticeId, order: Ordered) -> bool:
        """Attach a text to whom staff say it is of; False if it was so already."""
        line = await texts.line_of(work, practice, order.message)
        if line is None:
            raise NotFound
        await turns.lock_line(work, practice, line)
        before = await texts.read(work, practice, order.message)
        if before is None or before.handled_at is None:
            raise NotReadYet
        if order.check_seen and order.seen != before.corrected_by:
            raise Superseded(SEEN)
        to = await self._resolved(work, practice, order.to)
        if _same(before, to):
            return False
        keys, at = await self._vault.keys(practice, work), self._clock.now()
        if to.patient_id is not None:
            await texts.ensure_thread(work, practice, line, to.patient_id, at)
        told = await unsay(
            work, keys, before, correction=order.id, by=order.by, reason=order.reason, at=at
        )
        for change in await visits_back.take_back(work, keys, before, order.by, at):
            await self.visit_changed(work, practice, change, order.by)
        context = await turns.open_turn(work, practice, line, None, at)
        body = keys.open_text("message.body", order.message, before.body_sealed)
        done = await undoing.effects(work, practice, before, to.patient_id)
        others = tuple(item for item in context.items if item.id not in done.cancelled)
        resumes = done.cancelled_crisis and not any(
            item.about_id == before.patient_id and item.severity == "crisis" for item in others
        )
        happened = Turn(
            cause=order.id,
            event=AnswersTakenBack(at, done.prompts),
            staff_id=order.by,
            text=TextCame(
                order.message,
                before.opt_out_type,
                before.media_count,
                # In pieces still: what they say together, no part says alone.
                await turns.parts_before(work, practice, _as_recorded(before, body), keys),
            ),
            corrected=Corrected(
                author=to.author,
                author_id=to.author_id,
                patient_id=to.patient_id,
                text=body,
                prompt=to.prompt,
                text_at=before.at,
                claimed=order.claimed,
                was_about=before.patient_id,
                # Only a conversation that read it has anything to take back.
                was_in=before.conversation_id if before.prompt is not None else None,
                was_asked=before.prompt,
                screenings=done.screenings,
                cancelled=done.cancelled,
                resumes=resumes,
                queued=done.queued,
                consent=told,
            ),
        )
        read = await talking.decided(
            work, keys, replace(context, items=others), happened, self._library
        )
        decision = read.decision
        inbound = decision.inbound
        entry = undoing.Entry(
            id=order.id,
            by=order.by,
            at=at,
            to_author=to.author,
            to_author_id=to.author_id,
            to_patient_id=to.patient_id,
            to_prompt=inbound.prompt if inbound else None,
            reason_sealed=None
            if order.reason is None
            else keys.seal_text("correction.reason", order.id, order.reason),
        )
        await undoing.take_back(work, practice, before, done, entry)
        await turns.save(work, decision, keys)
        for change in read.changes:
            await self.visit_changed(work, practice, change, order.by)
        for item in done.cancelled:
            await feed.add(work, practice, at, "item", item, before.patient_id)
        for patient in {before.patient_id, to.patient_id} - {None}:
            await audit.record(
                work,
                practice,
                at,
                actor="staff",
                actor_id=order.by,
                action="message.correct",
                subject="message",
                subject_id=order.message,
                patient_id=patient,
            )
        return True

    async def claim_texts(
        self, work: Work, practice: PracticeId, patient: PatientId, by: StaffId, claim: UUID
    ) -> tuple[int, bool]:
        """Attach to a patient the texts of their phone that nobody could be found for.

        Returns how many were, and whether there are more than one request may take.
        """
        kept = await survivor(work, practice, patient)
        found = await texts.unplaced(work, practice, kept)
        to = Whose(author="patient", patient_id=kept)
        count = 0
        for place, message in enumerate(found[: texts.MOST_CLAIMED]):
            order = Ordered(
                id=UUID(int=claim.int + place), message=message, to=to, by=by, claimed=True
            )
            count += await self.correct_text(work, practice, order)
        return count, len(found) > texts.MOST_CLAIMED

    async def before_merge(
        self, work: Work, practice: PracticeId, patients: Sequence[PatientId]
    ) -> None:
        """Lock the lines of several patients before their records are changed: lines first."""
        await texts.lock_lines(work, practice, patients)

    async def _resolved(self, work: Work, practice: PracticeId, to: Whose) -> Whose:
        """Follow a merged record to the one that is kept, and name the author."""
        if to.patient_id is None or to.author == "unknown":
            return Whose(author="unknown")
        kept = await survivor(work, practice, to.patient_id)
        if to.author == "patient":
            return replace(to, patient_id=kept, author_id=kept)
        known = await texts.caregivers_of(work, practice, kept, self._clock.now())
        author = to.author_id or (known[0] if len(known) == 1 else None)
        if author not in known:
            raise NotTheirCaregiver(AUTHOR)
        return replace(to, patient_id=kept, author_id=author)


def _as_recorded(before: Read, body: str) -> Inbound:
    return Inbound(
        before.id,
        before.line_id,
        body,
        before.opt_out_type,
        before.media_count,
        before.at,
        handled=True,
    )


def _same(before: Read, to: Whose) -> bool:
    stands = (before.author, before.author_id, before.patient_id)
    return stands == (to.author, to.author_id, to.patient_id) and to.prompt in (None, before.prompt)
