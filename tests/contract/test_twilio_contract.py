"""Our carrier against Twilio's own description of Messages, through Twilio's own client library.

Every request must be one that the description allows (the front sees to that), and every answer it
knows must be understood. What it does not prove is meaning: opt-outs, queues, true error texts.
Numbers and messaging services, which `engage doctor` reads, stand in other descriptions.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from msgspec.structs import replace

from engage import settings
from engage.messaging.carrier import (
    Accepted,
    Account,
    CarrierSilent,
    Found,
    Refused,
    Text,
    Throttled,
    Unknown,
    classify,
)
from engage.messaging.delivery import read_report
from engage.messaging.twilio import TwilioCarrier
from engage.people.phone import PhoneNumber
from tests.contract.front import DESCRIBED, MANY, ONE, Asked, Front, Pick, answers, shown, unnamed

ACCOUNT = Account(
    account_sid="AC" + "2" * 32,
    auth_tokens=("token",),
    api_key="SK" + "3" * 32,
    api_secret="sécret",
)
SERVICE = "MG" + "4" * 32
TEXT = Text(
    own_id="opaque-1",
    from_number="+12025550101",
    to=PhoneNumber("+12025550123"),
    body="¿Se preocupó? Reply 1 & 2 + more",
    callback_url="https://engage.example/webhooks/twilio/status?m=opaque-1",
    validity_seconds=3600,
)
SID = "SM" + "5" * 32
FULL, EMPTY = Pick(200, "readFullPage1"), Pick(200, "readEmptySentdateLess")
ACCOUNT_PATH = f"/2010-04-01/Accounts/{ACCOUNT.account_sid}"
INBOUND = {"receiving", "received"}
"""States of texts that come in; nothing of ours is ever in one."""
SILENT = [pick for pick in answers(MANY, "get") if pick.status >= 400]


@pytest.fixture
async def carrier(front: Front) -> AsyncIterator[TwilioCarrier]:
    """Make the carrier as a process does whose environment points it at a double."""
    environment = {"ENGAGE_CARRIER": "twilio", "ENGAGE_TWILIO_BASE_URL": front.url}
    made = TwilioCarrier(base_url=settings.load(environment).twilio_base_url)
    yield made
    await made.aclose()


def by_name(pick: Pick) -> str:
    """Name a test after the answer it is about."""
    return f"{pick.status}-{pick.example}"


async def test_a_text_is_created_as_described(front: Front, carrier: TwilioCarrier) -> None:
    """One request, and it says who to, who from, what, for how long, and where reports go."""
    outcome = await carrier.send(ACCOUNT, TEXT)

    assert isinstance(outcome, Accepted)
    assert front.asked == [
        Asked(
            "POST",
            f"{ACCOUNT_PATH}/Messages.json",
            (),
            {
                "To": TEXT.to.e164,
                "From": TEXT.from_number,
                "Body": TEXT.body,
                "StatusCallback": TEXT.callback_url,
                "ValidityPeriod": "3600",
            },
        )
    ]


async def test_a_text_of_a_service_is_created_as_described(
    front: Front, carrier: TwilioCarrier
) -> None:
    """With a messaging service its id goes along, be it the account's or the text's own."""
    await carrier.send(replace(ACCOUNT, messaging_service_sid=SERVICE), TEXT)
    await carrier.send(ACCOUNT, replace(TEXT, messaging_service_sid=SERVICE))

    assert [one.form["MessagingServiceSid"] for one in front.asked] == [SERVICE, SERVICE]


@pytest.mark.parametrize("pick", answers(MANY, "post"), ids=by_name)
async def test_every_answer_to_a_create_is_understood(
    front: Front, carrier: TwilioCarrier, pick: Pick
) -> None:
    """Made, refused with its code, to be tried later, or unknown: each as sms rules say."""
    front.picks.append(pick)
    outcome = await carrier.send(ACCOUNT, TEXT)

    said = shown(MANY, "post", pick)
    match pick.status:
        case 201:
            segments = int(said["num_segments"]) or None
            assert outcome == Accepted(said["sid"], segments)
        case 400 | 401 | 429:
            rule = classify(said["code"])
            assert rule.group != "unlisted"
            wait = 1 if pick.status == 429 else rule.effect.wait_seconds
            expected = (
                Throttled(wait, said["code"], rule.effect)
                if rule.group.startswith("throttle")
                else Refused(said["code"], rule.effect)
            )
            assert outcome == expected
        case _:
            assert pick.status >= 500
            assert outcome == Unknown("server-error")
    assert len(front.asked) == 1


@pytest.mark.parametrize("pick", answers(ONE, "get"), ids=by_name)
async def test_every_answer_about_a_text_is_understood(
    front: Front, carrier: TwilioCarrier, pick: Pick
) -> None:
    """Found, not known there, or the carrier is silent, which is not the same thing."""
    front.picks.append(pick)
    if pick.status == 200:
        said = shown(ONE, "get", pick)
        found = await carrier.fetch(ACCOUNT, SID)
        assert found == Found(said["sid"], said["status"], said["error_code"])
    elif pick.status == 404:
        assert await carrier.fetch(ACCOUNT, SID) is None
    else:
        with pytest.raises(CarrierSilent):
            await carrier.fetch(ACCOUNT, SID)
    assert [one.path for one in front.asked] == [f"{ACCOUNT_PATH}/Messages/{SID}.json"]


def _of(said: dict[str, Any]) -> Text:
    return replace(TEXT, to=PhoneNumber(said["to"]), from_number=said["from"], body=said["body"])


async def test_a_lost_text_is_found_in_the_list(front: Front, carrier: TwilioCarrier) -> None:
    """Texts are listed page after page, and ours is told from the others."""
    front.picks += [FULL, EMPTY]
    said = shown(MANY, "get", FULL)["messages"][0]
    created = parsedate_to_datetime(said["date_created"])
    found = await carrier.find(
        ACCOUNT, _of(said), created - timedelta(minutes=1), created + timedelta(minutes=1)
    )

    assert found == Found(said["sid"], said["status"], said["error_code"])
    assert len(front.asked) == 2
    assert ("To", said["to"]) in front.asked[0].query
    assert "PageToken" in dict(front.asked[1].query)


async def test_a_text_that_is_not_listed_is_not_found(front: Front, carrier: TwilioCarrier) -> None:
    """An empty list is an answer, and so is a list of other texts."""
    said = shown(MANY, "get", FULL)["messages"][0]
    created = parsedate_to_datetime(said["date_created"])
    span = created - timedelta(minutes=1), created + timedelta(minutes=1)
    for empty in [one for one in answers(MANY, "get") if one.example.startswith("readEmpty")]:
        front.picks.append(empty)
        assert await carrier.find(ACCOUNT, _of(said), *span) is None
    front.picks += [FULL, EMPTY]
    assert await carrier.find(ACCOUNT, replace(_of(said), body="other words"), *span) is None


@pytest.mark.parametrize("pick", SILENT, ids=by_name)
async def test_a_list_that_is_refused_proves_nothing(
    front: Front, carrier: TwilioCarrier, pick: Pick
) -> None:
    """A carrier that does not list has not said that a text is not there."""
    front.picks.append(pick)
    moment = parsedate_to_datetime("Fri, 24 May 2019 17:44:46 +0000")

    with pytest.raises(CarrierSilent):
        await carrier.find(ACCOUNT, TEXT, moment, moment)


async def test_what_came_in_is_listed_as_described(front: Front, carrier: TwilioCarrier) -> None:
    """The reconciler's question names the number and the day, and is asked page after page."""
    front.picks += [FULL, EMPTY]
    said = shown(MANY, "get", FULL)["messages"]
    since = parsedate_to_datetime("Fri, 24 May 2019 17:00:00 +0000")

    came = await carrier.arrived(ACCOUNT, said[0]["to"], since)

    asked = dict(front.asked[0].query)
    assert (front.asked[0].method, asked["To"]) == ("GET", said[0]["to"])
    assert asked["DateSent>"].startswith("2019-05-24")
    assert "PageToken" in dict(front.asked[1].query)
    # The description's texts are ours: one that we sent has not come in.
    assert [one["sid"] for one in said if one["direction"] == "inbound"] == [
        one.text.sid for one in came
    ]


@pytest.mark.parametrize("pick", SILENT, ids=by_name)
async def test_a_refused_list_is_no_empty_one(
    front: Front, carrier: TwilioCarrier, pick: Pick
) -> None:
    """The reconciler's mark stays where it was: nothing came in as far as nobody knows."""
    front.picks.append(pick)
    moment = parsedate_to_datetime("Fri, 24 May 2019 17:44:46 +0000")

    with pytest.raises(CarrierSilent):
        await carrier.arrived(ACCOUNT, TEXT.from_number, moment)


@pytest.mark.parametrize("pick", answers(ONE, "post"), ids=by_name)
async def test_words_are_blanked_as_described(
    front: Front, carrier: TwilioCarrier, pick: Pick
) -> None:
    """An empty body and nothing else; what can't be blanked is said, and silence is no answer."""
    front.picks.append(pick)
    if pick.status in (200, 404):
        assert await carrier.blank(ACCOUNT, SID)
    elif pick.status in (400, 409):
        assert not await carrier.blank(ACCOUNT, SID)
    else:
        with pytest.raises(CarrierSilent):
            await carrier.blank(ACCOUNT, SID)

    assert front.asked == [Asked("POST", f"{ACCOUNT_PATH}/Messages/{SID}.json", (), {"Body": ""})]


def test_every_status_is_known() -> None:
    """There is no state of a text of ours that we have no word for."""
    words = set(DESCRIBED["components"]["schemas"]["message_enum_status"]["enum"])

    assert {word for word in words if read_report(word) is None} == INBOUND


async def test_the_description_has_teeth(prism: str) -> None:
    """What it does not allow is noticed: by Prism if it breaks a rule, by the front if unnamed."""
    async with Front(prism) as front:
        front.picks.append(Pick(429, "e20429"))
        wrong = TwilioCarrier(base_url=front.url)
        await wrong.send(ACCOUNT, replace(TEXT, messaging_service_sid="MG1"))
        await wrong.fetch(ACCOUNT, SID)
        await wrong.aclose()

    assert any("MessagingServiceSid" in one for one in front.wrong)
    assert unnamed(Asked("POST", f"{ACCOUNT_PATH}/Messages.json", (), {"Too": "1"}))
    assert unnamed(Asked("GET", f"{ACCOUNT_PATH}/Messages.json", (("to", "1"),), {}))
    assert unnamed(Asked("DELETE", f"{ACCOUNT_PATH}/Messages/{SID}.json", (), {}))
