"""How patients and caregivers sign in: a code by text to the phone they are known by.

Asking always gets the same answer, in the same time: who is known is looked up after it was given.
A code opens for the phone, for signing in, and on the device that asked. Where several people use
a phone, whoever signs in says which of them they are. This room refuses to send more than the
limits allow, whoever asks, and to text a phone that said STOP.
"""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import structlog

from engage.clock import Clock, fresh_id, random_bytes
from engage.db.sealing import PracticeKeys
from engage.db.session import Database, Work
from engage.db.vault import Vault
from engage.errors import EngageError
from engage.ids import PracticeId
from engage.people.phone import PhoneNumber
from engage.people.register.store import number_of
from engage.people.signing import codes, limits, passkey_store, store
from engage.people.signing.codes import WrongCode
from engage.people.signing.keeping import Keeping, Tokens, opaque
from engage.people.signing.limits import TooManyTries
from engage.people.signing.principal import Family, Person, kind_of, kind_of_family
from engage.people.signing.store import Counted, Factors

_PURPOSE = "sign-in"
_EVERYBODY, _NOBODY = "deployment", "nobody"

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

Send = Callable[[Work, Person, str, str], Awaitable[bool]]
"""Queues the text of a code to a phone, with a link's secret or "", in the transaction."""


class SeveralPeople(EngageError):  # noqa: N818 - reads as a sentence: raise SeveralPeople
    """Several people use this phone: say which of them you are."""

    def __init__(self, people: tuple[Person, ...]) -> None:
        """Take who uses it; the code was right."""
        super().__init__()
        self.people = people


class FamilyWays:
    """The steps by which patients and caregivers get in."""

    def __init__(
        self, database: Database, vault: Vault, clock: Clock, keeping: Keeping, codes_a_day: int
    ) -> None:
        """Take what the steps stand on, and how many codes a day leave at most."""
        self._database = database
        self._vault = vault
        self._clock = clock
        self._keeping = keeping
        self._codes_a_day = codes_a_day

    async def ask(self, phone: PhoneNumber, came_from: str) -> None:
        """Count that somebody asks for a code; TooManyTries, whoever is known."""
        async with self._database.work() as work:
            await store.allow(
                work,
                self._vault.master,
                (
                    Counted(limits.CODE_FROM_ADDRESS, came_from),
                    Counted(limits.CODE_AGAIN, phone.e164),
                    Counted(limits.CODE_OF_PHONE_HOUR, phone.e164),
                    Counted(limits.CODE_OF_PHONE, phone.e164),
                ),
                self._clock.now(),
            )

    async def send(
        self, phone: PhoneNumber, device: str, send: Send, *, with_link: bool = False
    ) -> bool:
        """Send a code to a phone that is known and open; say whether one left.

        Nobody waits for it, so it may take its time. Whoever is unknown goes the same way up to the
        text, counted apart: else what is asked next would feel who is known.
        """
        keys = await self._keys()
        if not keys:
            return False
        async with self._database.work(list(keys)) as work:
            people = await store.people_on(work, phone, keys, self._clock.now())
        at, master = self._clock.now(), self._vault.master
        silent = not people or any(one.closed or one.held for one in people)
        to = None if silent else people[0]
        practice = next(iter(keys)) if to is None else to.practice_id
        counted = self._sent("", _NOBODY) if to is None else self._sent(phone.e164, _EVERYBODY)
        code = codes.code_from(random_bytes(codes.RANDOM_BYTES))
        link = opaque(random_bytes(codes.LINK_BYTES)) if with_link else ""
        row = fresh_id(self._clock)
        linked = (
            master.credential_hashes("link", link)[0],
            master.seal_global(store.NUMBER_PLACE, row, phone.e164),
        )

        async def act(work: Work) -> bool:
            await store.allow(work, master, counted, at)
            if to is None:
                return False
            await store.put_code(
                work,
                row,
                master.credential_hashes("code-phone", phone.e164)[0],
                master.credential_hashes("device", device)[0],
                master.credential_hashes("code", codes.bound(phone.e164, _PURPOSE, code))[0],
                at,
                at + codes.LIFE,
                linked if link else None,
            )
            return await send(work, to, code, link)

        try:
            return await self._database.again(act, [practice], practice)
        except TooManyTries as full:
            if to is not None:
                # Somebody pumps, or the limit is too low for the day: either is worth a look.
                _log.warning(
                    "no more codes by text for now", practice=practice, seconds=full.seconds
                )
            return False

    def _sent(self, number: str, whose: str) -> tuple[Counted, ...]:
        return (
            Counted(limits.SENT_TO_PREFIX, limits.prefix_of(number)),
            Counted(limits.SENT_AT_ONCE, whose),
            Counted(limits.sent_a_day(self._codes_a_day), whose),
        )

    async def verify(
        self, phone: PhoneNumber, code: str, device: str, chosen: UUID | None, came_from: str
    ) -> Tokens:
        """Take a code; WrongCode, or SeveralPeople if it was right and does not say whose it is."""
        keys = await self._keys()
        await self._allow_verify(came_from)
        tokens = None
        async with self._database.work(list(keys)) as work:
            if await self._try(work, phone, code, device):
                tokens = await self._let_in(work, phone, keys, chosen, "sms-code")
        # A wrong one has been counted by now.
        if tokens is None:
            raise WrongCode
        return tokens

    async def follow(self, link: str, device: str, chosen: UUID | None, came_from: str) -> Tokens:
        """Take a link, as `verify` takes a code: on the device that asked for it, once."""
        master = self._vault.master
        keys = await self._keys()
        await self._allow_verify(came_from)
        tokens = None
        async with self._database.work(list(keys)) as work:
            found = await store.take_link(
                work,
                master.credential_hashes("link", link),
                master.credential_hashes("device", device),
                codes.TRIES,
                self._clock.now(),
            )
            if found is not None:
                phone = PhoneNumber.parse(master.open_global(store.NUMBER_PLACE, *found))
                tokens = await self._let_in(work, phone, keys, chosen, "sms-link")
        if tokens is None:
            raise WrongCode
        return tokens

    async def _let_in(
        self,
        work: Work,
        phone: PhoneNumber,
        keys: Mapping[PracticeId, PracticeKeys],
        chosen: UUID | None,
        factors: Factors,
    ) -> Tokens | None:
        people = await store.people_on(work, phone, keys, self._clock.now())
        them = [one for one in people if chosen in (None, one.id) and not one.held]
        if len(them) > 1:
            # Undone with this transaction: it opens once more, for who says who.
            raise SeveralPeople(tuple(them))
        return await self._keeping.begin_family(work, them[0], factors) if them else None

    async def phone_of(self, me: Family) -> PhoneNumber | None:
        """Return the phone that somebody who is signed in is known by now."""
        keys, practice = await self._vault.keys(me.practice_id), me.practice_id
        async with self._database.work([practice], practice) as work:
            on = await passkey_store.phone_of(work, practice, kind_of_family(me), me.id)
            return None if on is None else await number_of(work, keys, on)

    async def prove(
        self, me: Family, phone: PhoneNumber, code: str, device: str, came_from: str
    ) -> None:
        """Take a code as a fresh proof of who is signed in; WrongCode otherwise."""
        keys, at = await self._vault.keys(me.practice_id), self._clock.now()
        await self._allow_verify(came_from)
        async with self._database.work([me.practice_id]) as work:
            right = await self._try(work, phone, code, device)
            people = await store.people_on(work, phone, {me.practice_id: keys}, at) if right else ()
        # A wrong one has been counted by now, and a right one used up.
        if (me.id, kind_of(me)) not in [(one.id, one.kind) for one in people]:
            raise WrongCode

    async def _allow_verify(self, came_from: str) -> None:
        counted = Counted(limits.VERIFY_FROM_ADDRESS, came_from)
        async with self._database.work() as work:
            await store.allow(work, self._vault.master, (counted,), self._clock.now())

    async def _try(self, work: Work, phone: PhoneNumber, code: str, device: str) -> bool:
        master = self._vault.master
        return await store.try_code(
            work,
            master.credential_hashes("code-phone", phone.e164),
            master.credential_hashes("device", device),
            master.credential_hashes("code", codes.bound(phone.e164, _PURPOSE, code)),
            codes.TRIES,
            self._clock.now(),
        )

    async def _keys(self) -> Mapping[PracticeId, PracticeKeys]:
        async with self._database.work() as work:
            practices = await store.every_practice(work)
        return {one: await self._vault.keys(one) for one in practices}
