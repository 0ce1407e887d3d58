"""What administrators change: a practice, who works there and as what; and what it was before.

A change is written with who made it, when, and from what to what. This room refuses to leave a
practice without an administrator, and lets nobody change their own roles.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from engage import audit
from engage.audit import By
from engage.db.session import Work
from engage.errors import EngageError, NotFound
from engage.ids import PracticeId, StaffId, derived
from engage.people.administration import store
from engage.people.administration.store import About
from engage.people.closures import Closures
from engage.people.practice import Practice
from engage.people.practice_change import PracticeChange, different, revised
from engage.people.register.store import need_active
from engage.people.staff import ResponsiblePerson, Role, Staff
from engage.people.staffing import store as staffing

_RESPONSIBLE = "/responsible_id"
_ROLES = "/roles"


class LastAdministrator(EngageError):  # noqa: N818 - reads as a sentence
    """A practice keeps at least one administrator; name another one first."""


class OwnRoles(EngageError):  # noqa: N818
    """Another administrator changes your own roles."""


class WorksElsewhere(EngageError):  # noqa: N818
    """They also work where you are no administrator; end their roles here instead."""


async def note(  # noqa: PLR0913 - a change has this many parts
    work: Work,
    practice: PracticeId,
    staff: StaffId,
    at: datetime,
    about: About,
    subject: UUID,
    before: object,
    after: object,
    *,
    action: str,
) -> None:
    """Write what was changed, from what to what, and that it was; nothing about a patient."""
    await store.add_change(work, practice, staff, at, about, subject, before, after)
    await audit.record(
        work,
        practice,
        at,
        actor="staff",
        actor_id=staff,
        action=action,
        subject="practice" if subject == practice else about.replace("-", "_"),
        subject_id=subject,
    )


async def change_practice(
    work: Work,
    practice: PracticeId,
    change: PracticeChange,
    *,
    check: Callable[[int], None],
    at: datetime,
    by: StaffId,
) -> Practice:
    """Change what is said of a practice. `check` refuses another version.

    Open work that hours explain follows them: queue/timing, in the same transaction.
    """
    before = await store.lock_practice(work, practice)
    check(before.version)
    after = revised(before, change)
    if after.responsible_id != before.responsible_id:
        await need_active(work, practice, [after.responsible_id], at, _RESPONSIBLE)
    return await _saved(work, before, after, "practice", at, by)


async def change_closures(
    work: Work,
    practice: PracticeId,
    closures: Closures,
    *,
    check: Callable[[int], None],
    at: datetime,
    by: StaffId,
) -> Practice:
    """Set on which days a practice is closed; open work follows in queue/timing."""
    before = await store.lock_practice(work, practice)
    check(before.version)
    after = msgspec.structs.replace(before, holidays=closures.spelled())
    return await _saved(work, before, after, "holidays", at, by)


async def _saved(
    work: Work, before: Practice, after: Practice, about: About, at: datetime, by: StaffId
) -> Practice:
    was, now = different(before, after)
    if not now:
        return before
    kept = msgspec.structs.replace(after, version=before.version + 1)
    await store.save_practice(work, kept)
    action = f"{about}.change"
    await note(work, kept.id, by, at, about, kept.id, was, now, action=action)
    return kept


async def set_roles(
    work: Work,
    practice: PracticeId,
    person: StaffId,
    wanted: Sequence[Role],
    *,
    at: datetime,
    by: StaffId,
) -> Staff:
    """Let somebody have exactly these roles here; none ends their place. Return them as they are.

    It counts at their next request, and with the last role their open work goes to who is here.
    """
    if person == by:
        raise OwnRoles(_ROLES)
    await store.lock_practice(work, practice)
    members = await staffing.members_of(work, practice, at)
    before = next((one for one in members if one.id == person), None)
    if before is None:
        raise NotFound
    _keep_one(members, person, active=before.active and "practice_admin" in wanted)
    author = By.staff(by)
    for role in set(wanted) - set(before.roles):
        await staffing.add_membership(work, practice, person, role, at=at, by=author)
    if not set(wanted) <= set(before.roles):
        await look_again(work, practice, person, at)
    for role in set(before.roles) - set(wanted):
        if before.active:
            await staffing.end_membership(work, practice, person, role, at=at, by=author)
        else:
            await store.end_role(work, practice, person, role, at)
    roles = tuple(sorted(set(wanted)))
    if roles == before.roles:
        return before
    was: Mapping[str, Any] = {"roles": before.roles}
    await note(work, practice, by, at, "staff", person, was, {"roles": roles}, action="staff.roles")
    return msgspec.structs.replace(before, roles=roles)


async def look_again(work: Work, practice: PracticeId, person: StaffId, at: datetime) -> None:
    """Let work that is with somebody away be looked at again: one more person may take it."""
    await work.call("due_set", "cover", derived(at, person, f"joined/{practice}"), practice, at)


async def set_active(
    work: Work,
    practice: PracticeId,
    person: StaffId,
    runs: Sequence[PracticeId],
    *,
    active: bool,
    at: datetime,
    by: StaffId,
) -> Staff:
    """Let somebody in again, or not any more, wherever they work; only who runs all of it may.

    Their open work goes to who is here. Responsibility for a practice is handed on first.
    """
    if person == by:
        raise OwnRoles
    places = await store.works_in(work, person, at)
    # Reading where somebody works took the scope of the practice away.
    await work.enter([practice], practice)
    await store.lock_practice(work, practice)
    members = await staffing.members_of(work, practice, at)
    before = next((one for one in members if one.id == person), None)
    if before is None:
        raise NotFound
    if not set(places) <= set(runs):
        raise WorksElsewhere
    if before.active == active:
        return before
    if not active:
        for one in places:
            await work.enter([one], one)
            await _let_go(work, one, person, at)
        await work.enter([practice], practice)
    await store.set_active(work, person, active=active)
    # Who went leaves work behind; who is back may be the first to be here at all.
    for one in places:
        edge = derived(at, person, f"{'enabled' if active else 'disabled'}/{one}")
        await work.call("due_set", "cover", edge, one, at)
    await note(
        work,
        practice,
        by,
        at,
        "staff",
        person,
        {"active": before.active},
        {"active": active},
        action="staff.enable" if active else "staff.disable",
    )
    return msgspec.structs.replace(before, active=active)


async def _let_go(work: Work, practice: PracticeId, person: StaffId, at: datetime) -> None:
    """Refuse to disable whom a practice can't be without."""
    if (await staffing.get_practice(work, practice)).responsible_id == person:
        raise ResponsiblePerson
    _keep_one(await staffing.members_of(work, practice, at), person, active=False)


def _keep_one(members: Sequence[Staff], person: StaffId, *, active: bool) -> None:
    """Refuse to take the last administrator away; `active`: they stay one."""
    before = {one.id for one in members if one.active and "practice_admin" in one.roles}
    after = before | {person} if active else before - {person}
    if before and not after:
        raise LastAdministrator(_ROLES)
