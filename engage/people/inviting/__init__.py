"""Invitations: a caregiver gets a link by text, opens it, and is in as themselves.

The link is 256 random bits, kept as a hash, good once and for 48 hours at most, and only while the
caregiver uses the phone that it was texted to; looking changes nothing, so what looks at links
before people do burns none. Whoever lost it signs in with a code instead. This room refuses to send
more than the limits of codes allow, and to say why a link does not open.
"""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from engage.clock import random_bytes
from engage.db.sealing import MasterKeys
from engage.db.session import Database, Work
from engage.errors import EngageError
from engage.ids import CaregiverId, PatientId, PracticeId
from engage.people.inviting import store
from engage.people.inviting.store import Invitation
from engage.people.merging.store import survivor
from engage.people.phone import PhoneNumber
from engage.people.sharing.store import ties_of
from engage.people.signing import limits
from engage.people.signing.keeping import Keeping, NoSignIn, Tokens
from engage.people.signing.principal import Person
from engage.people.signing.store import Counted, allow

KIND: Final = "invitation"
SHORTEST, LONGEST = timedelta(minutes=10), timedelta(hours=48)
LONGEST_SECRET: Final = 64
_BYTES: Final = 32


class SignInByCode(EngageError):  # noqa: N818 - reads as a sentence
    """You take part already: sign in with a code to this phone, and what is new is there."""


async def count(
    work: Work, master: MasterKeys, phone: PhoneNumber, codes_a_day: int, at: datetime
) -> None:
    """Count that a text with a link leaves to a phone; TooManyTries if it is too much."""
    counted: Sequence[Counted] = (
        Counted(limits.CODE_OF_PHONE_HOUR, phone.e164),
        Counted(limits.CODE_OF_PHONE, phone.e164),
        Counted(limits.SENT_TO_PREFIX, limits.prefix_of(phone.e164)),
        Counted(limits.SENT_AT_ONCE, "deployment"),
        Counted(limits.sent_a_day(codes_a_day), "deployment"),
    )
    await allow(work, master, counted, at)


async def make(work: Work, master: MasterKeys, new: Invitation) -> str:
    """Write an invitation down, and return the secret of its link; the one before opens no more."""
    secret = base64.urlsafe_b64encode(random_bytes(_BYTES)).rstrip(b"=").decode()
    for old in await store.end_open(work, new.practice_id, new.caregiver_id, new.made_at):
        await work.call("link_revoke", KIND, new.practice_id, old, new.made_at)
    await store.add(work, new)
    hashed = master.credential_hashes(KIND, secret)[0]
    await work.call("link_add", KIND, hashed, new.practice_id, new.id, new.made_at, new.until_at)
    return secret


async def look(
    database: Database, master: MasterKeys, secret: str, came_from: str, at: datetime
) -> tuple[PracticeId, UUID]:
    """Return of which practice which invitation it is; NoSignIn if it does not open now."""
    async with database.work() as work:
        await allow(work, master, (Counted(limits.VERIFY_FROM_ADDRESS, came_from),), at)
    hashes = list(master.credential_hashes(KIND, secret))
    async with database.work() as work:
        found = next(iter(await work.table("link_open", KIND, hashes, at)), None)
    if found is None or not found["usable"]:
        raise NoSignIn
    return PracticeId(found["practice_id"]), found["subject_id"]


async def accept(
    work: Work, keeping: Keeping, practice: PracticeId, one: UUID, at: datetime
) -> tuple[Tokens, CaregiverId, PatientId]:
    """Use an invitation up and sign its caregiver in; NoSignIn if somebody was faster.

    SignInByCode for who cares for others already: a link that was passed on would open those, too.
    """
    known = await store.lock(work, practice, one)
    if known is None or known.used_at is not None or known.until_at <= at:
        raise NoSignIn
    who = await store.caregiver_on(work, practice, known.caregiver_id, known.phone_id)
    if who is None:
        raise NoSignIn
    about = await survivor(work, practice, known.patient_id)
    ties = await ties_of(work, practice, known.caregiver_id, at)
    if any(one.patient_id != about for one in ties):
        raise SignInByCode
    await store.use(work, practice, one, at)
    await work.call("link_revoke", KIND, practice, one, at)
    person = Person(
        practice_id=practice,
        phone_id=known.phone_id,
        kind="caregiver",
        id=known.caregiver_id,
        given_name=who[0],
        language=who[1],
        closed=False,
    )
    return await keeping.begin_family(work, person), known.caregiver_id, known.patient_id
