"""Twilio as a carrier, against a double on loopback: every way a call can end."""

import asyncio
import base64
import logging
import socket
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from engage.messaging.carrier import (
    Accepted,
    Account,
    CarrierSilent,
    Found,
    Outcome,
    Refused,
    Text,
    Throttled,
    Unknown,
)
from engage.messaging.twilio import LONGEST_WAIT_SECONDS, TwilioCarrier
from engage.people.phone import PhoneNumber
from tests.fakes.fake_twilio import STAMP, Act, FakeTwilio

TO = "+12025550123"
ACCOUNT = Account(
    account_sid="AC" + "2" * 32,
    auth_tokens=("token",),
    api_key="SK" + "3" * 32,
    api_secret="sécret",
)
TEXT = Text(
    own_id="opaque-1",
    from_number="+12025550101",
    to=PhoneNumber(TO),
    body="¿Se preocupó? Reply 1 & 2 + more",
    callback_url="https://engage.example/webhooks/twilio/status?m=opaque-1",
    validity_seconds=3600,
)
HOUR = timedelta(hours=1)


@pytest.fixture
async def fake() -> AsyncIterator[FakeTwilio]:
    """Run a Twilio of one's own."""
    async with FakeTwilio() as running:
        yield running


@pytest.fixture
async def carrier(fake: FakeTwilio) -> AsyncIterator[TwilioCarrier]:
    """Make a carrier with a short patience that talks to the double."""
    made = TwilioCarrier(base_url=fake.base_url, total_seconds=0.4, connect_seconds=0.3)
    yield made
    await made.aclose()


async def _send(fake: FakeTwilio, carrier: TwilioCarrier, act: Act) -> Outcome:
    fake.plan.append(act)
    return await carrier.send(ACCOUNT, TEXT)


async def test_accepted(fake: FakeTwilio, carrier: TwilioCarrier) -> None:
    """A text that is taken has the carrier's sid, and arrived word for word."""
    outcome = await carrier.send(ACCOUNT, TEXT)

    assert outcome == Accepted(fake.ledger[0].sid, 1)
    assert fake.ledger[0].form == {
        "To": TO,
        "From": TEXT.from_number,
        "Body": TEXT.body,
        "StatusCallback": TEXT.callback_url,
        "ValidityPeriod": "3600",
    }
    pair = base64.b64decode(fake.authorizations[0].removeprefix("Basic ")).decode()
    assert pair == f"{ACCOUNT.api_key}:{ACCOUNT.api_secret}"


async def test_messaging_service(fake: FakeTwilio, carrier: TwilioCarrier) -> None:
    """With a messaging service the sender stays ours, and segments are not counted yet."""
    service = "MG" + "4" * 32
    account = Account("AC" + "2" * 32, ("token",), "SK", "secret", service)

    outcome = await carrier.send(account, TEXT)

    assert outcome == Accepted(fake.ledger[0].sid, None)
    assert fake.ledger[0].form["MessagingServiceSid"] == service
    assert fake.ledger[0].form["From"] == TEXT.from_number


@pytest.mark.parametrize(
    ("code", "number"),
    [(21211, "invalid"), (21610, "opted-out"), (21614, "landline"), (21617, "none")],
)
@pytest.mark.parametrize("problem", [False, True], ids=["classic", "rfc-9457"])
async def test_refused(
    fake: FakeTwilio,
    carrier: TwilioCarrier,
    code: int,
    number: str,
    problem: bool,  # noqa: FBT001 - pytest's parameter
) -> None:
    """A coded refusal is final, in either of the carrier's two error formats."""
    outcome = await _send(fake, carrier, Act("refuse", 400, code, problem=problem))

    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.effect.message, outcome.effect.number) == (code, "fail", number)


@pytest.mark.parametrize(
    ("act", "code", "account"),
    [
        (Act("refuse", 401, 20003), 20003, "stop"),
        (Act("raw", 401, text="<html>no</html>"), 20003, "stop"),
        (Act("raw", 403, text=""), 20003, "stop"),
        (Act("raw", 404, text="<html>"), None, "none"),
        (Act("refuse", 400, 12345), 12345, "none"),
        (Act("refuse", 400, 400), None, "none"),
        (Act("raw", 400, text='{"code": "21211", "message": 7}'), None, "none"),
    ],
)
async def test_other_refusals(
    fake: FakeTwilio, carrier: TwilioCarrier, act: Act, code: int | None, account: str
) -> None:
    """Bad credentials stop the account; a code nobody knows, or none, is shown to a human."""
    outcome = await _send(fake, carrier, act)

    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.effect.account, outcome.effect.human) == (code, account, True)


LATER = {"Date": "Tue, 04 Mar 2031 16:00:00 GMT", "Retry-After": "Tue, 04 Mar 2031 16:01:30 GMT"}


@pytest.mark.parametrize(
    ("status", "code", "headers", "seconds"),
    [
        (429, 20429, {"Retry-After": "7"}, 7),
        (429, 20429, {}, 1),
        (429, 20429, LATER, 90),
        (429, 20429, {"Retry-After": "999999999999"}, LONGEST_WAIT_SECONDS),
        (429, 20429, {"Retry-After": "soon"}, 1),
        (429, 20429, {"Retry-After": "-5"}, 1),
        (429, None, {"Retry-After": "3"}, 3),
        (429, 63038, {}, 14400),
        (400, 21611, {}, 600),
    ],
)
async def test_throttled(
    fake: FakeTwilio,
    carrier: TwilioCarrier,
    status: int,
    code: int | None,
    headers: dict[str, str],
    seconds: int,
) -> None:
    """A busy carrier is asked again when it says, within reason."""
    outcome = await _send(fake, carrier, Act("refuse", status, code, headers))

    assert isinstance(outcome, Throttled)
    assert outcome.after_seconds == seconds
    assert fake.ledger == []


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (Act("hang"), "timeout"),
        (Act("drop-before"), "reset"),
        (Act("drop-after"), "reset"),
        (Act("half"), "reset"),
        (Act("refuse", 500, 20500), "server-error"),
        (Act("refuse", 503, 20503), "server-error"),
        (Act("refuse", 400, 20503), "server-error"),
        (Act("raw", 502, text="<html>bad gateway</html>"), "server-error"),
        (Act("raw", 408, text=""), "server-error"),
        (Act("raw", 201, text="{oops", creates=True), "unreadable"),
        (Act("raw", 201, text="", creates=True), "unreadable"),
        (Act("raw", 201, text="[]", creates=True), "unreadable"),
        (Act("raw", 201, text="null", creates=True), "unreadable"),
        (Act("raw", 201, text='{"sid": "SM1"}', creates=True), "unreadable"),
        (Act("raw", 201, text='{"sid": 7}', creates=True), "unreadable"),
        (Act("raw", 302, headers={"Location": "http://127.0.0.1:9/"}), "unreadable"),
    ],
    ids=lambda value: f"{value.kind}-{value.status}" if isinstance(value, Act) else value,
)
async def test_unknown(fake: FakeTwilio, carrier: TwilioCarrier, act: Act, why: str) -> None:
    """Once written, whatever is not a readable answer is unknown, and is never sent again."""
    outcome = await _send(fake, carrier, act)

    assert outcome == Unknown(why)  # type: ignore[arg-type]  # the parameter is one of them
    assert fake.attempts == 1


async def test_a_hang_ends_in_time(fake: FakeTwilio, carrier: TwilioCarrier) -> None:
    """The time limit is real: a silent carrier does not hold a worker."""
    began = time.monotonic()

    await _send(fake, carrier, Act("hang"))

    assert time.monotonic() - began < 2


async def test_odd_segments_do_not_lose_the_sid(fake: FakeTwilio, carrier: TwilioCarrier) -> None:
    """A count that is no number leaves an accepted text accepted."""
    sid = "SM" + "5" * 32
    act = Act("raw", 201, text=f'{{"sid": "{sid}", "num_segments": "many"}}', creates=True)

    assert await _send(fake, carrier, act) == Accepted(sid, None)


async def test_never_reached() -> None:
    """A refused connection means nothing was sent: try again soon."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    carrier = TwilioCarrier(base_url=f"http://127.0.0.1:{port}")

    outcome = await carrier.send(ACCOUNT, TEXT)
    await carrier.aclose()

    assert isinstance(outcome, Throttled)
    assert (outcome.effect.message, outcome.code) == ("again", None)


async def test_no_tls(fake: FakeTwilio) -> None:
    """A peer that does not speak TLS never saw the text."""
    carrier = TwilioCarrier(base_url=fake.base_url.replace("http:", "https:"), total_seconds=2)

    outcome = await carrier.send(ACCOUNT, TEXT)
    await carrier.aclose()

    assert isinstance(outcome, Throttled)
    assert fake.attempts == 0


async def test_no_such_host() -> None:
    """A name that resolves to nothing never saw the text."""
    carrier = TwilioCarrier(base_url="http://carrier.invalid", connect_seconds=3)

    outcome = await carrier.send(ACCOUNT, TEXT)
    await carrier.aclose()

    assert isinstance(outcome, Throttled)


async def test_no_free_connection(fake: FakeTwilio) -> None:
    """A text that waited in vain for a connection was not sent."""
    carrier = TwilioCarrier(base_url=fake.base_url, total_seconds=1.0, connect_seconds=0.2, limit=1)
    fake.plan.append(Act("hang"))

    outcomes = await asyncio.gather(*(carrier.send(ACCOUNT, TEXT) for _ in range(2)))
    await carrier.aclose()

    assert {type(outcome) for outcome in outcomes} == {Unknown, Throttled}
    assert fake.attempts == 1


async def test_cannot_be_written(fake: FakeTwilio, carrier: TwilioCarrier) -> None:
    """A text that no bytes can mean is refused before the wire, and shown to a human."""
    broken = Text("id", TEXT.from_number, TEXT.to, "\ud800", TEXT.callback_url, 60)

    outcome = await carrier.send(ACCOUNT, broken)

    assert isinstance(outcome, Refused)
    assert outcome.effect.human
    assert fake.attempts == 0


async def test_the_environment_does_not_reroute(
    fake: FakeTwilio, carrier: TwilioCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables that the client library reads for itself change nothing here."""
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    monkeypatch.setenv("TWILIO_REGION", "au1")

    assert await carrier.send(ACCOUNT, TEXT) == Accepted(fake.ledger[0].sid, 1)


async def test_nothing_of_a_person_is_logged(
    fake: FakeTwilio, carrier: TwilioCarrier, caplog: pytest.LogCaptureFixture
) -> None:
    """At any level, through success, refusal and loss, no log names a number or a word."""
    caplog.set_level(logging.DEBUG)
    fake.plan.extend([Act(), Act("refuse", 400, 21610), Act("hang"), Act("drop-after")])
    for _ in range(4):
        await carrier.send(ACCOUNT, TEXT)
    await carrier.find(ACCOUNT, TEXT, STAMP - HOUR, STAMP + HOUR)
    fake.list_plan.append(Act("refuse", 400, 20003))
    with pytest.raises(CarrierSilent) as silent:
        await carrier.find(ACCOUNT, TEXT, STAMP, STAMP)

    assert silent.value.__context__ is None
    told = caplog.text + repr(silent.value)
    assert "2025550123" not in told
    assert "preocup" not in told


async def test_find_after_a_lost_answer(fake: FakeTwilio, carrier: TwilioCarrier) -> None:
    """A text whose answer was lost is found by number, words, direction and time."""
    fake.add(TO, "other words", STAMP)
    fake.add(TO, TEXT.body, STAMP, direction="inbound")
    fake.add(TO, TEXT.body, STAMP - timedelta(days=1))
    fake.add(TO, TEXT.body, STAMP + timedelta(days=1))
    fake.add(TO, TEXT.body, STAMP, from_number="+12025550102")
    fake.add("+12025550124", TEXT.body, STAMP)
    assert await carrier.find(ACCOUNT, TEXT, STAMP - HOUR, STAMP + HOUR) is None

    assert await _send(fake, carrier, Act("drop-after")) == Unknown("reset")
    found = await carrier.find(ACCOUNT, TEXT, STAMP - HOUR, STAMP + HOUR)

    assert found == Found(fake.ledger[-1].sid, "queued")
    assert [query["To"] for query in fake.list_queries] == [TO, TO]


async def test_equal_texts_are_two(fake: FakeTwilio, carrier: TwilioCarrier) -> None:
    """The same words twice are two texts: one that is already somebody's is not taken again."""
    first = fake.add(TO, TEXT.body, STAMP, status="delivered")
    second = fake.add(TO, TEXT.body, STAMP + timedelta(minutes=1))
    around = (STAMP - HOUR, STAMP + HOUR)

    assert await carrier.find(ACCOUNT, TEXT, *around) == Found(first.sid, "delivered")
    after = await carrier.find(ACCOUNT, TEXT, *around, taken=frozenset({first.sid}))
    assert after == Found(second.sid, "queued")
    both = frozenset({first.sid, second.sid})
    assert await carrier.find(ACCOUNT, TEXT, *around, taken=both) is None


async def test_find_turns_pages(fake: FakeTwilio, carrier: TwilioCarrier) -> None:
    """A long list is read page by page, at the double's address too."""
    fake.page_size = 2
    ours = fake.add(TO, TEXT.body, STAMP)
    for _ in range(5):
        fake.add(TO, "other", STAMP)

    assert await carrier.find(ACCOUNT, TEXT, STAMP - HOUR, STAMP + HOUR) == Found(
        ours.sid, "queued"
    )
    assert len(fake.list_queries) == 3


async def test_a_cut_list_proves_nothing(fake: FakeTwilio, carrier: TwilioCarrier) -> None:
    """If the list ends before the span of time does, absence is not shown."""
    for _ in range(200):
        fake.add(TO, "other", STAMP)

    with pytest.raises(CarrierSilent):
        await carrier.find(ACCOUNT, TEXT, STAMP - HOUR, STAMP + HOUR)
    assert await carrier.find(ACCOUNT, TEXT, STAMP + HOUR, STAMP + HOUR * 2) is None


@pytest.mark.parametrize(
    "act",
    [
        Act("hang"),
        Act("drop-before"),
        Act("refuse", 500, 20500),
        Act("refuse", 429, 20429),
        Act("refuse", 404, 20404),
        Act("raw", 200, text="{oops"),
        Act("raw", 200, text="[]"),
        Act("raw", 200, text='{"messages": [7]}'),
        Act(
            "raw",
            200,
            text='{"messages": [], "meta": {"next_page_url": "https://evil.example/"}}',
        ),
    ],
    ids=lambda act: f"{act.kind}-{act.status}-{act.text[:16]}",
)
async def test_find_says_when_it_cannot(fake: FakeTwilio, carrier: TwilioCarrier, act: Act) -> None:
    """Not to have been able to ask is not the same as not there."""
    # Twice: a question, unlike a text, may be asked again by the wire when it was cut off.
    fake.list_plan.extend([act, act])

    with pytest.raises(CarrierSilent):
        await carrier.find(ACCOUNT, TEXT, STAMP - HOUR, STAMP + HOUR)


async def test_fetch(fake: FakeTwilio, carrier: TwilioCarrier) -> None:
    """A text is asked for by its sid; the carrier's 404 is an answer, its 500 is not."""
    one = fake.add(TO, TEXT.body, STAMP, status="undelivered")
    one.error_code = 30003

    assert await carrier.fetch(ACCOUNT, one.sid) == Found(one.sid, "undelivered", 30003)
    assert await carrier.fetch(ACCOUNT, "SM" + "f" * 32) is None
    fake.list_plan.append(Act("refuse", 500, 20500))
    with pytest.raises(CarrierSilent):
        await carrier.fetch(ACCOUNT, one.sid)


async def test_close_without_use() -> None:
    """A carrier that was never used closes without a word."""
    await TwilioCarrier().aclose()


def test_secrets_do_not_show() -> None:
    """An account and a text print as their kind and nothing else."""
    assert (repr(ACCOUNT), repr(TEXT)) == ("Account(…)", "Text(…)")


async def test_what_came_in_is_listed(fake: FakeTwilio, carrier: TwilioCarrier) -> None:
    """Texts to the number since a moment, oldest first; ours are not among them, nor older ones."""
    number = TEXT.from_number
    for minutes, direction in ((90, "inbound"), (20, "inbound"), (10, "outbound-api")):
        at = STAMP - timedelta(minutes=minutes)
        fake.add(number, f"{minutes} ago", at, direction=direction, from_number=TO)
    late = fake.add(number, "5 ago", STAMP - timedelta(minutes=5), direction="inbound")
    late.sid = "MM" + "9" * 32

    found = await carrier.arrived(ACCOUNT, number, STAMP - HOUR)

    assert [one.text.body for one in found] == ["20 ago", "5 ago"]
    assert [one.at for one in found] == [STAMP - timedelta(minutes=m) for m in (20, 5)]
    assert (found[0].text.sender, found[0].text.to) == (TO, number)
    assert [one.text.num_media for one in found] == [0, 1]


async def test_a_carrier_that_cannot_list_says_so(fake: FakeTwilio, carrier: TwilioCarrier) -> None:
    """No list is not an empty list."""
    fake.list_plan.append(Act("refuse", 500, 20500))

    with pytest.raises(CarrierSilent):
        await carrier.arrived(ACCOUNT, TEXT.from_number, STAMP - HOUR)


async def test_words_are_blanked(fake: FakeTwilio, carrier: TwilioCarrier) -> None:
    """The words go, the record stays; a refusal is told apart from silence, and gone is blank."""
    made = fake.add(TO, "Private", STAMP)
    fake.list_plan.append(Act("refuse", 400, 20009))

    refused = await carrier.blank(ACCOUNT, made.sid)
    done = await carrier.blank(ACCOUNT, made.sid)
    gone = await carrier.blank(ACCOUNT, "SM" + "f" * 32)

    assert (refused, done, gone) == (False, True, True)
    assert made.form["Body"] == ""
    fake.list_plan.append(Act("drop-after"))
    with pytest.raises(CarrierSilent):
        await carrier.blank(ACCOUNT, made.sid)
