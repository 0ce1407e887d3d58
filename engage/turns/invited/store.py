"""Which text asked to invite somebody, and what stands in the way: rows around a wish.

This room refuses to keep a number or a name: they stand in the person's own text.
"""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import Uuid, and_, bindparam, exists, or_, select
from sqlalchemy.dialects.postgresql import insert

from engage.db.session import Query, Work
from engage.db.tables import invitation_wish, line, message, phone_state, phone_use
from engage.ids import CaregiverId, ConversationId, MessageId, PatientId, PhoneId, PracticeId
from engage.turns.invite import InviteAsked


class Wished(Struct, frozen=True):
    """A wish, by the conversation that asked back."""

    patient_id: PatientId
    message_id: MessageId


_PRACTICE = bindparam("practice", type_=Uuid())
_PHONE = bindparam("phone", type_=Uuid())
_ADD = Query(
    insert(invitation_wish)
    .values({c.name: bindparam(f"its_{c.name}", type_=c.type) for c in invitation_wish.c})
    .on_conflict_do_nothing()
)
_ONE = Query(
    select(invitation_wish).where(
        invitation_wish.c.practice_id == _PRACTICE,
        invitation_wish.c.conversation_id == bindparam("conversation", type_=Uuid()),
    )
)
_BODY = Query(
    select(message.c.body_sealed).where(
        message.c.practice_id == _PRACTICE,
        message.c.id == bindparam("text", type_=Uuid()),
        message.c.direction == "in",
    )
)
_READERS = Query(
    select(phone_use.c.caregiver_id).where(
        phone_use.c.practice_id == _PRACTICE,
        phone_use.c.phone_id == _PHONE,
        phone_use.c.caregiver_id.is_not(None),
        phone_use.c.until_at.is_(None),
    )
)
_BARRED = Query(
    select(
        exists()
        .where(
            phone_use.c.practice_id == _PRACTICE,
            phone_use.c.phone_id == _PHONE,
            phone_use.c.patient_id.is_not(None),
            phone_use.c.until_at.is_(None),
        )
        .label("a_patients"),
        or_(
            exists().where(
                line.c.practice_id == _PRACTICE,
                line.c.phone_id == _PHONE,
                line.c.opted_out_at.is_not(None),
            ),
            exists().where(
                and_(
                    phone_state.c.practice_id == _PRACTICE,
                    phone_state.c.phone_id == _PHONE,
                    phone_state.c.trouble.is_not(None),
                )
            ),
        ).label("not_texted"),
    )
)


async def add(work: Work, practice: PracticeId, one: InviteAsked, at: datetime) -> None:
    """Write down by which text somebody wishes what a conversation asks about."""
    await work.run(
        _ADD,
        its_practice_id=practice,
        its_conversation_id=one.conversation_id,
        its_patient_id=one.patient_id,
        its_message_id=one.message_id,
        its_at=at,
    )


async def wished(work: Work, practice: PracticeId, one: ConversationId) -> Wished | None:
    """Return the wish that a conversation asked back about."""
    row = await work.maybe(_ONE, practice=practice, conversation=one)
    return None if row is None else Wished(row["patient_id"], row["message_id"])


async def sealed_body(work: Work, practice: PracticeId, text: MessageId) -> bytes | None:
    """Return the sealed words of a text that came in."""
    row = await work.maybe(_BODY, practice=practice, text=text)
    return None if row is None else row["body_sealed"]


async def barred(work: Work, practice: PracticeId, phone: PhoneId) -> tuple[bool, bool]:
    """Say whether a phone is a patient's, and whether it may or can not be texted."""
    row = await work.maybe(_BARRED, practice=practice, phone=phone)
    return (False, False) if row is None else (row["a_patients"], row["not_texted"])


async def readers_of(work: Work, practice: PracticeId, phone: PhoneId) -> tuple[CaregiverId, ...]:
    """Return which caregivers use a phone, whoever's they are or were."""
    rows = await work.rows(_READERS, practice=practice, phone=phone)
    return tuple(CaregiverId(row["caregiver_id"]) for row in rows)
