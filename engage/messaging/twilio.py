"""Twilio as a `Carrier`: one request per call, and every way it can end named.

Creating a message is not idempotent and there is no key to make it so: a request that was written
and got no readable answer is `Unknown`, whatever else it looks like. This module refuses to repeat
a request, to let an exception of the client library out (their texts hold phone numbers), and to
read the carrier's error messages: codes only.
"""

# pyright: reportMissingTypeStubs=false
# The library carries its types inline, partly; what it lacks shows where a value is used.

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, TypeVar, cast

import aiohttp
from msgspec.structs import replace
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.rest import Client
from twilio.rest.api.v2010.account.incoming_phone_number import IncomingPhoneNumberInstance
from twilio.rest.api.v2010.account.message import MessageInstance, MessageList
from twilio.rest.messaging.v1.service import ServiceInstance
from twilio.rest.messaging.v1.service.phone_number import PhoneNumberInstance

from engage.messaging.account import (
    AccountSeen,
    Calls,
    NumberSeen,
    ServiceSeen,
    SignInRefused,
    Webhooks,
)
from engage.messaging.carrier import (
    Accepted,
    Account,
    Arrived,
    CarrierSilent,
    Effect,
    Found,
    Outcome,
    Refused,
    Text,
    Throttled,
    Unknown,
    classify,
)
from engage.messaging.carrier_codes import SMALLEST_CODE
from engage.messaging.signature import HEADER, SETTINGS_HEADER, compute, verify
from engage.messaging.twilio_http import NotSent, OurHttpClient, Wire
from engage.messaging.webhook_form import InboundText, is_address

__all__ = ["HEADER", "SETTINGS_HEADER", "TwilioCarrier", "compute", "verify"]

TOTAL_SECONDS: Final = 32.0
"""Longer than Twilio's own 26 or so: a shorter wait would itself make sends unknown."""
CONNECT_SECONDS: Final = 5.0
BELT_SECONDS: Final = 2.0
"""How much later than the wire's own limit a call is given up, should the wire not keep it."""
LONGEST_WAIT_SECONDS: Final = 6 * 3600
NOT_REACHED: Final = Effect("again", "none", "slow-down", human=False, tries=5, wait_seconds=5)
LISTED_AT_MOST: Final = 200
"""How many of one number's latest texts `find` looks at; the carrier lists the newest first."""
PAGE: Final = 1000
CLOCK_SLACK: Final = timedelta(seconds=5)
"""The carrier stamps whole seconds, by its own clock."""

_SID = re.compile(r"(?:SM|MM)[0-9a-f]{32}")
_COUNT = re.compile(r"[0-9]{1,4}")
_T = TypeVar("_T")


class TwilioCarrier:
    """Sends and looks up texts at Twilio. One per process; `aclose` it in the loop that used it."""

    def __init__(
        self,
        *,
        base_url: str | None = None,
        total_seconds: float = TOTAL_SECONDS,
        connect_seconds: float = CONNECT_SECONDS,
        limit: int = 40,
    ) -> None:
        """Open nothing yet. `base_url` is for tests: a carrier's double on this machine."""
        self._wire = Wire(
            base_url=base_url,
            total_seconds=total_seconds,
            connect_seconds=connect_seconds,
            limit=limit,
        )
        self._belt_seconds = total_seconds + BELT_SECONDS

    async def send(self, account: Account, text: Text) -> Outcome:
        """Create one message, once."""
        http = OurHttpClient(self._wire)
        fields: dict[str, str] = {}
        service = text.messaging_service_sid or account.messaging_service_sid
        if service is not None:
            # Together with a sender: the service's rules, and the number the person knows.
            fields["messaging_service_sid"] = service
        try:
            async with asyncio.timeout(self._belt_seconds):
                made = await _messages(account, http).create_async(
                    to=text.to.e164,
                    from_=text.from_number,
                    body=text.body,
                    status_callback=text.callback_url,
                    validity_period=text.validity_seconds,
                    **fields,
                )
        except NotSent:
            return Throttled(NOT_REACHED.wait_seconds, None, NOT_REACHED)
        except (TwilioRestException, TwilioServiceException) as refusal:
            return _refusal(http, refusal)
        except TimeoutError:
            # aiohttp's time limits are TimeoutErrors too. The connection stood: `NotSent` is above.
            return Unknown("timeout")
        except (aiohttp.ClientError, OSError):
            return Unknown("reset")
        except Exception:  # noqa: BLE001 - whatever the library trips over, the text may have left
            # Before the write it is our own text that cannot be put on a wire: a human looks.
            return Unknown("unreadable") if http.written else Refused(None, classify(None).effect)
        return _accepted(made)

    async def find(
        self,
        account: Account,
        text: Text,
        after: datetime,
        before: datetime,
        taken: frozenset[str] = frozenset(),
    ) -> Found | None:
        """List the number's texts and match ours: direction, words, sender, span of time.

        The filtering is done here, because the carrier's date filter goes by the day of sending and
        a text still in its queue has none. A list that was cut short is no proof of absence.
        """
        http = OurHttpClient(self._wire)
        listed = await self._asked(
            lambda: _messages(account, http).list_async(to=text.to.e164, limit=LISTED_AT_MOST)
        )
        matches = [
            found
            for one in listed or ()
            if _is_ours(one, text, after, before)
            and (found := _found(one)) is not None
            and found.sid not in taken
        ]
        if matches:
            # Newest first; the earliest is the one that the first of two equal texts became.
            return matches[-1]
        if listed is not None and len(listed) == LISTED_AT_MOST and _reaches_only(listed, after):
            raise CarrierSilent
        return None

    async def fetch(self, account: Account, sid: str) -> Found | None:
        """Ask for one message."""
        http = OurHttpClient(self._wire)
        one = await self._asked(lambda: _messages(account, http).get(sid).fetch_async())
        return None if one is None else _found(one)

    async def arrived(self, account: Account, number: str, since: datetime) -> tuple[Arrived, ...]:
        """List what came in for a number since a moment, all of it."""
        http = OurHttpClient(self._wire)
        listed = await self._asked(
            lambda: _messages(account, http).list_async(
                to=number, date_sent_after=since, page_size=PAGE
            )
        )
        found = (_arrived(one, account, number) for one in listed or ())
        # The oldest first: in this order they were written.
        return tuple(sorted((one for one in found if one), key=lambda one: one.at))

    async def blank(self, account: Account, sid: str) -> bool:
        """Blank the words of a message; one that is gone has none."""
        http = OurHttpClient(self._wire)
        try:
            await self._asked(lambda: _messages(account, http).get(sid).update_async(body=""))
        except CarrierSilent:
            if http.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT):
                return False
            raise
        return True

    async def look(self, account: Account, numbers: Sequence[str]) -> AccountSeen:
        """Read how an account is set up; nothing is changed there. May raise `SignInRefused`."""
        http = OurHttpClient(self._wire)
        client, found = _client(account, http), list[NumberSeen]()
        for number in numbers:
            listed = await self._asked(
                lambda number=number: client.incoming_phone_numbers.list_async(
                    phone_number=number, limit=1
                ),
                http,
            )
            found += [_number_seen(one) for one in listed or () if one.phone_number == number]
        tokens = tuple([await self._takes(account, token) for token in account.auth_tokens])
        service = account.messaging_service_sid
        if service is None:
            return AccountSeen(tuple(found), tokens=tokens)
        context = client.messaging.v1.services(service)
        one = await self._asked(context.fetch_async, http)
        if one is None:
            return AccountSeen(tuple(found), tokens=tokens)
        pool = await self._asked(lambda: context.phone_numbers.list_async(limit=1000), http)
        return AccountSeen(tuple(found), _service_seen(one, pool or []), tokens)

    async def _takes(self, account: Account, token: str) -> bool:
        """Say whether the carrier takes an auth token; the API key that sends is another thing."""
        http = OurHttpClient(self._wire)
        signed = replace(account, api_key=account.account_sid, api_secret=token)
        itself = _client(signed, http).api.v2010.accounts(account.account_sid)
        try:
            await self._asked(itself.fetch_async, http)
        except SignInRefused:
            return False
        return True

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()

    async def _asked(
        self, question: Callable[[], Awaitable[_T]], http: OurHttpClient | None = None
    ) -> _T | None:
        try:
            async with asyncio.timeout(self._belt_seconds):
                return await question()
        except (TwilioRestException, TwilioServiceException) as refusal:
            absent = refusal.status == HTTPStatus.NOT_FOUND
        except Exception:  # noqa: BLE001 - a list the library cannot read proves nothing either
            absent = False
        if absent:
            return None
        if http is not None and http.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise SignInRefused
        # Out here, so that it does not carry those exceptions with it: they hold URLs and numbers.
        raise CarrierSilent


def _messages(account: Account, http: OurHttpClient) -> MessageList:
    return _client(account, http).messages


def _client(account: Account, http: OurHttpClient) -> Client:
    return Client(
        account.api_key,
        account.api_secret,
        account.account_sid,
        http_client=http,
        # Not empty, or the library reads the process's environment, which could reroute texts.
        environment={"TWILIO_ACCOUNT_SID": account.account_sid},
    )


def _number_seen(one: IncomingPhoneNumberInstance) -> NumberSeen:
    hooks = Webhooks(
        one.sms_url or "",
        one.sms_method or "",
        one.sms_fallback_url or "",
        one.sms_fallback_method or "",
    )
    calls = Calls(one.voice_url or "", one.voice_method or "")
    # The library calls it a text; it is {"voice": true, …}. Absent means nothing.
    can = cast("Mapping[str, object]", one.capabilities or {})
    if one.trunk_sid or one.voice_application_sid or can.get("voice") is False:
        calls = None
    return NumberSeen(one.phone_number or "", hooks, bool(one.sms_application_sid), calls)


def _service_seen(one: ServiceInstance, pool: Sequence[PhoneNumberInstance]) -> ServiceSeen:
    hooks = Webhooks(
        one.inbound_request_url or "",
        one.inbound_method or "",
        one.fallback_url or "",
        one.fallback_method or "",
    )
    return ServiceSeen(
        hooks,
        status_url=one.status_callback or "",
        by_number=bool(one.use_inbound_webhook_on_number),
        registered=bool(one.us_app_to_person_registered),
        numbers=frozenset(number.phone_number or "" for number in pool),
    )


def _accepted(made: MessageInstance) -> Outcome:
    # str(): the library passes on whatever stands in the answer.
    sid, counted = str(made.sid), str(made.num_segments)
    if not _SID.fullmatch(sid):
        return Unknown("unreadable")
    # "0" means not counted yet.
    return Accepted(sid, int(counted) or None if _COUNT.fullmatch(counted) else None)


def _refusal(http: OurHttpClient, refusal: TwilioRestException | TwilioServiceException) -> Outcome:
    status = http.status or 0
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return Unknown("server-error")
    if status < HTTPStatus.BAD_REQUEST:
        # A redirect, say: nobody knows what stood behind it.
        return Unknown("unreadable")
    rule = classify(_code(refusal.code))
    if rule.code is None and status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        # Some refusals of credentials carry no code; they mean the same.
        rule = classify(20003)
    if rule.effect.message == "find":
        return Unknown("server-error")
    if status == HTTPStatus.TOO_MANY_REQUESTS and rule.group == "unlisted":
        rule = classify(20429)
    if rule.group in ("throttle", "throttle-long"):
        wait = _retry_after(http) or rule.effect.wait_seconds
        return Throttled(min(wait, LONGEST_WAIT_SECONDS), rule.code, rule.effect)
    return Refused(rule.code, rule.effect)


def _code(given: object) -> int | None:
    # The library passes on whatever stands in the answer.
    return given if isinstance(given, int) and given >= SMALLEST_CODE else None


def _retry_after(http: OurHttpClient) -> int | None:
    asked = (http.headers.get("Retry-After") or "").strip()
    if asked.isascii() and asked.isdecimal():
        return min(int(asked[:9]), LONGEST_WAIT_SECONDS)
    try:
        until = parsedate_to_datetime(asked)
        # Both stamps are the carrier's, so its clock need not agree with ours.
        wait = until - parsedate_to_datetime(http.headers.get("Date") or "")
    except (TypeError, ValueError):
        return None
    return max(1, int(wait.total_seconds()))


def _is_ours(one: MessageInstance, text: Text, after: datetime, before: datetime) -> bool:
    created = _moment(one.date_created)
    return (
        str(one.direction) == MessageInstance.Direction.OUTBOUND_API
        and one.to == text.to.e164
        and one.body == text.body
        # A messaging service may not have chosen a sender yet.
        and one.from_ in (text.from_number, None, "")
        and created is not None
        and after - CLOCK_SLACK <= created <= before + CLOCK_SLACK
    )


def _reaches_only(listed: list[MessageInstance], after: datetime) -> bool:
    oldest = _moment(listed[-1].date_created)
    return oldest is None or oldest > after


def _moment(stamp: object) -> datetime | None:
    # What the library cannot parse it passes on as it is, and UTC is what it means by no zone.
    return stamp if isinstance(stamp, datetime) and stamp.tzinfo is not None else None


def _found(one: MessageInstance) -> Found | None:
    sid = str(one.sid)
    if not _SID.fullmatch(sid):
        return None
    code = one.error_code
    return Found(sid, str(one.status), code if isinstance(code, int) else None)


def _arrived(one: MessageInstance, account: Account, number: str) -> Arrived | None:
    came, sid = _moment(one.date_sent) or _moment(one.date_created), str(one.sid)
    inbound = str(one.direction) == MessageInstance.Direction.INBOUND and one.to == number
    if not inbound or came is None or not _SID.fullmatch(sid) or not is_address(one.from_ or ""):
        return None
    media = str(one.num_media)
    text = InboundText(
        sid,
        account.account_sid,
        one.from_ or "",
        number,
        one.body or "",
        num_media=int(media) if _COUNT.fullmatch(media) else 0,
        messaging_service_sid=one.messaging_service_sid,
    )
    return Arrived(text, came)
