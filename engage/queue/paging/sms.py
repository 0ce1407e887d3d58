"""Pages by SMS: the one sentence and a link, to a phone that a member of staff gave as their own.

It leaves by the practice's account and number, past everything that is about patients: no line, no
message, no budget, no quiet hours, no conversation. Should the phone be a patient's as well, what
comes back from it is read as any text of theirs. This room refuses to know anybody but the phone it
is handed.
"""

from typing import assert_never

from engage.db.sealing import CannotOpen, MasterKeys
from engage.ids import MessageId
from engage.messaging import carrier
from engage.messaging.carrier import Carrier, Text
from engage.messaging.doors import Doors
from engage.messaging.outbox import STATUS_PATH, TOKEN_FIELD
from engage.people.phone import NotAPhoneNumber, PhoneNumber
from engage.queue.paging.channel import Outcome, Refused, Said, Told
from engage.queue.paging.words import path_of, subject_of

VALID_SECONDS = 15 * 60
"""By then the next step has told somebody else."""


class SmsChannel:
    """Tells people by SMS; one per process."""

    def __init__(self, carrier: Carrier, doors: Doors, master: MasterKeys, public_url: str) -> None:
        """Take who carries texts, whose account it goes by, and where the console is."""
        self._carrier = carrier
        self._doors = doors
        self._master = master
        self._public_url = public_url

    async def tell(self, address: str, said: Said) -> Outcome:
        """Hand one text to the carrier."""
        try:
            to = PhoneNumber(address)
            doors = await self._doors.by_practice(said.practice_id)
        except NotAPhoneNumber:
            return Refused("no-number", again=False)
        except CannotOpen:
            return Refused("no-key")
        if not doors:
            return Refused("no-account")
        door = doors[0]
        # Reports come back under the page's id, which is no text's: they are read and let go.
        token = self._master.callback_token(said.practice_id, MessageId(said.page_id))
        outcome = await self._carrier.send(
            door.account,
            Text(
                own_id=token,
                from_number=door.number,
                to=to,
                body=body_of(said, self._public_url),
                callback_url=f"{self._public_url}{STATUS_PATH}?{TOKEN_FIELD}={token}",
                validity_seconds=VALID_SECONDS,
                messaging_service_sid=door.account.messaging_service_sid,
            ),
        )
        return _read(outcome)


def body_of(said: Said, public_url: str) -> str:
    """Return the words of a text: GSM-7, so that with its link it is one or two segments."""
    return f"{subject_of(said)}: {public_url}{path_of(said)}"


def _read(outcome: carrier.Outcome) -> Outcome:
    match outcome:
        case carrier.Accepted():
            return Told()
        case carrier.Refused(code=code, effect=effect):
            return Refused(f"code-{code}", again=effect.message == "again")
        case carrier.Throttled(code=code):
            return Refused(f"throttled-{code}")
        case carrier.Unknown(why=why):
            # It may have left. Told twice is better than not told.
            return Refused(f"unknown-{why}")
        case _ as never:
            assert_never(never)
