"""Letters to organizations: by e-mail, that a request waits on its one-time page.

A letter says the practice's name and a link, in both languages, and nothing about anybody. It is
recorded before it leaves: first `sending` is committed, then the server is spoken to, then what
became of it is. One that a crash, or a dead line, left in between may have left, so it is never
sent again by itself: that is a person's work, and so is one that was refused. This room refuses to
write to anybody about a person who has not agreed to it; a referral without consent has no page.
"""

import base64
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal, Protocol, TypeAlias, assert_never
from uuid import UUID

import structlog

from engage import audit, feed
from engage.clock import Clock, random_bytes
from engage.db.session import Database, Work
from engage.db.vault import Vault
from engage.errors import EngageError
from engage.ids import RANDOM_BYTES, PracticeId, ReferralId, uuid7
from engage.messaging.mail import Doubtful, NotTaken, Outcome, Relay, Taken, hand_over
from engage.needs.episodes import store as episodes
from engage.needs.letters import store
from engage.needs.letters.store import Letter, What
from engage.needs.referring import store as referrals
from engage.needs.referring.store import ReferralSeen
from engage.people.merging.store import survivor
from engage.people.store import get_patient

LINK_DAYS = 30
"""So long the page of a letter may be used."""

TRIES = 4
"""So often a server that says "later" is asked."""

SUBJECT = "{practice}: a request is waiting / una solicitud espera"
BODY = """\
{practice} asks you for help for somebody. What is asked, and where to answer, is on this page.
You need no account. The page works for {days} days, for whoever holds this link:
{practice} le pide ayuda para alguien. Lo que se pide, y dónde contestar, está en esta página.
No necesita cuenta. La página sirve {days} días, para quien tenga este enlace:

{link}
"""
REMINDED = "We have not heard from you yet. / Aún no sabemos de ustedes.\n\n"
_LINK_BYTES = 32

Trouble: TypeAlias = Literal["letter-refused", "letter-unknown"]
_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class LetterRefused(EngageError):  # noqa: N818 - reads as a sentence
    """A letter could not be handed over for now; it will be tried again."""


class Tells(Protocol):
    """Makes work of a letter that did not go through; turns does."""

    async def letter_trouble(
        self, work: Work, seen: ReferralSeen, domain: str, trouble: Trouble, cause: UUID
    ) -> None:
        """Tell who is responsible for the person."""
        ...


async def write(
    work: Work, practice: PracticeId, referral_id: ReferralId, what: What, at: datetime
) -> Letter:
    """Record a letter, which leaves after the commit."""
    new = Letter(
        id=uuid7(at, random_bytes(RANDOM_BYTES)),
        referral_id=referral_id,
        what=what,
        at=at,
        status_at=at,
    )
    await store.queue(work, practice, new)
    return new


class Letters:
    """Sends letters; one per worker."""

    def __init__(
        self,
        *,
        database: Database,
        vault: Vault,
        clock: Clock,
        relay: Relay | None,
        public_url: str,
        tells: Tells,
    ) -> None:
        """Take the server, if there is one; without it every letter is a person's work."""
        self._database = database
        self._vault = vault
        self._clock = clock
        self._relay = relay
        self._public_url = public_url
        self._tells = tells

    async def send(self, practice: PracticeId, letter_id: UUID) -> None:
        """Send a letter that is due; LetterRefused if it is to be tried again."""
        message: EmailMessage | None = None

        async def begin(work: Work) -> None:
            nonlocal message
            message = await self._begin(work, practice, letter_id)

        await self._database.again(begin, [practice], practice)
        if message is None or self._relay is None:
            return
        outcome = await hand_over(self._relay, message)
        again = False

        async def settle(work: Work) -> None:
            nonlocal again
            again = await self._settle(work, practice, letter_id, outcome)

        await self._database.again(settle, [practice], practice)
        if again:
            raise LetterRefused

    async def _begin(
        self, work: Work, practice: PracticeId, letter_id: UUID
    ) -> EmailMessage | None:
        """Commit to sending a letter, with a fresh link; None if it is not to be sent."""
        at, keys = self._clock.now(), await self._vault.keys(practice)
        known = await store.one(work, practice, letter_id)
        seen = None if known is None else await referrals.one(work, keys, known.referral_id)
        if known is None or seen is None or known.status not in {"queued", "sending"}:
            await store.rest(work, letter_id)
            return None
        if known.status == "sending":
            # Whoever was sending it is gone. It may have left: it is never sent again unseen.
            await self._trouble(work, practice, known, seen, "letter-unknown", "cut-short", at)
            return None
        one = seen.referral
        if one.over or one.way != "page" or one.consent is None:
            await store.move(work, practice, letter_id, "withdrawn", at, "over")
            return None
        person = await survivor(work, practice, one.patient_id)
        if (await get_patient(work, keys, person)).status != "active":
            # Who left or died needs no reminder; the call that follows is a person's to make.
            await store.move(work, practice, letter_id, "withdrawn", at, "not-in-care")
            return None
        address = seen.organization_email
        if self._relay is None or not address:
            why = "no-server" if self._relay is None else "no-address"
            await self._trouble(work, practice, known, seen, "letter-refused", why, at)
            return None
        token = base64.urlsafe_b64encode(random_bytes(_LINK_BYTES)).rstrip(b"=").decode()
        hashed = self._vault.master.credential_hashes(referrals.LINK, token)[0]
        name, _ = await referrals.practice_called(work, practice)
        link = f"{self._public_url}/referral/{token}"
        try:
            message = message_of(known, address, self._relay.sender, name, link, at)
        except ValueError:
            await self._trouble(work, practice, known, seen, "letter-refused", "no-address", at)
            return None
        await referrals.add_link(work, one, hashed, at, at + timedelta(days=LINK_DAYS))
        await store.move(work, practice, letter_id, "sending", at)
        return message

    async def _settle(
        self, work: Work, practice: PracticeId, letter_id: UUID, outcome: Outcome
    ) -> bool:
        """Write what became of a letter; say whether it is to be tried again."""
        at, keys = self._clock.now(), await self._vault.keys(practice)
        known = await store.one(work, practice, letter_id)
        seen = None if known is None else await referrals.one(work, keys, known.referral_id)
        if known is None or seen is None or known.status != "sending":
            return False
        match outcome:
            case Taken():
                await store.move(work, practice, letter_id, "sent", at)
                await self._say(work, practice, seen, "letter.sent", at)
            case NotTaken(why, again) if again and known.tries < TRIES:
                await store.move(work, practice, letter_id, "queued", at, why)
                _log.warning("letter put off", due=letter_id, reason=why)
                return True
            case NotTaken(why):
                await self._trouble(work, practice, known, seen, "letter-refused", why, at)
            case Doubtful(why):
                await self._trouble(work, practice, known, seen, "letter-unknown", why, at)
            case _:
                assert_never(outcome)
        return False

    async def _trouble(
        self,
        work: Work,
        practice: PracticeId,
        known: Letter,
        seen: ReferralSeen,
        trouble: Trouble,
        why: str,
        at: datetime,
    ) -> None:
        # Lines come first, then what hangs on them: the work is written before the letter.
        need = await episodes.one(work, practice, seen.referral.need_id)
        domain = "referral" if need is None else need.need.domain
        await self._tells.letter_trouble(work, seen, domain, trouble, known.id)
        to: store.Status = "unknown" if trouble == "letter-unknown" else "refused"
        await store.move(work, practice, known.id, to, at, why)
        await self._say(work, practice, seen, f"letter.{to}", at)
        _log.warning("letter not delivered", due=known.id, reason=why)

    async def _say(
        self, work: Work, practice: PracticeId, seen: ReferralSeen, action: str, at: datetime
    ) -> None:
        one = seen.referral
        await feed.add(work, practice, at, "need", one.need_id, one.patient_id)
        await audit.record(
            work,
            practice,
            at,
            actor="system",
            action=action,
            subject="referral",
            subject_id=one.id,
            patient_id=one.patient_id,
        )


def message_of(
    letter: Letter, address: str, sender: str, practice: str, link: str, at: datetime
) -> EmailMessage:
    """Return the e-mail of a letter: the practice's name and a link, and nothing else."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = address
    message["Subject"] = SUBJECT.format(practice=practice)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2]}>"
    # Nobody's holiday answer is wanted.
    message["Auto-Submitted"] = "auto-generated"
    opening = REMINDED if letter.what == "remind" else ""
    message.set_content(opening + BODY.format(practice=practice, days=LINK_DAYS, link=link))
    return message
