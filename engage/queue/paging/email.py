"""Pages by e-mail: one sentence in both languages and a link, to a member of the practice.

The words are the same for every page: nothing about a person can get into them. A page that is sent
twice, because a process died in between, has the same Message-ID. This room refuses to send a
password over an open line, and to pass on what a server said: it may quote an address.
"""

import ssl
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
from msgspec import Struct

from engage.clock import Clock
from engage.queue.paging.channel import Notice, Outcome, Refused, Told
from engage.settings import is_loopback

TIMEOUT_SECONDS = 15.0
"""For the whole of it; shorter than a row may take."""
SUBJECT = "1 urgent item is waiting / 1 asunto urgente espera"
BODY = """\
1 urgent item is waiting for you. Open it and take it on:
1 asunto urgente espera por usted. Abra el enlace y responda:

{link}
"""
_PORTS = {"smtp": 587, "smtps": 465}


class Relay(Struct, frozen=True, kw_only=True):
    """The server that takes our e-mail, from ENGAGE_SMTP_URL."""

    host: str
    port: int
    #: TLS from the first byte.
    tls: bool
    sender: str
    username: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        """Hide the sign-in."""
        return "Relay(…)"

    @classmethod
    def of(cls, url: str, public_url: str) -> Self:
        """Read a URL that settings.py has checked."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        asked = parse_qs(parts.query).get("from", [""])[0]
        ours = urlsplit(public_url).hostname or "localhost"
        return cls(
            host=host,
            port=parts.port or _PORTS[parts.scheme],
            tls=parts.scheme == "smtps",
            sender=asked or f"engage@{'localhost' if is_loopback(ours) else ours}",
            username=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
        )

    @property
    def must_upgrade(self) -> bool | None:
        """Say whether STARTTLS is needed; None is: if the server offers it."""
        if self.tls:
            return False
        return True if self.username is not None and not is_loopback(self.host) else None


class EmailChannel:
    """Tells people by e-mail; one per process."""

    def __init__(self, relay: Relay, public_url: str, clock: Clock) -> None:
        """Take the server and where the console is; connect to nothing yet."""
        self._relay = relay
        self._public_url = public_url
        self._clock = clock

    async def tell(self, address: str, notice: Notice) -> Outcome:
        """Hand one e-mail to the server."""
        relay = self._relay
        try:
            message = message_of(address, relay.sender, notice, self._public_url, self._clock.now())
            await aiosmtplib.send(
                message,
                hostname=relay.host,
                port=relay.port,
                username=relay.username,
                password=relay.password,
                use_tls=relay.tls,
                start_tls=relay.must_upgrade,
                timeout=TIMEOUT_SECONDS,
            )
        except aiosmtplib.SMTPAuthenticationError:
            return Refused("sign-in-refused")
        except aiosmtplib.SMTPResponseException as refused:
            return Refused(f"answered-{refused.code}")
        except aiosmtplib.SMTPRecipientsRefused:
            return Refused("recipient-refused")
        except (aiosmtplib.SMTPException, ssl.SSLError, OSError, ValueError) as error:
            return Refused(type(error).__name__)
        return Told()


def message_of(
    address: str, sender: str, notice: Notice, public_url: str, at: datetime
) -> EmailMessage:
    """Return the e-mail of a page."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = address
    message["Subject"] = SUBJECT
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{notice.page_id}@{sender.rpartition('@')[2]}>"
    # Nobody's holiday answer is wanted.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(BODY.format(link=f"{public_url}/console/queue/{notice.item_id}"))
    return message
