"""The simulated handset's doors; they exist only with the simulated carrier.

A text goes in as a carrier would bring it: as a signed form to our own webhook, through the real
path. Texts that left are read from the simulated carrier's ledger. A simulated phone may text any
practice there is, and only the owner's login can list them: another reason why the simulator runs
on a loopback address alone. Nothing here knows a patient.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct

from engage.api.auth.marks import ANYBODY
from engage.api.handsets.store import became
from engage.api.parts import Parts, Post
from engage.api.refusals import FieldError, Unprocessable
from engage.clock import random_bytes
from engage.errors import NotDurable
from engage.ids import MessageId, PracticeId
from engage.messaging.doors import Door
from engage.messaging.ledger import SimulatorLedger
from engage.messaging.segments import count
from engage.messaging.simulator import signed_inbound

NUMBER: Final = r"^(\+[1-9][0-9]{6,14}|[0-9]{3,8})$"

Number = Annotated[
    str, Meta(pattern=NUMBER, min_length=3, max_length=16, examples=["+16025550142"])
]


class Handset:
    """What stands behind every simulated phone: a way to post, the ledger, and who is there."""

    def __init__(self, parts: Parts, post: Post) -> None:
        """Take the house and a way to post."""
        self.post = post
        self.ledger = SimulatorLedger(parts.database, parts.vault, parts.doors)
        self._doors = parts.doors
        self._database = parts.database
        self._vault = parts.vault

    async def practices(self) -> tuple[PracticeId, ...]:
        """Return every practice that has a number."""
        async with self._database.work() as work:
            return tuple(PracticeId(row[0]) for row in await work.table("door_practices"))

    async def left_for(self, number: str) -> list["SimulatedMessage"]:
        """Return what left for a phone, oldest first, and what became of it."""
        left = await self.ledger.messages(await self.practices(), number)
        own = {one.sid: self._vault.master.read_callback_token(one.own_id or "") for one in left}
        states: dict[MessageId, str] = {}
        for practice in {found[0] for found in own.values() if found is not None}:
            ours = [found[1] for found in own.values() if found is not None]
            async with self._database.work([practice]) as work:
                states |= {one.id: one.state for one in await became(work, practice, ours)}
        return [
            SimulatedMessage(
                sid=one.sid,
                sender=one.from_number,
                body=one.body,
                at=one.at,
                segments=count(one.body).segments,
                state=states.get(found[1], "accepted") if (found := own[one.sid]) else "accepted",
            )
            for one in left
        ]

    async def door(self, number: str) -> Door | None:
        """Return the door of a practice's number."""
        for practice in await self.practices():
            for door in await self._doors.by_practice(practice):
                if door.number == number:
                    return door
        return None


class TextIn(Struct, frozen=True, rename={"sender": "from"}, forbid_unknown_fields=True):
    """A text that a phone sends."""

    sender: Number
    to: Number
    body: Annotated[str, Meta(max_length=1600)]
    #: The carrier's id; the same one again is a duplicate delivery. Made up if it is not given.
    sid: Annotated[str, Meta(pattern=r"^SM[0-9a-f]{32}$")] | None = None


class Taken(Struct, frozen=True):
    """The simulated carrier took the text and brought it in."""

    sid: str


class SimulatedMessage(Struct, frozen=True, rename={"sender": "from"}):
    """A text that left for a phone."""

    sid: str
    sender: str
    body: str
    at: datetime
    segments: Annotated[int, Meta(ge=1)]
    #: What became of it, as we know it.
    state: str


class SimulatedMessages(Struct, frozen=True):
    """What left for a phone, oldest first."""

    items: tuple[SimulatedMessage, ...]
    next: None = None


@post(
    "/simulator/inbound",
    opt=ANYBODY,
    operation_id="simulateText",
    summary="Send a text as a phone would",
    status_code=HTTPStatus.ACCEPTED,
)
async def simulate_text(
    data: JSONBody[TextIn],
    parts: NamedDependency[Parts],
    handset: NamedDependency[Handset],
) -> Taken:
    """Bring a text in through the signed webhook, like a carrier."""
    door = await handset.door(data.to)
    if door is None:
        raise Unprocessable(FieldError("/to", "unknown-number", "No practice has this number."))
    sid = data.sid or "SM" + random_bytes(16).hex()
    url = f"{parts.settings.public_url}/webhooks/twilio/inbound"
    headers, body = signed_inbound(url, door.account, data.sender, data.to, data.body, sid)
    answered = await handset.post(url, headers, body)
    if answered not in range(200, 300):
        raise NotDurable
    return Taken(sid)


@get(
    "/simulator/messages",
    opt=ANYBODY,
    operation_id="listSimulatedMessages",
    summary="Texts that left for a phone",
)
async def list_simulated(
    handset: NamedDependency[Handset],
    to: Annotated[str, QueryParameter(pattern=NUMBER, max_length=16)],
) -> SimulatedMessages:
    """Return what left for a phone, oldest first."""
    return SimulatedMessages(tuple(await handset.left_for(to)))
