"""By which ways I am told outside the console: my browsers that take pushes, and my own phone.

All of it is one's own: nobody sees or changes where another is reached, whatever their role. A
browser may be anybody's who is signed in; a phone for pages is for staff. What is pushed is one
sentence and a path, for everybody the same (promise D8).
"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage.api.auth.bearer import claims_of
from engage.api.auth.guard import Guest, Visit
from engage.api.auth.marks import ONESELF, fresh, needs
from engage.api.parts import Parts
from engage.api.refusals import NotSignedIn
from engage.clock import fresh_id
from engage.db.session import Work
from engage.errors import NotFound
from engage.people.access import Caller
from engage.people.pagers import store
from engage.people.pagers.browser import (
    LONGEST_ENDPOINT,
    LONGEST_KEY,
    Browser,
    PushOff,
    check_keys,
    service_of,
)
from engage.people.pagers.vapid import VapidKey
from engage.people.phone import NotAPhoneNumber, PhoneNumber
from engage.people.signing.principal import id_of, kind_of
from engage.queue.paging.channel import WAYS, Way
from engage.queue.paging.proofs.store import of_person

LONGEST_PHONE = 40
PHONE = "/phone"
SHOWN_DIGITS = 2

Key = Annotated[str, Meta(min_length=1, max_length=LONGEST_KEY)]


class PushKeysIn(Struct, frozen=True, forbid_unknown_fields=True):
    """What a push is closed with, as the browser gives it."""

    p256dh: Key
    auth: Key

    def __repr__(self) -> str:
        """Hide the keys."""
        return "PushKeysIn(…)"


class PushSubscriptionIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A browser's subscription, made with `application_server_key`."""

    endpoint: Annotated[str, Meta(min_length=1, max_length=LONGEST_ENDPOINT)]
    keys: PushKeysIn

    def __repr__(self) -> str:
        """Hide where it is reached."""
        return "PushSubscriptionIn(…)"


class PushSubscriptionOut(Struct, frozen=True, kw_only=True):
    """One of my browsers that take pushes."""

    id: UUID
    service: Annotated[str, Meta(description="The name of the push service it is reached by.")]
    made_at: datetime


class PushSubscriptionList(Struct, frozen=True, kw_only=True):
    """My browsers that take pushes, the oldest first."""

    items: tuple[PushSubscriptionOut, ...]
    application_server_key: Annotated[
        str | None,
        Meta(description="What a browser subscribes with; null where pushes are not set up."),
    ]
    next: None = None


class PagingWayOut(Struct, frozen=True, kw_only=True):
    """One way out of the console."""

    way: Way
    set_up: Annotated[bool, Meta(description="Whether this installation can page by it at all.")]
    proven_at: Annotated[
        datetime | None,
        Meta(description="When a test page last came to me by it: I said its code."),
    ]


class PagingWaysOut(Struct, frozen=True, kw_only=True):
    """By which ways I am told of what can't wait, beside the console."""

    email: Annotated[bool, Meta(description="To my address, where a mail server is set up.")]
    phone_ends_in: Annotated[
        str | None, Meta(description="The last digits of the phone; null: no SMS.")
    ]
    browsers: Annotated[int, Meta(ge=0)]
    ways: tuple[PagingWayOut, ...]


class PagingPhoneIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The phone I am paged on by SMS, or null for none."""

    phone: Annotated[str, Meta(min_length=1, max_length=LONGEST_PHONE)] | None

    def __repr__(self) -> str:
        """Hide the number."""
        return "PagingPhoneIn(…)"


@post(
    "/push-subscriptions",
    opt=ONESELF,
    operation_id="addPushSubscription",
    summary="Let a browser of mine take pushes",
    status_code=HTTPStatus.CREATED,
)
async def post_subscription(
    data: JSONBody[PushSubscriptionIn],
    guest: NamedDependency[Guest],
    parts: NamedDependency[Parts],
) -> PushSubscriptionOut:
    """Keep the subscription, sealed; the same one again is the same one."""
    if not parts.settings.vapid_keys:
        raise PushOff
    me, at = guest.principal, parts.clock.now()
    service = service_of(data.endpoint, parts.settings.push_hosts)
    check_keys(data.keys.p256dh, data.keys.auth)
    browser = Browser(
        id=fresh_id(parts.clock),
        endpoint=data.endpoint,
        p256dh=data.keys.p256dh,
        auth=data.keys.auth,
        server_key=VapidKey(parts.settings.vapid_keys[0]).public,
    )
    sign_in = None
    if not isinstance(me, Caller):
        claims = await claims_of(parts, guest.token)
        # Somebody may have ended it while this was on its way.
        if claims is None:
            raise NotSignedIn
        sign_in = claims.sign_in
    async with parts.database.work() as work:
        for one in await store.browsers_of(work, parts.vault.master, kind_of(me), id_of(me), at):
            same = msgspec.structs.replace(one.browser, id=browser.id) == browser
            if same and one.sign_in == sign_in:
                # A page that asks at each start changes nothing.
                return _out(one)
        await store.put_browser(
            work,
            parts.vault.master,
            browser,
            kind=kind_of(me),
            person=id_of(me),
            practice=None if isinstance(me, Caller) else me.practice_id,
            sign_in=sign_in,
            service=service,
            at=at,
        )
    return PushSubscriptionOut(id=browser.id, service=service, made_at=at)


def _out(one: store.Subscription) -> PushSubscriptionOut:
    return PushSubscriptionOut(id=one.id, service=one.service, made_at=one.made_at)


@get(
    "/push-subscriptions",
    opt=ONESELF,
    operation_id="listPushSubscriptions",
    summary="My browsers that take pushes",
)
async def list_subscriptions(
    guest: NamedDependency[Guest], parts: NamedDependency[Parts]
) -> PushSubscriptionList:
    """Return them, and the key that a browser subscribes with."""
    me, keys = guest.principal, parts.settings.vapid_keys
    async with parts.database.work() as work:
        at, master = parts.clock.now(), parts.vault.master
        found = await store.browsers_of(work, master, kind_of(me), id_of(me), at)
    return PushSubscriptionList(
        items=tuple(_out(one) for one in found),
        application_server_key=VapidKey(keys[0]).public if keys else None,
    )


@delete(
    "/push-subscriptions/{subscription_id:uuid}",
    opt=ONESELF,
    operation_id="deletePushSubscription",
    summary="Push to a browser of mine no more",
    status_code=HTTPStatus.NO_CONTENT,
)
async def delete_subscription(
    subscription_id: FromPath[UUID], guest: NamedDependency[Guest], parts: NamedDependency[Parts]
) -> None:
    """Forget it; what is on its way may still arrive."""
    me = guest.principal
    async with parts.database.work() as work:
        if not await store.end_browser(
            work, kind_of(me), id_of(me), subscription_id, "removed", parts.clock.now()
        ):
            raise NotFound


@get(
    "/me/paging",
    opt=needs("queue.work"),
    operation_id="getPagingWays",
    summary="By which ways I am told of what can't wait",
)
async def get_ways(visit: NamedDependency[Visit], parts: NamedDependency[Parts]) -> PagingWaysOut:
    """Say which ways there are; a number is never shown whole."""
    async with parts.database.work(visit.practices) as work:
        return await _ways(work, parts, visit)


@put(
    "/me/paging",
    opt=fresh(needs("queue.work")),
    operation_id="putPagingPhone",
    summary="Set the phone I am paged on by SMS, or take it away",
)
async def put_phone(
    data: JSONBody[PagingPhoneIn], visit: NamedDependency[Visit], parts: NamedDependency[Parts]
) -> PagingWaysOut:
    """Keep it, sealed, with me and nowhere else: it makes nobody a patient."""
    try:
        number = None if data.phone is None else PhoneNumber.parse(data.phone)
    except NotAPhoneNumber:
        raise NotAPhoneNumber(PHONE) from None
    async with parts.database.work(visit.practices) as work:
        await store.put_phone(work, parts.vault.master, visit.staff_id, number, parts.clock.now())
        return await _ways(work, parts, visit)


async def _ways(work: Work, parts: Parts, visit: Visit) -> PagingWaysOut:
    person = visit.staff_id
    phone = await store.phone_of(work, parts.vault.master, person)
    browsers = await store.browsers_of(work, parts.vault.master, "staff", person)
    proven = await of_person(work, visit.practices, person)
    return PagingWaysOut(
        email=bool(parts.settings.smtp_url),
        phone_ends_in=None if phone is None else phone.e164[-SHOWN_DIGITS:],
        browsers=len(browsers),
        ways=tuple(
            PagingWayOut(way=one, set_up=one in parts.channels, proven_at=proven.get(one))
            for one in WAYS
        ),
    )
