"""The canary: a text of our own that takes the way of a patient's, and leaves nothing behind.

It comes through the real door: posted to our public address, signed with the practice's token, and
verified there. Then it is taken by the same code as every text (turns.take), in a savepoint that is
undone: it is recorded, read, decided and saved, and no row, page, bell or text is left of it. What
stays is when it got how far (table `canary`), which the auditor looks at. It comes from a number
that can be nobody's and names itself with a signed id; any other text from there is an ordinary
one. This room refuses to let anything of it reach a person.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from engage.clock import Clock, fresh_id
from engage.db.sealing import MasterKeys
from engage.db.session import Database, Work
from engage.db.vault import Vault
from engage.ids import MessageId, PracticeId
from engage.messaging.doors import Door
from engage.messaging.webhook_form import InboundText
from engage.turns.alarm import RULE
from engage.turns.canary import store
from engage.turns.library import Library
from engage.turns.take import Turns

NUMBER = "+15555550100"
"""No area has the code 555, and 555-0100 is never given out: it can be nobody's."""
_WORD = "canary "


def words_of(master: MasterKeys, practice: PracticeId, canary: UUID) -> str:
    """Return what a canary says: a signed id, for which nobody else can text."""
    return _WORD + master.callback_token(practice, MessageId(canary))


def canary_of(master: MasterKeys, practice: PracticeId, text: InboundText) -> UUID | None:
    """Return which canary a text is; None: it is a person's."""
    if text.sender != NUMBER or not text.body.startswith(_WORD):
        return None
    named = master.read_callback_token(text.body.removeprefix(_WORD))
    return named[1] if named is not None and named[0] == practice else None


class Canaries:
    """Takes canaries that came in; one per process."""

    def __init__(self, *, database: Database, vault: Vault, clock: Clock, library: Library) -> None:
        """Take what a turn needs."""
        self._database = database
        self._vault = vault
        self._clock = clock
        self._library = library

    async def came(self, door: Door, text: InboundText, canary: UUID) -> None:
        """Take its turn, undo it, and note how far it got; DatabaseAway if that is not stored."""
        practice, message = door.practice_id, MessageId(fresh_id(self._clock))
        decided = read = False
        async with self._database.work([practice], practice) as work:
            with suppress(_Undone):
                async with work.savepoint():
                    turns = Turns(
                        database=_Inside(work),
                        vault=self._vault,
                        clock=self._clock,
                        library=self._library,
                        bell=_Silent(),
                    )
                    decided = (await turns.text_in(door, text, message=message)).handled
                    read = decided and not await store.unreadable(work, practice, message, RULE)
                    raise _Undone
            at = self._clock.now()
            await store.arrived(work, practice, canary, at, read=read, decided=decided)


class _Undone(Exception):  # noqa: N818 - no fault: the way back
    """Everything since the savepoint never was."""


class _Silent:
    """A bell that nobody hears."""

    def ring(self, loop: str) -> None:
        """Say nothing: there is no work."""


class _Inside(Database):
    """A database whose every unit of work is a part of one that is under way."""

    def __init__(self, work: Work) -> None:
        """Take the unit of work; there is no pool."""
        self._work = work

    @asynccontextmanager
    async def work(
        self, practices: Sequence[PracticeId] = (), write: PracticeId | None = None
    ) -> AsyncGenerator[Work, None]:
        """Open a savepoint instead of a transaction."""
        async with self._work.savepoint():
            if practices:
                await self._work.enter(practices, write)
            yield self._work
