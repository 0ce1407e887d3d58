"""What somebody should know of a person before they call: one read of all that stands around them.

Who may be told what, the next visit and the rides to it, the last screening, what was done before
and by whom they were called; and the care team across settings with one person who answers for it
all. Everything here is read by itself elsewhere too, at length; this is the short of it, in one
transaction and with one line in the audit. It refuses to decide: who answers is routing's to say.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from engage import audit
from engage.api.around import store
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.context_values import (
    CalledOut,
    CareTeamOut,
    ContextCaregiverOut,
    ContextOut,
    CoverNowOut,
    EarlierOut,
    HelperOut,
    HospitalOut,
    LastScreeningOut,
    NextVisitOut,
    OpenRideOut,
    TeammateOut,
)
from engage.api.desk import OpenNeedOut
from engage.api.item_values import StaffOut
from engage.api.packet import store as packet
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.quoted.store import names_of
from engage.appointments import store as visits
from engage.appointments.places import store as places
from engage.appointments.rides import store as rides
from engage.checkins.discharges.store import attempts_of, stays_of
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.ids import PatientId, StaffId
from engage.needs.store import screenings_of
from engage.people.circle.store import caregivers_of, team_of
from engage.people.sharing import store as sharing
from engage.people.sharing.circles import members
from engage.people.staff import Staff
from engage.people.staffing.store import get_practice, members_of
from engage.people.store import get_patient
from engage.queue.roster.store import roster
from engage.queue.routing import Roster, owner_for

AHEAD = timedelta(days=400)
LATELY = timedelta(days=30)
"""For so long a hospital that somebody came home from is one of those who help."""
FEW = store.FEW
_MOST_RIDES = 20


@get(
    "/patients/{patient_id:uuid}/context",
    opt=needs("patient.read"),
    operation_id="getContext",
    summary="What stands around a patient: family, visits, screenings, work, calls, care team",
)
async def get_context(
    patient_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> ContextOut:
    """Return it all as of one moment; that the patient was looked at is recorded."""
    practice = await find(parts.database, visit, "patient", patient_id)
    keys, person = await parts.vault.keys(practice), PatientId(patient_id)
    at = parts.clock.now()
    async with parts.database.work([practice], practice) as work:
        out = ContextOut(
            patient_id=person,
            caregivers=await _family(work, keys, person, at),
            open_needs=tuple(
                OpenNeedOut(id=one.id, domain=one.domain, status=one.status, severity=one.severity)
                for one in await packet.needs(work, practice, person)
            ),
            next_visit=await _next_visit(work, keys, person, at),
            open_rides=await _rides(work, keys, person),
            last_screening=await _last_screening(work, keys, parts, person),
            earlier=tuple(
                EarlierOut(**{name: getattr(one, name) for name in EarlierOut.__struct_fields__})
                for one in await store.earlier(work, practice, person)
            ),
            called=await _called(work, keys, person),
            care_team=await _care_team(work, keys, person, at),
        )
        await audit.record_patients(
            work,
            practice,
            at,
            by=audit.By.staff(visit.staff_id),
            action="patient.context",
            patients=[person],
        )
    return out


async def _family(
    work: Work, keys: PracticeKeys, person: PatientId, at: datetime
) -> tuple[ContextCaregiverOut, ...]:
    patient = await get_patient(work, keys, person)
    scopes = {one.id: one.scope for one in await members(work, keys, patient, at)}
    unsafe = await sharing.unsafe(work, keys.practice, [person])
    return tuple(
        ContextCaregiverOut(
            id=one.id,
            given_name=one.given_name,
            family_name=one.family_name,
            relationship=one.relationship,
            language=one.language,
            phone=None if one.phone is None else one.phone.e164,
            may_be_told=tuple(
                category for category, _ in (scopes[one.id].shared if one.id in scopes else ())
            ),
            safe=(person, one.id) not in unsafe,
        )
        for one in await caregivers_of(work, keys, person, at)
    )


async def _next_visit(
    work: Work, keys: PracticeKeys, person: PatientId, at: datetime
) -> NextVisitOut | None:
    ahead = await visits.ahead(work, keys.practice, person, at, at + AHEAD)
    kept = await visits.one(work, keys, ahead[0].id) if ahead else None
    if kept is None or kept.visit.time is None:
        return None
    place = None
    if kept.visit.place_id is not None:
        place = await places.one_of(work, keys, kept.visit.place_id)
    return NextVisitOut(
        id=kept.visit.id,
        status=kept.visit.status,
        starts_at=kept.visit.time.starts_at,
        zone=kept.visit.zone,
        what=kept.what,
        place=None if place is None else place.name,
    )


async def _rides(work: Work, keys: PracticeKeys, person: PatientId) -> tuple[OpenRideOut, ...]:
    newest = await rides.of_patient(work, keys, person, None, _MOST_RIDES)
    return tuple(
        OpenRideOut(
            **{name: getattr(one.ride, name) for name in OpenRideOut.__struct_fields__},
        )
        for one in newest
        if not one.ride.over
    )


async def _last_screening(
    work: Work, keys: PracticeKeys, parts: Parts, person: PatientId
) -> LastScreeningOut | None:
    newest = await screenings_of(work, keys.practice, person, parts.instruments, None, 1)
    return next(
        (
            LastScreeningOut(
                id=one.id,
                instrument=one.instrument,
                status=one.status,
                verdict=one.verdict,
                at=one.ended_at or one.started_at,
            )
            for one in newest
        ),
        None,
    )


async def _called(work: Work, keys: PracticeKeys, person: PatientId) -> tuple[CalledOut, ...]:
    logged = (await attempts_of(work, keys.practice, person))[:FEW]
    names = await names_of(work, [one.staff_id for one in logged])
    return tuple(
        CalledOut(
            id=one.id,
            at=one.at,
            channel=one.channel,
            direction=one.direction,
            outcome=one.outcome,
            staff_name=names.get(one.staff_id),
        )
        for one in logged
    )


async def _care_team(
    work: Work, keys: PracticeKeys, person: PatientId, at: datetime
) -> CareTeamOut:
    practice, patient = keys.practice, await get_patient(work, keys, person)
    people = {one.id: one for one in await members_of(work, practice, at)}
    team = await team_of(work, practice, person, at)
    here = await roster(work, practice, at)
    manager = None if patient.care_manager is None else patient.care_manager.id
    # Who has left answers for nobody.
    manager = manager if manager in people else None
    answers = manager or here.responsible_id
    acting = owner_for(
        "crisis",
        at=at,
        due=at,
        manager=manager,
        team=[one.staff_id for one in team],
        roster=here,
        language=patient.language,
    )
    return CareTeamOut(
        accountable=_named(answers, people),
        because="responsible" if manager is None else "assigned",
        away=_away(answers, here, people, at),
        acting=_named(acting.staff_id, people),
        acting_why=acting.why,
        practice=(await get_practice(work, practice)).name,
        team=tuple(
            TeammateOut(_named(one.staff_id, people), one.role)
            for one in team
            if one.staff_id in people and one.staff_id != answers
        ),
        organizations=tuple(
            HelperOut(
                id=one.organization_id,
                referral_id=one.referral_id,
                name=one.name,
                domain=one.domain,
                status=one.status,
                since=one.since,
            )
            for one in await store.helps(work, practice, person)
        ),
        hospitals=tuple(
            HospitalOut(
                facility=one.facility,
                admitted_at=one.admitted_at,
                discharged_at=one.discharged_at,
            )
            for one in await stays_of(work, practice, person)
            if one.status == "planned"
            or (
                one.status == "discharged" and one.discharged_at and one.discharged_at > at - LATELY
            )
        ),
    )


def _away(
    who: StaffId, here: Roster, people: Mapping[StaffId, Staff], at: datetime
) -> CoverNowOut | None:
    leaves = [
        CoverNowOut(one.until_at, _named(one.cover_id, people) if one.cover_id in people else None)
        for one in here.covers
        if one.absent_id == who and one.from_at <= at < one.until_at
    ]
    return leaves[0] if leaves else None


def _named(who: StaffId, people: Mapping[StaffId, Staff]) -> StaffOut:
    known = people.get(who)
    if known is None:
        # Responsible for the practice, and not one of those who work in it now.
        return StaffOut(who, "", "")
    return StaffOut(known.id, known.given_name, known.family_name)
