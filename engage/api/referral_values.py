"""A referral, outward: where it stands, what it asks, and its history."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from engage.db.session import Work
from engage.ids import NeedId, OrganizationId, PatientId, PracticeId, ReferralId, ServiceId, StaffId
from engage.needs.closing import Closing
from engage.needs.closing import Status as ClosingStatus
from engage.needs.closings import store as closing_rows
from engage.needs.letters import store as letter_rows
from engage.needs.letters.store import Letter
from engage.needs.referral import MACHINE, Business, Setter, Status, Way
from engage.needs.referring.store import ReferralSeen, Step


class StepOut(Struct, frozen=True, kw_only=True):
    """One step in a referral's history. It is never changed."""

    id: UUID
    at: datetime
    status: Status
    business: Business | None
    by: Setter
    by_id: UUID | None
    by_name: Annotated[str | None, Meta(description="Of a colleague.")]
    reason: str | None
    note: str | None

    def __repr__(self) -> str:
        """Hide the note."""
        return f"StepOut(status={self.status!r}, …)"


class SharedOut(Struct, frozen=True, kw_only=True):
    """What the person allowed to be told, and who heard it."""

    at: datetime
    how: Literal["verbal", "written"]
    by: StaffId
    by_name: str | None
    phone: bool


class DueOut(Struct, frozen=True):
    """What is next due about a referral."""

    at: datetime
    what: Annotated[str, Meta(description="remind, call or ask-patient")]


class LetterOut(Struct, frozen=True, kw_only=True):
    """An e-mail to the organization: that its page waits. It names nobody."""

    id: UUID
    what: letter_rows.What
    status: Annotated[
        letter_rows.Status,
        Meta(description="unknown: it may have left; it is not sent again by itself."),
    ]
    why: str | None
    at: datetime
    status_at: datetime


class ClosingOut(Struct, frozen=True, kw_only=True):
    """Whether what was arranged came, as the person says."""

    id: UUID
    status: ClosingStatus
    ask_at: datetime
    asked: Annotated[int, Meta(description="How often they were asked.")]
    answered_at: datetime | None
    answered_by: str | None


class Followed(Struct, frozen=True):
    """What followed from some referrals."""

    letters: tuple[Letter, ...] = ()
    closings: tuple[Closing, ...] = ()


async def followed(work: Work, practice: PracticeId, some: Sequence[ReferralId]) -> Followed:
    """Return the letters of some referrals, and what their people said."""
    return Followed(
        await letter_rows.of_referrals(work, practice, some),
        await closing_rows.of_sources(work, practice, some),
    )


class ReferralOut(Struct, frozen=True, kw_only=True):
    """A need put to an organization."""

    practice_id: PracticeId
    id: ReferralId
    need_id: NeedId
    patient_id: PatientId
    organization_id: OrganizationId
    organization: str
    service_id: ServiceId | None
    service: str | None
    status: Status
    business: Business | None
    way: Way
    asked: str
    consent: SharedOut | None
    requested_by: StaffId
    requested_at: datetime
    changed_at: datetime
    may_become: Annotated[tuple[Status, ...], Meta(description="Where it can go from here.")]
    next_due: DueOut | None
    letters: Annotated[
        tuple[LetterOut, ...], Meta(description="E-mails to the organization, oldest first.")
    ]
    closing: Annotated[
        ClosingOut | None, Meta(description="Whether the person was asked if it came.")
    ]
    history: tuple[StepOut, ...]
    version: Annotated[int, Meta(ge=1)]

    def __repr__(self) -> str:
        """Hide the words."""
        return f"ReferralOut(id={self.id}, …)"


class ReferralMadeOut(Struct, frozen=True, kw_only=True):
    """A referral with the one-time link for its organization, which is shown once."""

    referral: ReferralOut
    link: Annotated[
        str | None,
        Meta(description="Send this to the organization. Whoever holds it sees this referral."),
    ]
    link_expires_at: datetime | None

    def __repr__(self) -> str:
        """Hide the link."""
        return f"ReferralMadeOut(id={self.referral.id}, link=…)"


def referral_out(
    seen: ReferralSeen,
    steps: Sequence[Step],
    names: Mapping[UUID, str],
    after: Followed = Followed(),  # noqa: B008 - a frozen value
) -> ReferralOut:
    """Return a referral as it is told, with the names of the colleagues in it."""
    one, agreed = seen.referral, seen.referral.consent
    due, asked = seen.due, next((c for c in after.closings if c.source_id == one.id), None)
    return ReferralOut(
        practice_id=one.practice_id,
        id=one.id,
        need_id=one.need_id,
        patient_id=one.patient_id,
        organization_id=one.organization_id,
        organization=seen.organization,
        service_id=one.service_id,
        service=seen.service,
        status=one.status,
        business=one.business,
        way=one.way,
        asked=seen.asked,
        consent=None
        if agreed is None
        else SharedOut(
            at=agreed.at,
            how=agreed.how,
            by=agreed.by,
            by_name=names.get(agreed.by),
            phone=agreed.phone,
        ),
        requested_by=seen.requested_by,
        requested_at=one.requested_at,
        changed_at=one.changed_at,
        may_become=tuple(to for (before, to) in MACHINE if before == one.status),
        next_due=None if due is None else DueOut(due.at, due.what),
        letters=tuple(
            LetterOut(
                id=sent.id,
                what=sent.what,
                status=sent.status,
                why=sent.why,
                at=sent.at,
                status_at=sent.status_at,
            )
            for sent in after.letters
            if sent.referral_id == one.id
        ),
        closing=None
        if asked is None
        else ClosingOut(
            id=asked.id,
            status=asked.status,
            ask_at=asked.ask_at,
            asked=asked.asked,
            answered_at=asked.answered_at,
            answered_by=asked.answered_by,
        ),
        history=tuple(
            StepOut(
                id=step.id,
                at=step.at,
                status=step.status,
                business=step.business,
                by=step.by,
                by_id=step.by_id,
                by_name=None if step.by_id is None else names.get(step.by_id),
                reason=step.reason,
                note=step.note,
            )
            for step in steps
        ),
        version=one.version,
    )
