"""How often anybody may try, and how many texts with codes leave: limits as data. (p).

Each limit counts tries of a kind under a key in a span that slides. Whoever is unknown is counted
like everybody else, so that a limit tells nothing. What costs money is counted apart, when it is
spent. This room refuses to count: the database does, under a lock.
"""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from msgspec import Struct

from engage.errors import EngageError

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_HOST_BITS_OF_A_HOME: Final = 64
_PREFIX: Final = 8
"""Of +16025550142 the country, the area and the exchange: +1602555."""


class TooManyTries(EngageError):  # noqa: N818 - reads as a sentence
    """Too many tries; wait a while before the next one."""

    def __init__(self, seconds: int) -> None:
        """Take how long to wait at most."""
        super().__init__()
        self.seconds = seconds


class Limit(Struct, frozen=True):
    """So many tries of a kind in a span."""

    kind: str
    seconds: int
    most: int


PASSWORD_OF_ACCOUNT: Final = Limit("password-account", 15 * _MINUTE, 10)
PASSWORD_FROM_ADDRESS: Final = Limit("password-address", 15 * _MINUTE, 60)
#: With three codes of a million open at a time: less than one in ten thousand a day.
FACTOR_OF_ACCOUNT: Final = Limit("factor-account", _DAY, 30)
STEP_FROM_ADDRESS: Final = Limit("step-address", 15 * _MINUTE, 60)
PASSKEY_FROM_ADDRESS: Final = Limit("passkey-address", 15 * _MINUTE, 120)
CODE_AGAIN: Final = Limit("code-phone-minute", _MINUTE, 1)
CODE_OF_PHONE_HOUR: Final = Limit("code-phone-hour", _HOUR, 3)
#: Five codes of five tries each: one in forty thousand a day.
CODE_OF_PHONE: Final = Limit("code-phone-day", _DAY, 5)
CODE_FROM_ADDRESS: Final = Limit("code-address", _HOUR, 20)
VERIFY_FROM_ADDRESS: Final = Limit("verify-address", _HOUR, 60)
#: A whole exchange has so many of our phones at most who sign in on one day.
SENT_TO_PREFIX: Final = Limit("sent-prefix", _DAY, 20)
SENT_AT_ONCE: Final = Limit("sent-hour", _HOUR, 25)
#: Somebody who invites their family by text; more is a person's to see to.
INVITED_BY_TEXT: Final = Limit("invited-by-text", _DAY, 3)
#: Of what the deployment may send in an hour: no practice locks the families of others out.
INVITED_IN_PRACTICE: Final = Limit("invited-in-practice", _HOUR, 8)
#: A test page of one's own paging may cost money, and its code is one of a million.
PAGE_TESTS: Final = Limit("page-tests", _HOUR, 6)
#: A push to one's own browsers costs nothing; a family may try a few phones.
PUSH_TESTS: Final = Limit("push-tests", _HOUR, 12)
PAGE_CODES: Final = Limit("page-codes", _DAY, 30)


def sent_a_day(most: int) -> Limit:
    """Return the limit of what the whole deployment sends in a day: `ENGAGE_CODES_A_DAY`."""
    return Limit("sent-day", _DAY, most)


def prefix_of(e164: str) -> str:
    """Return the block of numbers that a number is of: pumping rents them by the block."""
    return e164[:_PREFIX]


def address_of(peer: str, forwarded: str, trusted: tuple[str, ...]) -> str:
    """Return where a request comes from, as far as it can't be made up.

    `forwarded` is X-Forwarded-For: each proxy adds at its end whom it saw. Only what our own
    proxies added counts. Of an IPv6 address the home counts, since a home has 2^64 of them.
    """
    known = [ip_network(one, strict=False) for one in trusted]
    seen = peer
    for said in reversed([one.strip() for one in forwarded.split(",") if one.strip()]):
        if not _is_one_of(seen, known):
            break
        seen = said
    try:
        address = ip_address(seen)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        if mapped is not None:
            return str(mapped)
        return str(ip_network((int(address), _HOST_BITS_OF_A_HOME), strict=False))
    return str(address)


def _is_one_of(text: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in networks)
