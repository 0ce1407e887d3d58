"""The simulated phones' page and the one-click sign-in; they exist only with the simulated carrier.

Here a demo shows its invented people: who has a phone, what went over it and what became of each
text, and who works there. Everything is open to whoever reaches the address, so the address must be
a loopback one, by setting and by the name in the request (`auth/guard.py`). `simulator.py` knows
the carrier's side and no patient.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct

from engage.api.auth.cookie import refuse_other_sites
from engage.api.auth.marks import ANYBODY
from engage.api.handsets import store
from engage.api.parts import Parts
from engage.api.sign_in import admitted
from engage.api.simulator import NUMBER, Handset
from engage.ids import StaffId
from engage.messaging.segments import count
from engage.people import bootstrap
from engage.people.fields import Language
from engage.people.staff import Role
from engage.people.staffing.store import get_practice

MOST_PEOPLE = 50

AnyRequest = Request[Any, Any, State]


class PhoneOut(Struct, frozen=True, kw_only=True):
    """A simulated phone."""

    kind: Literal["patient", "caregiver"]
    given_name: str
    family_name: str
    language: Language
    number: str
    #: The practice's number: what this phone texts to.
    texts_to: str
    practice_name: str
    #: Where the phone is, by its clock.
    time_zone: str
    #: Of a caregiver: who they are to whom.
    relationship: str | None
    of: str | None


class DemoStaffOut(Struct, frozen=True, kw_only=True):
    """Somebody who can be signed in with one click."""

    id: StaffId
    given_name: str
    family_name: str
    email: str
    role: Role
    practice_name: str


class DemoPeople(Struct, frozen=True):
    """Who there is to play."""

    phones: tuple[PhoneOut, ...]
    staff: tuple[DemoStaffOut, ...]


class HandsetText(Struct, frozen=True, kw_only=True):
    """A text as the phone shows it."""

    id: str
    #: Seen from the phone: it sent the text, or received it.
    direction: Literal["sent", "received"]
    body: str
    segments: Annotated[int, Meta(ge=1)]
    state: Annotated[str, Meta(description="The delivery state as we know it.")]
    at: datetime


class HandsetThread(Struct, frozen=True):
    """What went over a phone, oldest first."""

    items: tuple[HandsetText, ...]


class EmailIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to sign in."""

    email: Annotated[str, Meta(min_length=3, max_length=254, examples=["dana@example.org"])]

    def __repr__(self) -> str:
        """Hide the address."""
        return "EmailIn(…)"


@get(
    "/simulator/people",
    opt=ANYBODY,
    operation_id="listDemoPeople",
    summary="The demo's phones, and its staff",
)
async def list_people(
    parts: NamedDependency[Parts], handset: NamedDependency[Handset]
) -> DemoPeople:
    """Return whose phones can be played, and who can be signed in."""
    phones: list[PhoneOut] = []
    staff: list[DemoStaffOut] = []
    practices = await handset.practices()
    for practice in practices:
        keys = await parts.vault.keys(practice)
        async with parts.database.work([practice]) as work:
            house = await get_practice(work, practice)
            numbers = await store.numbers(work, practice)
            people = await store.phones(work, keys, MOST_PEOPLE)
            colleagues = await store.staff_of(work, practice, parts.vault.master, parts.clock.now())
        phones += [
            PhoneOut(
                kind=one.kind,
                given_name=one.given_name,
                family_name=one.family_name,
                language=one.language,
                number=one.number,
                texts_to=numbers[0],
                practice_name=house.name,
                time_zone=one.time_zone or house.time_zone,
                relationship=one.relationship,
                of=one.of,
            )
            for one in people
        ]
        staff += [
            DemoStaffOut(
                id=one.id,
                given_name=one.given_name,
                family_name=one.family_name,
                email=one.email,
                role=one.role,
                practice_name=house.name,
            )
            for one in colleagues
        ]
    return DemoPeople(tuple(phones), tuple(staff))


@get(
    "/simulator/handset",
    opt=ANYBODY,
    operation_id="readHandset",
    summary="What went over a simulated phone",
)
async def read_handset(
    parts: NamedDependency[Parts],
    handset: NamedDependency[Handset],
    number: Annotated[str, QueryParameter(pattern=NUMBER, max_length=16)],
) -> HandsetThread:
    """Return the texts of a phone, both ways, with what became of those that left for it."""
    practices = await handset.practices()
    texts = [
        HandsetText(
            id=one.sid,
            direction="received",
            body=one.body,
            segments=one.segments,
            state=one.state,
            at=one.at,
        )
        for one in await handset.left_for(number)
    ]
    for practice in practices:
        keys = await parts.vault.keys(practice)
        async with parts.database.work([practice]) as work:
            came = await store.texts_in(work, keys, number)
        texts += [
            HandsetText(
                id=str(one.id),
                direction="sent",
                body=one.body,
                segments=count(one.body).segments,
                state="received",
                at=one.at,
            )
            for one in came
        ]
    return HandsetThread(tuple(sorted(texts, key=lambda one: (one.at, one.id))))


@post(
    "/simulator/sign-in",
    opt=ANYBODY,
    operation_id="signInDemo",
    summary="Sign in as one of the demo's staff, without a token",
    status_code=HTTPStatus.NO_CONTENT,
)
async def sign_in_demo(
    request: AnyRequest, data: JSONBody[EmailIn], parts: NamedDependency[Parts]
) -> Response[None]:
    """Answer with the cookie of a new token for somebody who works in the demo."""
    refuse_other_sites(request)
    token = await bootstrap.token(parts.database, parts.vault, parts.clock, data.email)
    return admitted(parts, "console", token)
