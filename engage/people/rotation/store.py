"""The rows that depend on the deployment's secret keys; for the owner's login.

This room refuses to open or close a value: it locks, reads and writes blobs.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Uuid, bindparam, func, select, update

from engage.db.session import Query, Work
from engage.db.tables import (
    audit,
    credential,
    membership,
    practice_key,
    push_subscription,
    staff,
    staff_phone,
    staff_secret,
)
from engage.ids import RANDOM_BYTES, PracticeId, StaffId, uuid7

PLACE = "staff.email"
_LOCALLY = True  # set_config's third argument: only in this transaction
_HERE = bindparam("practice", type_=Uuid())
_PERSON = bindparam("person", type_=Uuid())

_WITH_ADDRESS = Query(select(credential.c.person_id).where(credential.c.kind == "email").distinct())
_PRACTICES_OF = Query(
    select(membership.c.practice_id).where(membership.c.staff_id == _PERSON).distinct()
)
_LOCK_KEYS = Query(
    select(practice_key.c.id, practice_key.c.wrapped)
    .where(practice_key.c.practice_id == _HERE)
    .order_by(practice_key.c.id)
    .with_for_update()
)
_PUT_KEY = Query(
    update(practice_key)
    .where(practice_key.c.practice_id == _HERE, practice_key.c.id == bindparam("key"))
    .values(wrapped=bindparam("anew"))
)
_LOCK_STAFF = Query(
    select(staff.c.id, staff.c.email_hash, staff.c.email_sealed)
    .where(
        select(membership.c.staff_id)
        .where(membership.c.practice_id == _HERE, membership.c.staff_id == staff.c.id)
        .exists()
    )
    .order_by(staff.c.id)
    .with_for_update()
)
_ELSE = Query(
    select(credential.c.person_id).where(
        credential.c.kind == "email",
        credential.c.hash == bindparam("hashed"),
        credential.c.person_id != _PERSON,
    )
)
_PUT_ADDRESS = Query(
    update(staff)
    .where(staff.c.id == _PERSON)
    .values(email_hash=bindparam("hashed"), email_sealed=bindparam("sealed"))
)
_PUT_HASH = Query(
    update(credential)
    .where(
        credential.c.kind == "email",
        credential.c.hash == bindparam("before"),
        credential.c.person_id == _PERSON,
    )
    .values(hash=bindparam("hashed"))
)
_SECRET = Query(
    select(staff_secret.c.totp_sealed, staff_secret.c.next_totp_sealed)
    .where(staff_secret.c.staff_id == _PERSON)
    .with_for_update()
)
_PUT_SECRET = Query(
    update(staff_secret)
    .where(staff_secret.c.staff_id == _PERSON)
    .values(totp_sealed=bindparam("totp"), next_totp_sealed=bindparam("next_totp"))
)
_PHONES = Query(select(staff_phone).order_by(staff_phone.c.staff_id).with_for_update())
_PUT_PHONE = Query(
    update(staff_phone)
    .where(staff_phone.c.staff_id == _PERSON)
    .values(number_sealed=bindparam("sealed"))
)
_BROWSERS = Query(
    select(push_subscription.c.id, push_subscription.c.browser_sealed)
    .order_by(push_subscription.c.id)
    .with_for_update()
)
_PUT_BROWSER = Query(
    update(push_subscription)
    .where(push_subscription.c.id == bindparam("browser", type_=Uuid()))
    .values(browser_sealed=bindparam("blob"), endpoint_hash=bindparam("hashed"))
)
_LAST = Query(
    select(func.max(audit.c.at).label("at")).where(
        audit.c.practice_id == _HERE,
        # The id holds the moment, and the index: no other month is looked at.
        audit.c.id >= bindparam("since"),
        audit.c.action == bindparam("action"),
    )
)


class Addressed(Struct, frozen=True):
    """A member of staff: their address sealed, and the hash by which it is found."""

    id: StaffId
    hashed: bytes
    sealed: bytes

    def __repr__(self) -> str:
        """Hide the blobs."""
        return "Addressed(…)"


async def persons_with_address(work: Work) -> Sequence[StaffId]:
    """Return everybody who can be found by an address, in whatever practice."""
    return tuple(StaffId(row["person_id"]) for row in await work.rows(_WITH_ADDRESS))


async def practices_of(work: Work, person: StaffId) -> set[PracticeId]:
    """Return where somebody works or worked; for a transaction without a practice's scope."""
    await work.call("set_config", "engage.practices", "{}", _LOCALLY)
    await work.call("set_config", "engage.staff", str(person), _LOCALLY)
    rows = await work.rows(_PRACTICES_OF, person=person)
    return {PracticeId(row["practice_id"]) for row in rows}


async def lock_keys(work: Work, practice: PracticeId) -> Sequence[tuple[str, bytes]]:
    """Lock a practice's keys; return each with its wrapping."""
    rows = await work.rows(_LOCK_KEYS, practice=practice)
    return [(row["id"], row["wrapped"]) for row in rows]


async def put_key(work: Work, practice: PracticeId, key_id: str, wrapped: bytes) -> None:
    """Store a key's new wrapping."""
    await work.run(_PUT_KEY, practice=practice, key=key_id, anew=wrapped)


async def lock_staff(work: Work, practice: PracticeId) -> Sequence[Addressed]:
    """Lock everybody who works or worked in a practice."""
    rows = await work.rows(_LOCK_STAFF, practice=practice)
    return [Addressed(StaffId(r["id"]), r["email_hash"], r["email_sealed"]) for r in rows]


async def somebody_else(work: Work, person: StaffId, hashed: bytes) -> bool:
    """Say whether another person is found by this hash."""
    return await work.maybe(_ELSE, person=person, hashed=hashed) is not None


async def put_address(work: Work, person: Addressed, hashed: bytes, sealed: bytes) -> None:
    """Store an address anew, sealed and hashed; from now on the new hash alone finds the person."""
    await work.run(_PUT_ADDRESS, person=person.id, hashed=hashed, sealed=sealed)
    await work.run(_PUT_HASH, person=person.id, before=person.hashed, hashed=hashed)


async def lock_secret(work: Work, person: StaffId) -> tuple[bytes | None, bytes | None] | None:
    """Lock what somebody's authenticator shares with us, and the one that is not confirmed yet."""
    row = await work.maybe(_SECRET, person=person)
    return None if row is None else (row["totp_sealed"], row["next_totp_sealed"])


async def put_secret(
    work: Work, person: StaffId, totp: bytes | None, next_totp: bytes | None
) -> None:
    """Store them anew."""
    await work.run(_PUT_SECRET, person=person, totp=totp, next_totp=next_totp)


async def last_done(
    work: Work, practice: PracticeId, action: str, since: datetime
) -> datetime | None:
    """Return when an action was last recorded about a practice, if since a moment."""
    row = await work.maybe(
        _LAST, practice=practice, action=action, since=uuid7(since, bytes(RANDOM_BYTES))
    )
    return None if row is None else row["at"]


async def lock_phones(work: Work) -> Sequence[tuple[UUID, bytes]]:
    """Lock the phones that staff are paged on."""
    return [(row["staff_id"], row["number_sealed"]) for row in await work.rows(_PHONES)]


async def put_phone(work: Work, person: UUID, sealed: bytes) -> None:
    """Store a phone anew."""
    await work.run(_PUT_PHONE, person=person, sealed=sealed)


async def lock_browsers(work: Work) -> Sequence[tuple[UUID, bytes]]:
    """Lock the browsers that take pushes."""
    return [(row["id"], row["browser_sealed"]) for row in await work.rows(_BROWSERS)]


async def put_browser(work: Work, browser: UUID, sealed: bytes, hashed: bytes) -> None:
    """Store a browser anew; from now on the new hash alone finds it."""
    await work.run(_PUT_BROWSER, browser=browser, blob=sealed, hashed=hashed)
