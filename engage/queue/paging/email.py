"""Pages by e-mail: one sentence in both languages and a link, to a member of the practice.

The words are the same for every page: nothing about a person can get into them. A page that is sent
twice, because a process died in between, has the same Message-ID. This room refuses to word a page
otherwise for anybody.
"""

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from engage.clock import Clock
from engage.messaging.mail import Relay, Taken, hand_over
from engage.queue.paging.channel import Opened, Outcome, Refused, Said, Told, Trial
from engage.queue.paging.words import path_of, subject_of

BODY = """\
1 urgent item is waiting for you. Open it and take it on:
1 asunto urgente espera por usted. Abra el enlace y responda:

{link}
"""
OPENED = """\
A restricted record was opened with a reason. Read who opened it and why:
Se abrio un expediente restringido con un motivo. Lea quien lo abrio y por que:

{link}
"""
TRIAL = """\
This is a test: nobody waits. Say the code to who asked for it:
Esto es una prueba: nadie espera. Diga el codigo a quien la pidio:

{code}
"""


class EmailChannel:
    """Tells people by e-mail; one per process."""

    def __init__(self, relay: Relay, public_url: str, clock: Clock) -> None:
        """Take the server and where the console is; connect to nothing yet."""
        self._relay = relay
        self._public_url = public_url
        self._clock = clock

    async def tell(self, address: str, said: Said) -> Outcome:
        """Hand one e-mail to the server."""
        sender = self._relay.sender
        try:
            message = message_of(address, sender, said, self._public_url, self._clock.now())
        except ValueError as error:
            return Refused(type(error).__name__)
        outcome = await hand_over(self._relay, message)
        return Told() if isinstance(outcome, Taken) else Refused(outcome.why)


def message_of(
    address: str, sender: str, said: Said, public_url: str, at: datetime
) -> EmailMessage:
    """Return the e-mail of a page."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = address
    message["Subject"] = subject_of(said)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{said.page_id}@{sender.rpartition('@')[2]}>"
    # Nobody's holiday answer is wanted.
    message["Auto-Submitted"] = "auto-generated"
    if isinstance(said, Trial):
        message.set_content(TRIAL.format(code=said.code))
    else:
        words = OPENED if isinstance(said, Opened) else BODY
        message.set_content(words.format(link=f"{public_url}{path_of(said)}"))
    return message
