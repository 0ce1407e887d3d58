"""What stands around a person, outward: each part of it in short."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from engage.api.desk import OpenNeedOut
from engage.api.item_values import StaffOut
from engage.appointments.appointment import Status as VisitStatus
from engage.appointments.ride import Direction as RideWay
from engage.appointments.ride import Kind as RideKind
from engage.appointments.ride import Status as RideStatus
from engage.checkins.call import Channel, Direction, Outcome
from engage.conversation.severity import Severity
from engage.ids import (
    AppointmentId,
    CaregiverId,
    OrganizationId,
    PatientId,
    QueueItemId,
    ReferralId,
    RideId,
    ScreeningId,
)
from engage.needs.referral import Status as ReferralStatus
from engage.needs.scoring import Verdict
from engage.needs.store import ScreeningStatus
from engage.people.sharing.grant import Category
from engage.queue.item import Ending


class ContextCaregiverOut(Struct, frozen=True, kw_only=True):
    """A caregiver, and what the patient allows them to be told."""

    id: CaregiverId
    given_name: str
    family_name: str
    relationship: str
    language: str
    phone: str | None
    may_be_told: Annotated[
        tuple[Category, ...], Meta(description="As of now, a minor's years counted; nothing else.")
    ]
    safe: Annotated[
        bool, Meta(description="False: nothing of the patient may be said or shown on their phone.")
    ]

    def __repr__(self) -> str:
        """Hide who it is."""
        return f"ContextCaregiverOut(id={self.id}, …)"


class NextVisitOut(Struct, frozen=True, kw_only=True):
    """The next visit that is booked."""

    id: AppointmentId
    status: VisitStatus
    starts_at: datetime
    zone: Annotated[str, Meta(description="By this clock the visit is told.")]
    what: str | None
    place: str | None

    def __repr__(self) -> str:
        """Hide the words."""
        return f"NextVisitOut(id={self.id}, …)"


class OpenRideOut(Struct, frozen=True, kw_only=True):
    """A ride or a box that is not over."""

    id: RideId
    kind: RideKind
    direction: RideWay | None
    status: RideStatus
    day: date
    zone: str
    pickup_at: datetime | None


class LastScreeningOut(Struct, frozen=True, kw_only=True):
    """The newest screening, and what it says."""

    id: ScreeningId
    instrument: str
    status: ScreeningStatus
    verdict: Verdict | None
    at: Annotated[datetime, Meta(description="When it ended; when it began if it has not.")]


class EarlierOut(Struct, frozen=True, kw_only=True):
    """A piece of work that is over."""

    id: QueueItemId
    subject: str
    severity: Severity
    closed_at: datetime
    outcome: Ending | None


class CalledOut(Struct, frozen=True, kw_only=True):
    """A call or a visit that was logged; its note is with the others."""

    id: UUID
    at: datetime
    channel: Channel
    direction: Direction
    outcome: Outcome
    staff_name: str | None


class CoverNowOut(Struct, frozen=True):
    """Until when somebody is away, and who covers."""

    until: datetime
    cover: StaffOut | None


class TeammateOut(Struct, frozen=True):
    """Somebody else of the practice who takes part in the care."""

    staff: StaffOut
    role: str


class HelperOut(Struct, frozen=True, kw_only=True):
    """An organization that an open referral was put to."""

    id: OrganizationId
    referral_id: ReferralId
    name: str
    domain: str
    status: ReferralStatus
    since: datetime


class HospitalOut(Struct, frozen=True, kw_only=True):
    """A hospital that somebody is in, or came home from lately."""

    facility: str
    admitted_at: datetime | None
    discharged_at: datetime | None


class CareTeamOut(Struct, frozen=True, kw_only=True):
    """Everybody who helps, in and out of the practice, and the one who answers for it all."""

    accountable: StaffOut
    #: `assigned`: they are the care manager; `responsible`: there is none, and they run the place.
    because: Literal["assigned", "responsible"]
    #: Null while the accountable person is here.
    away: CoverNowOut | None
    #: Who has it now: whoever a crisis of this moment would go to, and why.
    acting: StaffOut
    acting_why: str
    practice: str
    team: tuple[TeammateOut, ...]
    organizations: tuple[HelperOut, ...]
    hospitals: tuple[HospitalOut, ...]


class ContextOut(Struct, frozen=True, kw_only=True):
    """What stands around a person."""

    patient_id: PatientId
    caregivers: tuple[ContextCaregiverOut, ...]
    open_needs: tuple[OpenNeedOut, ...]
    next_visit: NextVisitOut | None
    open_rides: tuple[OpenRideOut, ...]
    last_screening: LastScreeningOut | None
    #: The newest first, a few.
    earlier: tuple[EarlierOut, ...]
    #: The newest first, a few.
    called: tuple[CalledOut, ...]
    care_team: CareTeamOut
