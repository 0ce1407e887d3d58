"""Tells a family what is new, as each of them chose: looks, decides, and lets it leave.

One row that is due stands for one person. What they may read is read anew, through what everybody
of a family reads (family/record.py), at the moment something leaves; so a right that is over, a
birthday, or a phone that is not safe needs nobody who takes anything back. A push leaves by the
sender of pages, a text by the outbox, which asks here once more. What leaves says that there is
something new, and for a push where. This room refuses to quote.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct
from msgspec.structs import replace
from prometheus_client import Counter

from engage.clock import Clock, fresh_id
from engage.db.sealing import PracticeKeys
from engage.db.session import Database, Work
from engage.db.vault import Vault
from engage.errors import EngageError
from engage.family.choice import Choices
from engage.family.doing import Step, not_mine
from engage.family.doing.store import need_steps, visit_steps
from engage.family.news import News, Seen, look, stands
from engage.family.notices import store
from engage.family.record import Reader, read
from engage.family.telling import (
    PUSH_LASTS,
    Leaving,
    State,
    decide,
    place_of,
    push_lasts,
    pushed,
    text_rests,
)
from engage.ids import MessageId, PatientId, PhoneId, PracticeId
from engage.messaging.codes.store import queue
from engage.messaging.may_text import Answer, May, MayNot, Wait
from engage.messaging.model import Outgoing
from engage.messaging.texts import Catalogue, render
from engage.people.fields import Language
from engage.people.pagers import store as pagers
from engage.people.sharing import store as sharing
from engage.people.sharing.circles import InCircle, circle
from engage.people.sharing.grant import BY_THEMSELVES
from engage.people.signing.principal import CaregiverIn, Family, FamilyKind, kind_of_family
from engage.people.staffing.store import get_practice
from engage.queue.paging.channel import Gone, Outcome, Refused, Told
from engage.queue.paging.push import Hurry

PUSHED, TRIED, TEXTED, DIGEST = "news.push", "news.test", "news.text", "news.day"
"""Of the catalogue."""

_SHELF: Final = timedelta(hours=24)
_TAG: Final = "news"
"""Of several pushes a phone shows one."""
_PADDED: Final = 256
"""All are as long as each other: whoever carries them sees of what length they are."""

_NOT: Final = MayNot("not-shared")

_TOLD = Counter("engage_family_news", "News of families that left, by way", ["way"])
_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class NewsRefused(EngageError):  # noqa: N818 - reads as a sentence
    """A push could not be delivered; it will be tried again."""


class Pusher(Protocol):
    """Pushes to one browser."""

    async def push(self, address: str, payload: bytes, hurry: Hurry) -> Outcome:
        """Push what the browser opens; never raises for what the other side does."""
        ...


class Bell(Protocol):
    """Tells the loops that there is work."""

    def ring(self, loop: str) -> None:
        """Wake a loop."""
        ...


class _Now(Struct, frozen=True):
    """What somebody can read now."""

    circle: Mapping[PatientId, InCircle]
    seen: Mapping[UUID, Seen]
    news: tuple[News, ...]
    next_at: datetime | None

    def still(self, news: News, at: datetime) -> bool:
        """Say whether news may be told and is so."""
        about = self.circle.get(news.about)
        seen = self.seen.get(news.about)
        return about is not None and seen is not None and stands(news, about.scope, seen, at)


class _Due(Struct, frozen=True):
    """What leaves to whom, once it is written down."""

    me: Family
    leaving: Leaving
    browsers: tuple[pagers.Subscription, ...]
    lasts: timedelta


class Notices:
    """Tells families what is new; one per worker."""

    def __init__(
        self,
        *,
        database: Database,
        vault: Vault,
        clock: Clock,
        bell: Bell,
        catalogue: Catalogue,
        pusher: Pusher | None,
        public_url: str,
    ) -> None:
        """Take the way that pushes; without it only texts leave."""
        self._database = database
        self._vault = vault
        self._clock = clock
        self._bell = bell
        self._catalogue = catalogue
        self._pusher = pusher
        self._public_url = public_url

    async def tell(self, practice: PracticeId, person: UUID, tries: int) -> None:
        """Tell somebody what is to be told now; NewsRefused if a push did not leave."""
        keys = await self._vault.keys(practice)

        async def act(work: Work) -> _Due | None:
            return await self._decide(work, keys, person, tries)

        due = await self._database.again(act, [practice], practice)
        if due is None:
            return
        if due.leaving.text:
            _TOLD.labels("digest" if due.leaving.digest else "text").inc()
            self._bell.ring("outbox")
        if due.leaving.push:
            await self._push(keys, due, tries)

    async def wanted(self, work: Work, text: Outgoing, at: datetime) -> Answer:
        """Say whether a text of news still says something that its reader may hear, and now."""
        keys = await self._vault.keys(text.practice_id, work)
        kept = await store.of_text(work, keys, text.id)
        if kept is None or kept.state is None or not kept.choices.uses("text", "digest"):
            return _NOT
        me = await store.whoever(work, keys.practice, kept.kind, kept.person_id)
        if me is None or await _phone(work, keys, me) != text.phone_id:
            return _NOT
        now = await _look(work, keys, me, kept.state, at)
        if not any(now.still(one, at) for one in kept.state.texted):
            return _NOT
        until = text_rests(kept.choices, kept.state, at)
        # The law's hours and the budget may have held it until their own quiet hours.
        return May() if until is None else Wait(until, "quiet-hours")

    async def _decide(
        self, work: Work, keys: PracticeKeys, person: UUID, tries: int
    ) -> _Due | None:
        at = self._clock.now()
        kept = await store.of(work, keys, person, lock=True)
        me = None
        if kept is not None and kept.state is not None:
            me = await store.whoever(work, keys.practice, kept.kind, person)
        if kept is None or kept.state is None or me is None:
            await store.rests(work, person, tries, None)
            return None
        now = await _look(work, keys, me, kept.state, at)
        leaving = decide(
            kept.choices,
            replace(kept.state, seen=now.seen),
            now.news,
            lambda one: now.still(one, at),
            at,
            text_waits=await store.waits(work, keys.practice, kept.text_id),
        )
        text_id = kept.text_id
        if leaving.text:
            text_id = await self._write(work, keys, me, leaving, at) or text_id
        browsers: tuple[pagers.Subscription, ...] = ()
        if leaving.push and self._pusher is not None:
            master = self._vault.master
            browsers = tuple(await pagers.browsers_of(work, master, kind_of_family(me), me.id, at))
        if leaving.push and not browsers:
            # They took the browser away meanwhile; the other ways stand.
            leaving = replace(leaving, push=(), state=pushed(leaving.state, leaving.push))
        await store.save(work, keys, person, leaving.state, text_id)
        if not leaving.push:
            await store.rests(work, person, tries, _first(leaving.next_at, now.next_at))
        lasts = push_lasts(kept.choices, leaving.push, at)
        leaving = replace(leaving, next_at=_first(leaving.next_at, now.next_at))
        return _Due(me, leaving, browsers, lasts)

    async def _write(
        self, work: Work, keys: PracticeKeys, me: Family, leaving: Leaving, at: datetime
    ) -> MessageId | None:
        """Queue a text; None if there is no phone, or no number to text from."""
        phone = await _phone(work, keys, me)
        if phone is None:
            return None
        values = {
            "practice": (await get_practice(work, keys.practice)).texting_name,
            "link": f"{self._public_url}/family/",
        }
        text_id = DIGEST if leaving.digest else TEXTED
        body = render(self._catalogue, text_id, me.language, values)
        one = MessageId(fresh_id(self._clock))
        words = (text_id, body)
        if await queue(work, keys, one, phone, words, at=at, not_after=at + _SHELF, kind="news"):
            return one
        return None

    async def _push(self, keys: PracticeKeys, due: _Due, tries: int) -> None:
        payload = payload_of(self._catalogue, PUSHED, due.me.language, place_of(due.leaving.push))
        outcomes = await to_all(self._pusher, due.browsers, payload, due.lasts)
        told = any(isinstance(one, Told) for one in outcomes)
        again = not told and any(isinstance(one, Refused) and one.again for one in outcomes)
        person = due.me.id

        async def settle(work: Work) -> None:
            now = self._clock.now()
            await end_gone(work, kind_of_family(due.me), person, due.browsers, outcomes, now)
            if again:
                return
            kept = await store.of(work, keys, person, lock=True)
            if kept is not None and kept.state is not None:
                state = pushed(kept.state, due.leaving.push)
                await store.save(work, keys, person, state, kept.text_id)
            await store.rests(work, person, tries, due.leaving.next_at)

        await self._database.again(settle, [keys.practice], keys.practice)
        if told:
            _TOLD.labels("push").inc()
        else:
            _log.warning("push refused", channel="push")
        if again:
            raise NewsRefused


async def version_of(
    work: Work, keys: PracticeKeys, me: Family, choices: Choices, at: datetime
) -> int:
    """Return the version of what somebody chose until now, 0 of nothing; nobody else changes it.

    Before a first choice there is no row to lock, so it is begun: of two at once one waits.
    """
    kept = await store.of(work, keys, me.id, lock=True)
    if kept is None:
        await store.begin(work, keys, me.id, kind_of_family(me), choices, at)
        kept = await store.of(work, keys, me.id, lock=True)
    return 0 if kept is None else kept.version


async def choose(work: Work, keys: PracticeKeys, me: Family, choices: Choices, at: datetime) -> int:
    """Keep what somebody chose, and begin with what they can read now; return its version."""
    kept = await store.of(work, keys, me.id, lock=True)
    state: State | None = None
    if choices.wants:
        state = None if kept is None else kept.state
        if state is None:
            # What is there already is no news.
            now = await _look(work, keys, me, State(), at)
            state = State(seen=now.seen)
        await store.soon(work, keys.practice, me.id, at)
    return await store.put(work, keys, me.id, kind_of_family(me), choices, state, at)


def payload_of(catalogue: Catalogue, text_id: str, language: Language, place: str) -> bytes:
    """Return what a browser opens: a sentence, and where it leads; nothing of anybody."""
    title = render(catalogue, text_id, language, {})
    url = "/family/" if place == "today" else f"/family/{place}"
    return msgspec.json.encode({"title": title, "url": url, "tag": _TAG}).ljust(_PADDED)


async def to_all(
    pusher: Pusher | None,
    browsers: tuple[pagers.Subscription, ...],
    payload: bytes,
    lasts: timedelta = PUSH_LASTS,
) -> list[Outcome]:
    """Push to each browser at once: of two one may hang."""
    if pusher is None:
        return []
    addresses = [msgspec.json.encode(one.browser).decode() for one in browsers]
    hurry = Hurry(ttl_seconds=int(lasts.total_seconds()), urgency="normal")
    return await asyncio.gather(*(pusher.push(one, payload, hurry) for one in addresses))


async def end_gone(
    work: Work,
    kind: FamilyKind,
    person: UUID,
    browsers: tuple[pagers.Subscription, ...],
    outcomes: list[Outcome],
    at: datetime,
) -> None:
    """Let browsers that nobody is behind be over."""
    for browser, outcome in zip(browsers, outcomes, strict=True):
        if isinstance(outcome, Gone):
            await pagers.end_browser(work, kind, person, browser.id, "gone", at)


async def _phone(work: Work, keys: PracticeKeys, me: Family) -> PhoneId | None:
    """Return the phone that texts go to; none that somebody reads who must not know."""
    phone = await store.phone_of(work, keys.practice, me.id)
    if phone is None or isinstance(me, CaregiverIn):
        # Of whom a caregiver may hear, the circle says: also by who else reads their phone.
        return phone
    unsafe = await sharing.unsafe(work, keys.practice, [PatientId(me.id)])
    read_by = await store.readers_of(work, keys.practice, phone)
    return None if any(one in read_by for _, one in unsafe) else phone


async def _look(work: Work, keys: PracticeKeys, me: Family, state: State, at: datetime) -> _Now:
    """Return what somebody can read now of everybody, and what of it is new."""
    known = await circle(work, keys, me, at)
    seen: dict[UUID, Seen] = {}
    news: list[News] = []
    moments: list[datetime] = []
    for person, about in known.items():
        allowed: frozenset[UUID] = frozenset()
        if about.scope.own:
            grants = await sharing.of_patient(work, keys.practice, person)
            allowed = frozenset(one.id for one in grants if one.how not in BY_THEMSELVES)
        looked = look(
            person,
            await read(work, keys, Reader(me.id, about), at),
            about.scope,
            state.seen.get(person),
            at,
            allowed=allowed,
        )
        seen[person] = looked.seen
        news += await _by_others(work, keys, me, about, looked.news)
        if looked.next_at is not None:
            moments.append(looked.next_at)
    return _Now(known, seen, tuple(news), min(moments, default=None))


async def _by_others(
    work: Work, keys: PracticeKeys, me: Family, about: InCircle, news: tuple[News, ...]
) -> tuple[News, ...]:
    """Return the news without what they did themselves, where a history says so."""
    own, steps = about.scope.own, list[Step]()
    visits = [one.record for one in news if one.kind == "visits"]
    needs = [one.record for one in news if one.kind == "needs"]
    if visits:
        steps += await visit_steps(work, keys.practice, visits, me.id, own=own)
    if needs:
        steps += await need_steps(work, keys.practice, needs, me.id, own=own)
    return not_mine(news, steps)


def _first(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return min(one, other)
