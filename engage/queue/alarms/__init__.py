"""What the auditor found becomes known to people: work with a page, and an e-mail beside it.

Two ways, because one of them may be what is broken: the item is paged as any other work that can't
wait, and an e-mail leaves directly, past queue, loops and rows of pages. Each finding is told once
until it clears, and then that it has cleared. One that is gone at the next look was never told.
This room refuses to judge what was found (engage/auditor does), and to name anybody in a letter.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Protocol
from uuid import UUID

import structlog

from engage.clock import Clock, fresh_id
from engage.db.session import Database
from engage.db.vault import Vault
from engage.ids import PracticeId
from engage.messaging.mail import NotTaken, Relay, hand_over
from engage.queue import opening
from engage.queue.alarms import store
from engage.queue.alarms.store import Alarm
from engage.queue.opening import Reason

STANDS = timedelta(seconds=50)
"""A finding of one look alone is not told: it must be there at the next one, a minute later."""
DUE = timedelta(hours=1)

SUBJECT = "engage: something in the texting needs you / algo en los mensajes necesita su atención"
CLEARED = "engage: it has cleared / se ha resuelto"
BODY = """\
The independent check of engage found what must not be, and it stands:
La revisión independiente de engage encontró algo que no debe ser:

{lines}

What each line means, and what to do, is in the runbook under "When the auditor speaks".
{link}
"""
CLEARED_BODY = """\
The independent check of engage no longer finds:
La revisión independiente de engage ya no encuentra:

{lines}
"""

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Bell(Protocol):
    """Tells the loops that there is work."""

    def ring(self, loop: str) -> None:
        """Wake a loop."""
        ...


class Alarms:
    """Tells people what was found; one per worker."""

    def __init__(
        self,
        *,
        database: Database,
        vault: Vault,
        clock: Clock,
        bell: Bell,
        relay: Relay | None,
        public_url: str,
    ) -> None:
        """Take the worker's database and, if there is one, the server that takes e-mail."""
        self._database = database
        self._vault = vault
        self._clock = clock
        self._bell = bell
        self._relay = relay
        self._public_url = public_url

    async def told(self, practice: PracticeId, found: Mapping[str, int]) -> None:
        """Note what is found in a practice now, and tell what is new and what has cleared."""
        at = self._clock.now()
        async with self._database.work([practice], practice) as work:
            await store.note(
                work,
                practice,
                {about: (fresh_id(self._clock), n) for about, n in found.items()},
                at,
            )
            open_ = [one for one in await store.untold(work, practice) if _stands(one, at)]
        if not open_:
            return
        try:
            await self._work(practice, open_, at)
        except Exception as error:  # noqa: BLE001 - then the letter alone tells of it
            _log.exception("alarm made no work", practice=practice, exc_info=error)
        await self._mail(practice, open_, at)

    async def _work(self, practice: PracticeId, alarms: Sequence[Alarm], at: datetime) -> None:
        """Open the work about new alarms and page its owner; take back what has cleared."""
        async with self._database.work([practice], practice) as work:
            for alarm in alarms:
                if alarm.cleared_at is not None:
                    await opening.withdraw(work, practice, alarm.id, "not-needed-any-more", at)
                elif alarm.raised_at is None:
                    reason = Reason(
                        patient_id=None,
                        source_id=alarm.id,
                        reason="auditor-found",
                        rule=alarm.about,
                        severity="urgent",
                        due_at=at + DUE,
                        joins="texting",
                    )
                    item = await opening.give(work, practice, reason, at)
                    await store.page(work, practice, item, at)
                    await store.raised(work, practice, alarm.id, at)
        self._bell.ring("page")

    async def _mail(self, practice: PracticeId, alarms: Sequence[Alarm], at: datetime) -> None:
        fresh = [one for one in alarms if one.cleared_at is None and one.mailed_at is None]
        gone = [one for one in alarms if one.cleared_at is not None]
        if fresh and self._relay is not None:
            link = f"{self._public_url}/console/queue"
            body = BODY.format(lines=_lines(fresh), link=link)
            await self._send(practice, SUBJECT, body, fresh, at, cleared=False)
        if not gone:
            return
        mailed = [one for one in gone if one.mailed_at is not None]
        if mailed and self._relay is not None:
            body = CLEARED_BODY.format(lines=_lines(mailed))
            await self._send(practice, CLEARED, body, mailed, at, cleared=True)
        silent = [one.id for one in gone if one.mailed_at is None]
        async with self._database.work([practice], practice) as work:
            await store.cleared_told(work, practice, silent, at)

    async def _send(
        self,
        practice: PracticeId,
        subject: str,
        body: str,
        alarms: Sequence[Alarm],
        at: datetime,
        *,
        cleared: bool,
    ) -> None:
        ids = [one.id for one in alarms]
        mark = store.cleared_told if cleared else store.mailed
        async with self._database.work([practice], practice) as work:
            # Claimed before it leaves: of two workers one sends it.
            if not await mark(work, practice, ids, at):
                return
            addresses = await store.responsible(work, practice, self._vault.master, at)
        left = [await self._leaves(address, subject, body, ids[0], at) for address in addresses]
        if not any(left):
            _log.error("alarm not mailed", practice=practice, count=len(addresses))
            async with self._database.work([practice], practice) as work:
                await mark(work, practice, ids, None)

    async def _leaves(
        self, address: str, subject: str, body: str, alarm: UUID, at: datetime
    ) -> bool:
        if self._relay is None:
            return False
        message = EmailMessage()
        sender = self._relay.sender
        message["From"] = sender
        message["To"] = address
        message["Subject"] = subject
        message["Date"] = format_datetime(at)
        message["Message-ID"] = f"<{alarm}.{fresh_id(self._clock)}@{sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(body)
        outcome = await hand_over(self._relay, message)
        return not isinstance(outcome, NotTaken)


def _stands(alarm: Alarm, at: datetime) -> bool:
    """Say whether an alarm is one to tell of: it stood, or what was told of has cleared."""
    if alarm.cleared_at is not None:
        return True
    return alarm.found_at + STANDS <= at


def _lines(alarms: Sequence[Alarm]) -> str:
    return "\n".join(f"- {one.about} ({one.count})" for one in alarms)
