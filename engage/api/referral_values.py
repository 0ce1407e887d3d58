"""A referral, outward: where it stands, what it asks, and its history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from engage.ids import NeedId, OrganizationId, PatientId, PracticeId, ReferralId, ServiceId, StaffId
from engage.needs.referral import MACHINE, Business, Setter, Status, Way, nudge
from engage.needs.referring.store import ReferralSeen, Step


class StepOut(Struct, frozen=True, kw_only=True):
    """One step in a referral's history. It is never changed."""

    id: UUID
    at: datetime
    status: Status
    business: Business | None
    by: Setter
    by_id: UUID | None
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
    phone: bool


class DueOut(Struct, frozen=True):
    """What is next due about a referral."""

    at: datetime
    what: Annotated[str, Meta(description="remind, call or ask-patient")]


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


def referral_out(seen: ReferralSeen, steps: Sequence[Step]) -> ReferralOut:
    """Return a referral as it is told."""
    one, agreed = seen.referral, seen.referral.consent
    due = nudge(one, one.changed_at)
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
        else SharedOut(at=agreed.at, how=agreed.how, by=agreed.by, phone=agreed.phone),
        requested_by=seen.requested_by,
        requested_at=one.requested_at,
        changed_at=one.changed_at,
        may_become=tuple(to for (before, to) in MACHINE if before == one.status),
        next_due=None if due is None else DueOut(due.at, due.what),
        history=tuple(
            StepOut(
                id=step.id,
                at=step.at,
                status=step.status,
                business=step.business,
                by=step.by,
                by_id=step.by_id,
                reason=step.reason,
                note=step.note,
            )
            for step in steps
        ),
        version=one.version,
    )
