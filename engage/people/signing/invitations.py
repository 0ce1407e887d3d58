"""Who may invite whom: an administrator, a colleague who works nowhere that they do not run.

A person is one identity over all practices, and whoever holds their invitation chooses their
password: who could be invited by one practice alone could be impersonated in another.
"""

from collections.abc import Sequence
from datetime import datetime

from engage import audit
from engage.audit import By
from engage.db.sealing import MasterKeys
from engage.db.session import Work
from engage.ids import PracticeId
from engage.people.fields import EmailAddress
from engage.people.signing.staff_ways import Invitation, StaffWays
from engage.people.staff import UnknownStaff
from engage.people.staffing import store as staffing

_FIELD = "/email"


async def invite_colleague(
    work: Work,
    master: MasterKeys,
    ways: StaffWays,
    address: EmailAddress,
    practice: PracticeId,
    runs: Sequence[PracticeId],
    *,
    at: datetime,
    by: By,
) -> Invitation:
    """Invite who works in a practice under an address; UnknownStaff for anybody else.

    `runs` are the practices that the administrator runs. In a transaction that writes `practice`.
    """
    person = await staffing.find_staff(work, master, address, at)
    held = () if person is None else await staffing.memberships_of(work, person, at)
    # Reading somebody's memberships took the scope of the practice away.
    await work.enter([practice], practice)
    works_in = {one.practice_id for one in held}
    if person is None or practice not in works_in or not works_in <= set(runs):
        raise UnknownStaff(_FIELD)
    await audit.record(
        work,
        practice,
        at,
        actor=by.actor,
        actor_id=by.actor_id,
        action="staff.invite",
        subject="staff",
        subject_id=person,
    )
    return await ways.invite(work, person)
