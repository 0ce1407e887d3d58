"""Is a practice's account with its carrier set up as we need it: what was seen there, judged. (p).

A text that a person sends reaches us only if the number leads to our address, if a lost try is
tried again (`#rc=3&rp=all`), and if a second door is named for when the first is shut. Nothing
fails visibly when one of these is missing: texts are merely lost now and then. This module refuses
to ask anybody: twilio.py looks, here is what it means.
"""

from collections.abc import Sequence

from msgspec import Struct

from engage.errors import EngageError

INBOUND, FALLBACK, STATUS, VOICE = (
    "/webhooks/twilio/inbound",
    "/webhooks/twilio/fallback",
    "/webhooks/twilio/status",
    "/webhooks/twilio/voice",
)
TRY_AGAIN = "#rc=3&rp=all"
"""Three further tries, whatever went wrong; by default there is one, for a failed connection only.

A fragment is not part of what is signed."""

_REFUSED = (
    "The carrier refuses the stored auth token, with which its texts to us are checked: "
    "store the right one with `engage practice account --auth-token-file`."
)
_OLD_REFUSED = (
    "The carrier no longer takes the older of two stored auth tokens: "
    "`engage practice account --drop-old-token`."
)
_TOLL_FREE = tuple(f"+1{code}" for code in (800, 833, 844, 855, 866, 877, 888))


class SignInRefused(EngageError):  # noqa: N818 - reads as a sentence: raise SignInRefused
    """The carrier refuses the account's key."""


class Webhooks(Struct, frozen=True):
    """Where texts that come in are sent to."""

    url: str = ""
    method: str = ""
    fallback_url: str = ""
    fallback_method: str = ""


class Calls(Struct, frozen=True):
    """Where calls that come in are brought to."""

    url: str = ""
    method: str = ""


class NumberSeen(Struct, frozen=True):
    """A number of the account."""

    number: str
    webhooks: Webhooks
    #: An application stands before the number's own addresses.
    by_application: bool = False
    #: None if no call comes in by the number's own address: it takes none, or a trunk or an
    #: application has them, which is what a practice chooses that answers its phone itself.
    calls: Calls | None = None


class ServiceSeen(Struct, frozen=True):
    """The messaging service that the practice's texts go through."""

    webhooks: Webhooks
    status_url: str = ""
    #: The numbers' own addresses count, not the service's.
    by_number: bool = False
    #: Whether United States carriers know the campaign.
    registered: bool = False
    numbers: frozenset[str] = frozenset()


class AccountSeen(Struct, frozen=True):
    """What the carrier says of one account; a number or service it does not know is missing."""

    numbers: tuple[NumberSeen, ...] = ()
    service: ServiceSeen | None = None
    #: For each stored auth token, newest first, whether the carrier takes it.
    tokens: tuple[bool, ...] = ()


def faults(
    seen: AccountSeen, numbers: Sequence[str], service_sid: str | None, public_url: str
) -> list[str]:
    """Return a sentence for everything that must be changed at the carrier; none means ready."""
    known = {one.number: one for one in seen.numbers}
    wrong = _tokens(seen.tokens)
    for number in numbers:
        if number not in known:
            wrong.append(f"{number} is not a number of the carrier's account.")
        elif seen.service is None or seen.service.by_number:
            wrong += _of_number(known[number], public_url)
    for number in numbers:
        wrong += _calls(number, known[number].calls if number in known else None, public_url)
    if not all(number.startswith(_TOLL_FREE) for number in numbers):
        wrong += _registration(seen.service, service_sid)
    if service_sid is not None and seen.service is None:
        wrong.append("The messaging service is not one of the carrier's account.")
    if seen.service is not None:
        wrong += _of_service(seen.service, [n for n in numbers if n in known], public_url)
    return wrong


def _tokens(taken: Sequence[bool]) -> list[str]:
    if taken and not taken[0]:
        return [_REFUSED]
    return [] if all(taken) else [_OLD_REFUSED]


def _calls(number: str, found: Calls | None, public_url: str) -> list[str]:
    wanted = Calls(f"{public_url}{VOICE}", "POST")
    if found is None or (found.url.partition("#")[0], found.method) == (wanted.url, wanted.method):
        return []
    missed = "a caller is not told of 911, 988 and the practice's line."
    return [f"{number} does not bring calls to {wanted.url} by POST: {missed}"]


def _of_number(one: NumberSeen, public_url: str) -> list[str]:
    if one.by_application:
        return [f"{one.number} is led by an application; take it off, so that its addresses count."]
    return _webhooks(one.number, one.webhooks, public_url)


def _of_service(service: ServiceSeen, numbers: Sequence[str], public_url: str) -> list[str]:
    wrong = [
        f"{number} is not in the pool of the messaging service."
        for number in numbers
        if number not in service.numbers
    ]
    if not service.by_number:
        wrong += _webhooks("The messaging service", service.webhooks, public_url)
    if service.status_url.partition("#")[0] == f"{public_url}{STATUS}":
        wrong.append(
            "The messaging service has a status callback; leave it empty, each text names its own."
        )
    return wrong


def _registration(service: ServiceSeen | None, service_sid: str | None) -> list[str]:
    if service_sid is None:
        return ["No messaging service is named, and local numbers need one to text in the US."]
    if service is not None and not service.registered:
        return ["No campaign is registered for the messaging service: US carriers block its texts."]
    return []


def _webhooks(whose: str, found: Webhooks, public_url: str) -> list[str]:
    wrong: list[str] = []
    wanted = f"{public_url}{INBOUND}"
    if found.url.partition("#")[0] != wanted:
        wrong.append(f"{whose} does not bring texts to {wanted}{TRY_AGAIN}.")
    elif found.url != f"{wanted}{TRY_AGAIN}":
        wrong.append(f"{whose} may lose a text: its address must end in {TRY_AGAIN}, to try again.")
    if found.fallback_url.partition("#")[0] != f"{public_url}{FALLBACK}":
        wrong.append(f"{whose} has no second door: name {public_url}{FALLBACK} as the fallback.")
    if {found.method, found.fallback_method} != {"POST"}:
        wrong.append(f"{whose} must use POST for both: the carrier logs what is in a GET.")
    return wrong
