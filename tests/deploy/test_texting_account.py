"""`engage doctor` on a practice's account with its carrier, against a double on loopback."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from engage import doctor
from engage.clock import SettableClock
from engage.db.vault import Vault
from engage.messaging.account import (
    TRY_AGAIN,
    AccountSeen,
    Calls,
    NumberSeen,
    ServiceSeen,
    SignInRefused,
    Webhooks,
    faults,
)
from engage.messaging.carrier import Account, CarrierSilent
from engage.messaging.twilio import TwilioCarrier
from engage.people import bootstrap
from engage.people.phone import PhoneNumber
from engage.people.practice import CarrierLogin, PracticeFields
from engage.people.staff import NewStaff
from engage.settings import Settings
from tests.conftest import SECRET, Databases
from tests.fakes.fake_twilio import Act, FakeTwilio

PUBLIC = "https://texts.desertbloom.example"
NUMBER = "+16025550101"
SERVICE = "MG" + "4" * 32
ACCOUNT = Account(
    account_sid="AC" + "2" * 32,
    auth_tokens=("token",),
    api_key="SK" + "3" * 32,
    api_secret="secret",
    messaging_service_sid=SERVICE,
)
RIGHT = Webhooks(
    f"{PUBLIC}/webhooks/twilio/inbound{TRY_AGAIN}",
    "POST",
    f"{PUBLIC}/webhooks/twilio/fallback",
    "POST",
)
ONCE = f"The messaging service may lose a text: its address must end in {TRY_AGAIN}, to try again."
TOKEN = (
    "The carrier refuses the stored auth token, with which its texts to us are checked: "
    "store the right one with `engage practice account --auth-token-file`."
)
CAMPAIGN = "No campaign is registered for the messaging service: US carriers block its texts."
CALLS = Calls(f"{PUBLIC}/webhooks/twilio/voice", "POST")
READY = AccountSeen(
    (NumberSeen(NUMBER, RIGHT, calls=CALLS),),
    ServiceSeen(RIGHT, registered=True, numbers=frozenset({NUMBER})),
    (True,),
)


@pytest.fixture
async def fake() -> AsyncIterator[FakeTwilio]:
    """Run a Twilio whose account is set up as it should be."""
    async with FakeTwilio() as running:
        running.numbers = [
            {
                "phone_number": NUMBER,
                "sms_url": RIGHT.url,
                "sms_method": "POST",
                "sms_fallback_url": RIGHT.fallback_url,
                "sms_fallback_method": "POST",
                "sms_application_sid": "",
                "voice_url": CALLS.url,
                "voice_method": "POST",
                "capabilities": {"voice": True, "sms": True},
            }
        ]
        running.services[SERVICE] = {
            "inbound_request_url": RIGHT.url,
            "inbound_method": "POST",
            "fallback_url": RIGHT.fallback_url,
            "fallback_method": "POST",
            "status_callback": None,
            "use_inbound_webhook_on_number": False,
            "us_app_to_person_registered": True,
        }
        running.pool = [NUMBER]
        yield running


@pytest.fixture
async def carrier(fake: FakeTwilio) -> AsyncIterator[TwilioCarrier]:
    """Make a carrier with a short patience that talks to the double."""
    made = TwilioCarrier(base_url=fake.base_url, total_seconds=2, connect_seconds=1)
    yield made
    await made.aclose()


def service(**changed: Any) -> AccountSeen:  # noqa: ANN401 - a field's value
    """Return the ready account with its service changed."""
    assert READY.service is not None
    return replace(READY, service=replace(READY.service, **changed))


def number(hooks: Webhooks = RIGHT, *, by_application: bool = False) -> AccountSeen:
    """Return an account whose number's own addresses count."""
    seen = service(by_number=True)
    return replace(seen, numbers=(NumberSeen(NUMBER, hooks, by_application),))


def calling(calls: Calls) -> AccountSeen:
    """Return the ready account with its calls brought elsewhere."""
    return replace(READY, numbers=(NumberSeen(NUMBER, RIGHT, calls=calls),))


def test_an_account_that_is_set_up_has_no_fault() -> None:
    """Addresses on the service, or on the number if the number counts: both are ready."""
    assert not faults(READY, [NUMBER], SERVICE, PUBLIC)
    assert not faults(number(), [NUMBER], SERVICE, PUBLIC)
    assert not faults(
        AccountSeen((NumberSeen("+18885550101", RIGHT),)), ["+18885550101"], None, PUBLIC
    )


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (replace(READY, numbers=()), f"{NUMBER} is not a number"),
        (service(numbers=frozenset()), "not in the pool"),
        (service(registered=False), "No campaign is registered"),
        (replace(READY, service=None), "not one of the carrier's account"),
        (service(webhooks=Webhooks()), "does not bring texts to"),
        (
            service(webhooks=replace(RIGHT, url=f"{PUBLIC}/webhooks/twilio/inbound")),
            "may lose a text",
        ),
        (service(webhooks=replace(RIGHT, url="https://elsewhere.example/sms")), "does not bring"),
        (service(webhooks=replace(RIGHT, fallback_url="")), "no second door"),
        (service(webhooks=replace(RIGHT, method="GET")), "must use POST"),
        (service(status_url=f"{PUBLIC}/webhooks/twilio/status"), "leave it empty"),
        (number(Webhooks()), f"{NUMBER} does not bring texts to"),
        (calling(Calls()), f"{NUMBER} does not bring calls to {CALLS.url}"),
        (calling(replace(CALLS, method="GET")), "does not bring calls to"),
        (calling(Calls("https://demo.example/welcome", "POST")), "does not bring calls to"),
        (number(by_application=True), "led by an application"),
        (replace(READY, tokens=(False,)), "refuses the stored auth token"),
        (replace(READY, tokens=(False, True)), "refuses the stored auth token"),
        (replace(READY, tokens=(True, False)), "--drop-old-token"),
    ],
)
def test_each_fault_is_said(seen: AccountSeen, said: str) -> None:
    """What is missing at the carrier is one sentence that says what to change."""
    found = faults(seen, [NUMBER], SERVICE, PUBLIC)

    assert any(said in sentence for sentence in found), found


def test_local_numbers_need_a_messaging_service() -> None:
    """Without a messaging service a local number can't be registered with US carriers."""
    seen = AccountSeen((NumberSeen(NUMBER, RIGHT),))

    assert faults(seen, [NUMBER], None, PUBLIC) == [
        "No messaging service is named, and local numbers need one to text in the US."
    ]


async def test_an_account_is_read_from_the_carrier(
    fake: FakeTwilio, carrier: TwilioCarrier
) -> None:
    """Numbers, addresses, pool and campaign arrive as values; a stranger's number does not."""
    seen = await carrier.look(ACCOUNT, [NUMBER, "+16025550102"])

    assert seen == READY


@pytest.mark.parametrize(
    "changed",
    [
        {"voice_application_sid": "AP" + "5" * 32},
        {"trunk_sid": "TK" + "5" * 32},
        {"capabilities": {"voice": False, "sms": True}},
    ],
)
async def test_a_practice_may_answer_its_own_phone(
    fake: FakeTwilio, carrier: TwilioCarrier, changed: dict[str, object]
) -> None:
    """A number whose calls a trunk or an application has, or that takes none, is no fault."""
    fake.numbers[0] |= changed | {"voice_url": None}
    seen = await carrier.look(ACCOUNT, [NUMBER])

    assert seen.numbers == (NumberSeen(NUMBER, RIGHT),)
    assert not faults(seen, [NUMBER], SERVICE, PUBLIC)


async def test_a_refused_key_and_a_silent_carrier_are_told_apart(
    fake: FakeTwilio, carrier: TwilioCarrier
) -> None:
    """A key that the carrier refuses is a fault of ours; a carrier that is away is not."""
    fake.refuses_sign_in = True
    with pytest.raises(SignInRefused):
        await carrier.look(ACCOUNT, [NUMBER])
    away = TwilioCarrier(base_url="http://127.0.0.1:9", total_seconds=1, connect_seconds=1)
    with pytest.raises(CarrierSilent):
        await away.look(ACCOUNT, [NUMBER])
    await away.aclose()


async def test_looking_changes_nothing(fake: FakeTwilio, carrier: TwilioCarrier) -> None:
    """No message is created and none is listed: the doctor only reads."""
    fake.plan.append(Act("refuse", 500))
    await carrier.look(ACCOUNT, [NUMBER])

    assert fake.attempts == 0
    assert not fake.list_queries


@pytest.mark.parametrize(
    ("breaks", "said"),
    [
        (str, []),
        (
            lambda fake: fake.services[SERVICE].update(inbound_request_url=RIGHT.url[:-12]),
            [f"Desert Bloom: {ONCE}"],
        ),
        (
            lambda fake: setattr(fake, "refuses_sign_in", True),
            ["Desert Bloom: The carrier refuses the account's key."],
        ),
        (
            lambda fake: fake.refused_tokens.add("token"),
            [f"Desert Bloom: {TOKEN}"],
        ),
        (
            lambda fake: fake.services[SERVICE].update(us_app_to_person_registered=False),
            [f"Desert Bloom: {CAMPAIGN}"],
        ),
        (
            lambda fake: fake.numbers.clear(),
            [f"Desert Bloom: {NUMBER} is not a number of the carrier's account."],
        ),
    ],
)
async def test_the_doctor_names_the_practice(
    fake: FakeTwilio,
    databases: Databases,
    vault: Vault,
    clock: SettableClock,
    breaks: Callable[[FakeTwilio], object],
    said: list[str],
) -> None:
    """Every practice's account is looked at, and a fault is said with the practice's name."""
    breaks(fake)
    await practice_of(databases, vault, clock)

    found = await doctor.practices(settings_of(databases, fake), ask=True)

    assert found == said


async def practice_of(databases: Databases, vault: Vault, clock: SettableClock) -> None:
    """Create the practice whose account is looked at."""
    await bootstrap.create_practice(
        databases.app,
        vault,
        clock,
        fields=PracticeFields(
            name="Desert Bloom",
            texting_name="Desert Bloom",
            support_phone="+16025550199",
            time_zone="America/Phoenix",
        ),
        responsible=NewStaff.named("ruth@desertbloom.example", "Ruth Head"),
        numbers=[PhoneNumber.parse(NUMBER)],
        carrier=CarrierLogin.by_token(ACCOUNT.account_sid, "token", SERVICE),
    )


def settings_of(databases: Databases, fake: FakeTwilio, secret: str = SECRET) -> Settings:
    """Return the settings of a deployment whose carrier is the double."""
    return Settings(
        database_url=databases.urls["app"],
        owner_database_url=databases.urls["owner"],
        worker_database_url=databases.urls["worker"],
        auditor_database_url=databases.urls["auditor"],
        public_url=PUBLIC,
        secret_keys=(secret,),
        carrier="twilio",
        twilio_base_url=fake.base_url,
    )


async def test_a_lost_secret_key_is_found_before_the_first_text(
    fake: FakeTwilio, databases: Databases, vault: Vault, clock: SettableClock
) -> None:
    """With the wrong keys, after a restore perhaps, a deployment is not ready; nobody is asked."""
    await practice_of(databases, vault, clock)
    wrong = settings_of(databases, fake, "another secret key of forty characters!!")

    for ask in (True, False):
        found = await doctor.practices(wrong, ask=ask)

        assert found == [
            "Desert Bloom: ENGAGE_SECRET_KEYS lacks the key that its data are sealed with."
        ]


async def test_no_start_hangs_on_redis(databases: Databases) -> None:
    """Redis is a doorbell: the deployment misses it, a process that starts does not."""
    settings = Settings(
        database_url=databases.urls["app"],
        worker_database_url=databases.urls["worker"],
        redis_url="redis://127.0.0.1:9/0",
        secret_keys=(SECRET,),
    )

    assert not await doctor.examine(settings, "api")
    assert not await doctor.examine(settings, "worker")
    assert any("ENGAGE_REDIS_URL" in one for one in await doctor.examine(settings, "all"))


async def test_a_practice_that_nobody_can_page_is_not_ready(
    fake: FakeTwilio, databases: Databases
) -> None:
    """With a real carrier and no e-mail the doctor says that nobody is paged; a start goes on."""
    settings = settings_of(databases, fake)
    said = "ENGAGE_SMTP_URL is empty: in a crisis nobody is paged outside the console."
    mailed = msgspec.structs.replace(settings, smtp_url="smtp://mail.example.org")

    assert said in await doctor.examine(settings, "all")
    assert said not in await doctor.examine(settings, "worker")
    assert said not in await doctor.examine(mailed, "all")


async def test_a_deployment_that_nobody_watches_is_not_ready(
    fake: FakeTwilio, databases: Databases
) -> None:
    """With a real carrier and no heartbeat the doctor says that nobody outside would notice."""
    settings = settings_of(databases, fake)
    watched = msgspec.structs.replace(settings, heartbeat_url="https://watch.example.org/beat")

    assert any("ENGAGE_HEARTBEAT_URL" in one for one in await doctor.examine(settings, "all"))
    assert not any("ENGAGE_HEARTBEAT_URL" in one for one in await doctor.examine(watched, "all"))


async def test_one_process_asks_for_its_own_part(databases: Databases) -> None:
    """An API process has no owner's login, and its doctor does not ask for one."""
    settings = Settings(database_url=databases.urls["app"], secret_keys=(SECRET,))

    assert not await doctor.examine(settings, "api")
    assert await doctor.examine(settings, "worker") == ["ENGAGE_WORKER_DATABASE_URL is empty."]
