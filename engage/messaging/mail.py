"""E-mail: the relay that takes it, and what can become of one message.

Pages for staff and letters to organizations leave by it. An outcome says what may be done next:
what was refused for now may be tried again, what may have left never is. This room refuses to send
a password over an open line, and to pass on what a server said: it may quote an address.
"""

import ssl
from email.message import EmailMessage
from typing import Self, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
from msgspec import Struct

from engage.settings import is_loopback

TIMEOUT_SECONDS = 15.0
"""For each thing that is said to the relay; a slow one ends at the limit of the row."""

_PORTS = {"smtp": 587, "smtps": 465}
_FOR_GOOD = 500


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


class Taken(Struct, frozen=True, tag="taken"):
    """The server has it."""


class NotTaken(Struct, frozen=True, tag="not-taken"):
    """The server does not have it; `again` is that another try may help."""

    why: str
    again: bool


class Doubtful(Struct, frozen=True, tag="doubtful"):
    """The line went dead in the middle: it may have left, and it may not."""

    why: str


Outcome: TypeAlias = Taken | NotTaken | Doubtful


async def hand_over(relay: Relay, message: EmailMessage) -> Outcome:
    """Hand one e-mail to the server. Never raises for what the other side does."""
    try:
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
        return NotTaken("sign-in-refused", again=True)
    except aiosmtplib.SMTPResponseException as refused:
        return NotTaken(f"answered-{refused.code}", again=refused.code < _FOR_GOOD)
    except aiosmtplib.SMTPRecipientsRefused as refused:
        for_now = all(one.code < _FOR_GOOD for one in refused.recipients)
        return NotTaken("recipient-refused", again=for_now)
    except (aiosmtplib.SMTPConnectError, ssl.SSLError, ConnectionRefusedError) as error:
        return NotTaken(type(error).__name__, again=True)
    except ValueError as error:
        return NotTaken(type(error).__name__, again=False)
    except (aiosmtplib.SMTPException, OSError) as error:
        return Doubtful(type(error).__name__)
    return Taken()
