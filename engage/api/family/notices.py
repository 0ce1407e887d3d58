"""What I wish to be told of and by which ways: mine alone, and nothing until I choose it.

The browsers that take pushes are those of `/v1/push-subscriptions`. What leaves says that there is
something new; what, is asked here and in the app, with what I may see at that moment.
"""

from datetime import time
from http import HTTPStatus
from typing import Annotated, Final

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from engage import audit
from engage.api.auth.guard import Relative
from engage.api.auth.marks import family
from engage.api.etags import IfMatch, require, tag
from engage.api.family.common import keys_of
from engage.api.once import in_turn
from engage.api.parts import Parts
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.family.choice import KINDS, Choices, NewsKind, Quiet, Way, read
from engage.family.notices import TRIED, choose, end_gone, payload_of, store, to_all, version_of
from engage.people.pagers import store as pagers
from engage.people.pagers.browser import PushOff
from engage.people.signing import limits
from engage.people.signing.principal import kind_of_family
from engage.people.signing.store import Counted, allow
from engage.people.staffing.store import get_practice
from engage.queue.paging.channel import Told
from engage.queue.paging.push import PushChannel

_LONGEST_ZONE: Final = 64
_CLOCK: Final = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"

Clock = Annotated[str, Meta(pattern=_CLOCK, max_length=5, examples=["21:00"])]


class QuietOut(Struct, frozen=True):
    """From when until when nothing comes; past midnight if it ends earlier than it begins."""

    begins: Clock
    ends: Clock


class QuietIn(Struct, frozen=True, forbid_unknown_fields=True):
    """From when until when nothing comes; past midnight if it ends earlier than it begins."""

    begins: Clock
    ends: Clock


class WaysOut(Struct, frozen=True):
    """By which ways I am told of one kind of news."""

    kind: NewsKind
    ways: tuple[Way, ...]


class WaysIn(Struct, frozen=True, forbid_unknown_fields=True):
    """By which ways I am told of one kind of news."""

    kind: NewsKind
    ways: Annotated[tuple[Way, ...], Meta(max_length=3)]


class NoticesOut(Struct, frozen=True, kw_only=True):
    """What I chose, and what can come at all."""

    kinds: Annotated[tuple[WaysOut, ...], Meta(description="Every kind; without ways, nothing.")]
    zone: Annotated[str, Meta(description="By whose clock the hours are meant.")]
    quiet: QuietOut | None
    digest_at: Annotated[Clock, Meta(description="When the day's text leaves, if there was news.")]
    wakes: Annotated[
        bool, Meta(description="What is about the next 12 hours may come in quiet hours.")
    ]
    browsers: Annotated[int, Meta(ge=0, description="How many browsers of mine take pushes.")]
    push: Annotated[bool, Meta(description="Whether this installation can push.")]
    texts: Annotated[
        store.Texts, Meta(description="stopped: my phone said STOP, so no text comes to it.")
    ]


class NoticesIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What I choose: the whole of it."""

    kinds: Annotated[tuple[WaysIn, ...], Meta(max_length=len(KINDS))]
    zone: Annotated[str, Meta(min_length=1, max_length=_LONGEST_ZONE, examples=["America/Denver"])]
    quiet: QuietIn | None
    digest_at: Clock = "18:00"
    wakes: bool = False


class PushTriedOut(Struct, frozen=True):
    """To how many of my browsers a test push left."""

    sent: Annotated[int, Meta(ge=0)]


@get(
    "/family/me/notices",
    opt=family(),
    operation_id="getNotices",
    summary="What I wish to be told of, and by which ways",
)
async def get_notices(
    relative: NamedDependency[Relative], parts: NamedDependency[Parts]
) -> Response[NoticesOut]:
    """Return what I chose; who has chosen nothing is told nothing."""
    keys = await keys_of(parts, relative)
    async with parts.database.work([keys.practice]) as work:
        return await _answer(work, parts, keys, relative)


@put(
    "/family/me/notices",
    opt=family(),
    operation_id="putNotices",
    summary="Choose what I am told of, and by which ways",
)
async def put_notices(
    data: JSONBody[NoticesIn],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[NoticesOut]:
    """Keep it: what is new from now on is told so, what was there before is no news."""
    keys, at, me = await keys_of(parts, relative), parts.clock.now(), relative.me
    choices = read(
        Choices(
            ways={one.kind: one.ways for one in data.kinds},
            zone=data.zone,
            quiet=None if data.quiet is None else _quiet(data.quiet),
            digest_at=time.fromisoformat(data.digest_at),
            wakes=data.wakes,
        )
    )

    async def act(work: Work) -> Response[NoticesOut]:
        require(if_match, await version_of(work, keys, me, choices, at))
        await choose(work, keys, me, choices, at)
        await audit.record(
            work,
            keys.practice,
            at,
            actor=relative.by.actor,
            actor_id=relative.by.actor_id,
            # That texts were wished for, by their own hand, is what allows them.
            action="notices.texts" if choices.uses("text", "digest") else "notices.set",
            subject=kind_of_family(me),
            subject_id=me.id,
        )
        return await _answer(work, parts, keys, relative)

    answer = await in_turn(parts, act, keys.practice)
    parts.bell.ring("news")
    return answer


@post(
    "/family/me/notices/test",
    opt=family(),
    operation_id="tryPush",
    summary="Push a test to my browsers",
    status_code=HTTPStatus.OK,
)
async def post_test(
    relative: NamedDependency[Relative], parts: NamedDependency[Parts]
) -> PushTriedOut:
    """Push at once, a few times an hour; a browser that nobody is behind is forgotten."""
    channel, me, at = parts.channels.get("push"), relative.me, parts.clock.now()
    if not isinstance(channel, PushChannel):
        raise PushOff
    kind, master = kind_of_family(me), parts.vault.master
    async with parts.database.work() as work:
        await allow(work, master, (Counted(limits.PUSH_TESTS, str(me.id)),), at)
        browsers = tuple(await pagers.browsers_of(work, master, kind, me.id, at))
    payload = payload_of(parts.catalogue, TRIED, me.language, "today")
    outcomes = await to_all(channel, browsers, payload)
    async with parts.database.work() as work:
        await end_gone(work, kind, me.id, browsers, outcomes, at)
    return PushTriedOut(sent=sum(isinstance(one, Told) for one in outcomes))


async def _answer(
    work: Work, parts: Parts, keys: PracticeKeys, relative: Relative
) -> Response[NoticesOut]:
    me = relative.me
    kept = await store.of(work, keys, me.id)
    if kept is None:
        choices = Choices(zone=(await get_practice(work, keys.practice)).time_zone)
    else:
        choices = kept.choices
    at, master = parts.clock.now(), parts.vault.master
    browsers = await pagers.browsers_of(work, master, kind_of_family(me), me.id, at)
    quiet = choices.quiet
    said = NoticesOut(
        kinds=tuple(WaysOut(kind, tuple(choices.ways.get(kind, ()))) for kind in KINDS),
        zone=choices.zone,
        quiet=None if quiet is None else QuietOut(_said(quiet.begins), _said(quiet.ends)),
        digest_at=_said(choices.digest_at),
        wakes=choices.wakes,
        browsers=len(browsers),
        push="push" in parts.channels,
        texts=await store.texts(work, keys.practice, me.id),
    )
    headers = {
        "ETag": tag(0 if kept is None else kept.version),
        "Cache-Control": "private, no-cache",
    }
    return Response(content=said, headers=headers)


def _quiet(given: QuietIn) -> Quiet:
    return Quiet(time.fromisoformat(given.begins), time.fromisoformat(given.ends))


def _said(clock: time) -> str:
    return f"{clock:%H:%M}"
