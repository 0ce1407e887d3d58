"""Referrals and their history, and the one-time links of organizations.

Which move follows is referral.py's to say. What is asked and what is noted is sealed on the way in;
a link is kept as a keyed hash. This room refuses to decide.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ARRAY, any_, bindparam, or_, select, update
from sqlalchemy import Uuid as UuidType
from sqlalchemy.dialects.postgresql import insert

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Row, Work
from engage.db.tables import organization, patient, practice, referral, referral_event, service
from engage.ids import NeedId, PatientId, PracticeId, ReferralId, StaffId
from engage.needs.referral import Business, ConsentToShare, Nudge, Referral, Setter, Status

ASKED, NOTE = "referral.asked", "referral_event.note"
KIND = "referral"
"""The kind of a referral's row in `due`: what is to be done if the organization does not move."""

LINK = "referral"
"""The kind of credential that a link is."""


class ReferralSeen(Struct, frozen=True, kw_only=True):
    """A referral with what it asks, and of whom."""

    referral: Referral
    asked: str
    requested_by: StaffId
    organization: str
    organization_email: str | None
    service: str | None
    #: What is next due about it, and when.
    due: Nudge | None = None

    def __repr__(self) -> str:
        """Hide the words."""
        return f"ReferralSeen(id={self.referral.id}, asked=…)"


class Step(Struct, frozen=True, kw_only=True):
    """One step in the history of a referral; never changed."""

    id: UUID
    referral_id: ReferralId
    status: Status
    business: Business | None
    at: datetime
    by: Setter
    by_id: UUID | None = None
    reason: str | None = None
    note: str | None = None

    def __repr__(self) -> str:
        """Hide the note."""
        return f"Step(status={self.status!r}, note=…)"


class Linked(Struct, frozen=True):
    """What a one-time link leads to."""

    practice_id: PracticeId
    referral_id: ReferralId
    usable: bool


_PRACTICE = referral.c.practice_id == bindparam("practice")
_seen = (
    select(
        referral,
        organization.c.name.label("organization_name"),
        organization.c.email.label("organization_email"),
        service.c.name.label("service_name"),
        service.c.email.label("service_email"),
    )
    .join(
        organization,
        (organization.c.practice_id == referral.c.practice_id)
        & (organization.c.id == referral.c.organization_id),
    )
    .outerjoin(
        service,
        (service.c.practice_id == referral.c.practice_id) & (service.c.id == referral.c.service_id),
    )
)
# A record that was merged into another one is the same person's.
_RECORDS = select(patient.c.id).where(
    patient.c.practice_id == referral.c.practice_id,
    or_(
        patient.c.id == bindparam("patient", type_=UuidType()),
        patient.c.merged_into == bindparam("patient", type_=UuidType()),
    ),
)
_OF_PATIENT = Query(
    _seen.where(_PRACTICE, referral.c.patient_id.in_(_RECORDS)).order_by(referral.c.id)
)
_ONE = Query(_seen.where(_PRACTICE, referral.c.id == bindparam("one")))
_LOCK = Query(
    select(referral.c.id).where(_PRACTICE, referral.c.id == bindparam("one")).with_for_update()
)
_OTHERS = Query(
    select(referral.c.status).where(
        _PRACTICE, referral.c.need_id == bindparam("need"), referral.c.id != bindparam("one")
    )
)
_ADD = Query(
    insert(referral).values({c.name: bindparam(f"its_{c.name}", type_=c.type) for c in referral.c})
)
_SAVE = Query(
    update(referral)
    .where(_PRACTICE, referral.c.id == bindparam("one"))
    .values(
        {
            name: bindparam(f"its_{name}", type_=referral.c[name].type)
            for name in ("status", "business", "changed_at", "version")
        }
    )
)
_WAKE = Query(
    update(referral)
    .where(_PRACTICE, referral.c.id == bindparam("one"))
    .values(
        next_at=bindparam("at", type_=referral.c.next_at.type),
        next_what=bindparam("what", type_=referral.c.next_what.type),
    )
)
_ADD_STEP = Query(
    insert(referral_event).values(
        {c.name: bindparam(f"its_{c.name}", type_=c.type) for c in referral_event.c}
    )
)
_STEPS = Query(
    select(referral_event)
    .where(
        referral_event.c.practice_id == bindparam("practice"),
        referral_event.c.referral_id == any_(bindparam("some", type_=ARRAY(UuidType()))),
    )
    .order_by(referral_event.c.id)
)
_PRACTICE_NAME = Query(
    select(practice.c.name, practice.c.support_phone).where(practice.c.id == bindparam("practice"))
)


async def of_patient(
    work: Work, keys: PracticeKeys, patient: PatientId
) -> tuple[ReferralSeen, ...]:
    """Return a person's referrals, oldest first."""
    rows = await work.rows(_OF_PATIENT, practice=keys.practice, patient=patient)
    return tuple(_row(keys, row) for row in rows)


async def one(
    work: Work, keys: PracticeKeys, referral_id: ReferralId, *, lock: bool = False
) -> ReferralSeen | None:
    """Return a referral; locked, nobody else moves it until this transaction ends."""
    if lock:
        await work.maybe(_LOCK, practice=keys.practice, one=referral_id)
    row = await work.maybe(_ONE, practice=keys.practice, one=referral_id)
    return None if row is None else _row(keys, row)


async def others(work: Work, of: Referral) -> tuple[Status, ...]:
    """Return where the other referrals of the same need stand."""
    rows = await work.rows(_OTHERS, practice=of.practice_id, need=of.need_id, one=of.id)
    return tuple(row["status"] for row in rows)


async def add(work: Work, keys: PracticeKeys, new: Referral, *, asked: str, by: StaffId) -> None:
    """Add a referral."""
    agreed = new.consent
    await work.run(
        _ADD,
        its_practice_id=new.practice_id,
        its_id=new.id,
        its_need_id=new.need_id,
        its_patient_id=new.patient_id,
        its_organization_id=new.organization_id,
        its_service_id=new.service_id,
        its_status=new.status,
        its_business=new.business,
        its_way=new.way,
        its_asked_sealed=keys.seal_text(ASKED, new.id, asked),
        its_requested_by=by,
        its_requested_at=new.requested_at,
        its_changed_at=new.changed_at,
        its_consent_at=agreed and agreed.at,
        its_consent_how=agreed and agreed.how,
        its_consent_by=agreed and agreed.by,
        its_shares_phone=agreed is not None and agreed.phone,
        its_version=new.version,
        its_next_at=None,
        its_next_what=None,
    )


async def save(work: Work, after: Referral) -> None:
    """Write where a referral stands."""
    await work.run(
        _SAVE,
        practice=after.practice_id,
        one=after.id,
        its_status=after.status,
        its_business=after.business,
        its_changed_at=after.changed_at,
        its_version=after.version,
    )


async def wake(work: Work, of: Referral, due: Nudge | None) -> None:
    """Write what is next due about a referral, and have it wake if it is an organization's move."""
    await work.run(
        _WAKE,
        practice=of.practice_id,
        one=of.id,
        at=due and due.at,
        what=due and due.what,
    )
    await work.call("due_done", KIND, of.id)
    if due is not None and due.what != "ask-patient":
        await work.call("due_set", KIND, of.id, of.practice_id, due.at)


async def add_step(work: Work, keys: PracticeKeys, step: Step) -> None:
    """Add a step to the history."""
    await work.run(
        _ADD_STEP,
        its_practice_id=keys.practice,
        its_id=step.id,
        its_referral_id=step.referral_id,
        its_status=step.status,
        its_business=step.business,
        its_at=step.at,
        its_by=step.by,
        its_by_id=step.by_id,
        its_reason=step.reason,
        its_note_sealed=keys.seal_text(NOTE, step.id, step.note) if step.note else None,
    )


async def steps(work: Work, keys: PracticeKeys, some: Sequence[ReferralId]) -> tuple[Step, ...]:
    """Return the histories of some referrals, oldest first."""
    rows = await work.rows(_STEPS, practice=keys.practice, some=list(some))
    return tuple(
        Step(
            id=row["id"],
            referral_id=row["referral_id"],
            status=row["status"],
            business=row["business"],
            at=row["at"],
            by=row["by"],
            by_id=row["by_id"],
            reason=row["reason"],
            note=None
            if row["note_sealed"] is None
            else keys.open_text(NOTE, row["id"], row["note_sealed"]),
        )
        for row in rows
    )


async def practice_called(work: Work, practice_id: PracticeId) -> tuple[str, str]:
    """Return a practice's name, and the number that a person answers."""
    row = await work.maybe(_PRACTICE_NAME, practice=practice_id)
    return ("", "") if row is None else (row["name"], row["support_phone"])


# One-time links: outside the wall, because nobody has signed in.


async def add_link(work: Work, of: Referral, hashed: bytes, at: datetime, until: datetime) -> None:
    """Keep the hash of a link that leads to a referral until a moment."""
    await work.call("link_add", LINK, hashed, of.practice_id, of.id, at, until)


async def follow_link(work: Work, hashes: Sequence[bytes], at: datetime) -> Linked | None:
    """Return what a link leads to, used up or not; None if there never was one."""
    rows = await work.table("link_open", LINK, list(hashes), at)
    found = next(iter(rows), None)
    if found is None:
        return None
    return Linked(
        PracticeId(found["practice_id"]), ReferralId(found["subject_id"]), found["usable"]
    )


async def revoke_links(work: Work, of: Referral, at: datetime) -> None:
    """Close every link of a referral."""
    await work.call("link_revoke", LINK, of.practice_id, of.id, at)


def _row(keys: PracticeKeys, row: Row) -> ReferralSeen:
    consent = None
    if row["consent_at"] is not None:
        how: Literal["verbal", "written"] = (
            "written" if row["consent_how"] == "written" else "verbal"
        )
        consent = ConsentToShare(
            at=row["consent_at"],
            how=how,
            by=row["consent_by"],
            phone=row["shares_phone"],
        )
    return ReferralSeen(
        referral=Referral(
            practice_id=row["practice_id"],
            id=ReferralId(row["id"]),
            need_id=NeedId(row["need_id"]),
            patient_id=row["patient_id"],
            organization_id=row["organization_id"],
            service_id=row["service_id"],
            status=row["status"],
            business=row["business"],
            way=row["way"],
            consent=consent,
            requested_at=row["requested_at"],
            changed_at=row["changed_at"],
            version=row["version"],
        ),
        asked=keys.open_text(ASKED, row["id"], row["asked_sealed"]),
        requested_by=row["requested_by"],
        organization=row["organization_name"],
        organization_email=row["service_email"] or row["organization_email"],
        service=row["service_name"],
        due=None if row["next_at"] is None else Nudge(row["next_at"], row["next_what"]),
    )
