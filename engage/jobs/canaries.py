"""Sends each practice's canary: a webhook to our own public address, signed as the carrier would.

It goes out of the house and comes in by the front door: name, certificate, proxy, signature, door,
database, turn. Nothing is asked of the carrier and nothing is texted. This room refuses to wait for
an answer longer than a carrier would, and to judge one: the auditor does.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import TypeAlias
from urllib.parse import urlencode

import structlog

from engage.clock import Clock, fresh_id
from engage.db.sealing import MasterKeys
from engage.db.session import Database
from engage.ids import PracticeId
from engage.messaging.doors import Doors
from engage.messaging.signature import HEADER, compute
from engage.turns.canary import NUMBER, store, words_of

Post: TypeAlias = Callable[[str, Mapping[str, str], bytes], Awaitable[int]]

PATH = "/webhooks/twilio/inbound"
LOOK_SECONDS = 20.0
AT_ONCE = 8
_TAKEN = 204
_FORM = "application/x-www-form-urlencoded"

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Flights:
    """Sends canaries; one per worker."""

    def __init__(
        self,
        *,
        database: Database,
        master: MasterKeys,
        doors: Doors,
        clock: Clock,
        post: Post,
        public_url: str,
        every_seconds: float,
    ) -> None:
        """Take the worker's database, how to post, and how often."""
        self._database = database
        self._master = master
        self._doors = doors
        self._clock = clock
        self._post = post
        self._public_url = public_url
        self._every = timedelta(seconds=every_seconds)

    async def run(self) -> None:
        """Send what is due, for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.send()
            except Exception as error:  # noqa: BLE001 - the auditor misses what did not leave
                _log.warning("canaries not sent", exc_info=error)

    async def send(self) -> None:
        """Send each practice's canary, if its time has come."""
        async with self._database.work() as work:
            practices = [PracticeId(row[0]) for row in await work.table("door_practices")]
        places = asyncio.Semaphore(AT_ONCE)

        async def one(practice: PracticeId) -> None:
            async with places:
                await self._one(practice)

        results = await asyncio.gather(*(one(each) for each in practices), return_exceptions=True)
        for practice, result in zip(practices, results, strict=True):
            if isinstance(result, Exception):
                # One practice's keys or account must not keep the others' on the ground.
                _log.warning("canary not sent", practice=practice, exc_info=result)

    async def _one(self, practice: PracticeId) -> None:
        at, canary = self._clock.now(), fresh_id(self._clock)
        async with self._database.work([practice], practice) as work:
            if not await store.launch(work, practice, canary, at, at - self._every):
                return
        door = next(iter(await self._doors.by_practice(practice)), None)
        if door is None:
            return
        account = door.account
        fields = [
            ("MessageSid", f"SM{canary.hex}"),
            ("AccountSid", account.account_sid),
            ("From", NUMBER),
            ("To", door.number),
            ("Body", words_of(self._master, practice, canary)),
            ("NumMedia", "0"),
        ]
        url = self._public_url + PATH
        headers = {"Content-Type": _FORM, HEADER: compute(url, fields, account.auth_tokens[0])}
        status = await self._post(url, headers, urlencode(fields).encode())
        if status != _TAKEN:
            _log.warning("canary not taken", practice=practice, http_status=status)
