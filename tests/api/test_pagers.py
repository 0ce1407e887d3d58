"""Browsers that take pushes and phones of staff: one's own, sealed, and never a way inside."""

import socket
from typing import Any, cast

import httpx
import msgspec
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from engage.api.app import create_app
from engage.messaging.http_post import HttpPost, PublicOnly
from engage.people.pagers.browser import NoPushService, service_of
from engage.people.pagers.vapid import VapidKey
from engage.queue.paging.channel import Outcome, Said, Told, Trial
from engage.settings import PUSH_HOSTS
from tests.api.conftest import PUBLIC_URL, VAPID, House
from tests.fakes.browsers import FakeBrowser
from tests.fakes.practice import raw

pytestmark = pytest.mark.database

CHROME = "https://fcm.googleapis.com/fcm/send/abc"
INSIDE = (
    "http://fcm.googleapis.com/x",
    "https://127.0.0.1/x",
    "https://[::1]/x",
    "https://10.0.0.7/x",
    "https://169.254.169.254/latest/meta-data",
    "https://2130706433/x",
    "https://localhost/x",
    "https://fcm.googleapis.com:8443/x",
    "https://fcm.googleapis.com@10.0.0.7/x",
    "https://fcm.googleapis.com.evil.example/x",
    "https://evilpush.apple.com/x",
    "https://push.apple.com/x",
    "https://fcm.googleapis.com/x#y",
    "https://fcm.googleapis.com/a b",
    "https://fcm.googleapis.com\\@10.0.0.7/x",
    "file:///etc/passwd",
    "https://",
)


async def _asks(house: House, method: str, path: str, token: Any, body: Any = None) -> Any:  # noqa: ANN401 - JSON
    answer = await house.client.request(
        method, f"/v1{path}", json=body, headers={"Authorization": f"Bearer {token}"}
    )
    return answer.status_code, answer.json() if answer.content else None


async def test_a_browser_takes_pushes_until_it_is_taken_away(house: House) -> None:
    """It is its owner's alone, sealed; the same again is the same; who signs in next has it."""
    dana, sam = house.north.dana.token, house.north.sam.token
    browser = FakeBrowser(CHROME)
    status, made = await _asks(house, "POST", "/push-subscriptions", dana, browser.body)
    _, same = await _asks(house, "POST", "/push-subscriptions", dana, browser.body)
    _, mine = await _asks(house, "GET", "/push-subscriptions", dana)
    foreign = await _asks(house, "DELETE", f"/push-subscriptions/{made['id']}", sam)
    _, ways = await _asks(house, "GET", "/me/paging", dana)
    async with raw(house.databases.urls["admin"]) as admin:
        stored = str(await admin.fetch("SELECT * FROM push_subscription"))
    _, hers = await _asks(house, "POST", "/push-subscriptions", sam, browser.body)
    after = [(await _asks(house, "GET", "/push-subscriptions", one))[1] for one in (dana, sam)]
    gone = await _asks(house, "DELETE", f"/push-subscriptions/{hers['id']}", sam)

    assert (status, same) == (201, made)
    assert mine["items"] == [made]
    assert made["service"] == "fcm.googleapis.com"
    assert mine["application_server_key"] == VapidKey(VAPID).public
    assert foreign[0] == 404
    assert (ways["email"], ways["phone_ends_in"], ways["browsers"]) == (False, None, 1)
    assert not any(one["set_up"] or one["proven_at"] for one in ways["ways"])
    assert "/send/abc" not in stored
    assert browser.auth not in stored
    assert [len(one["items"]) for one in after] == [0, 1]
    assert gone == (204, None)


async def test_no_address_inside_is_taken(house: House) -> None:
    """Only https at a push service on the list; keys with which nothing closes are refused."""
    for endpoint in INSIDE:
        with pytest.raises(NoPushService):
            service_of(endpoint, PUSH_HOSTS)
    token = house.north.dana.token
    inside = FakeBrowser(INSIDE[4]).body
    status, problem = await _asks(house, "POST", "/push-subscriptions", token, inside)
    keys: list[str] = []
    for wrong in ({"p256dh": "A" * 87}, {"p256dh": "!"}, {"auth": "short"}):
        body = FakeBrowser(CHROME).body
        body["keys"] |= wrong
        keys.append((await _asks(house, "POST", "/push-subscriptions", token, body))[1]["code"])

    assert (status, problem["code"]) == (422, "no-push-service")
    assert problem["errors"][0]["pointer"] == "/endpoint"
    assert keys == ["not-push-keys"] * 3


async def test_without_keys_of_ours_there_are_no_pushes(house: House) -> None:
    """Where nothing is set up a browser is told so, before it asks the person."""
    settings = msgspec.structs.replace(house.parts.settings, vapid_keys=())
    app = create_app(msgspec.structs.replace(house.parts, settings=settings))
    dana, transport = house.north.dana.headers, httpx.ASGITransport(cast("Any", app))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        address, body = "/v1/push-subscriptions", FakeBrowser(CHROME).body
        none = (await client.get(address, headers=dana)).json()
        refused = await client.post(address, headers=dana, json=body)

    assert none == {"items": [], "application_server_key": None, "next": None}
    assert (refused.status_code, refused.json()["code"]) == (409, "push-off")


async def test_a_phone_of_ones_own(house: House) -> None:
    """It is kept sealed, shown by its last digits, and taken away again; no line begins."""
    dana = house.north.dana.token
    _, set_ = await _asks(house, "PUT", "/me/paging", dana, {"phone": "(602) 555-0188"})
    wrong = await _asks(house, "PUT", "/me/paging", dana, {"phone": "555"})
    async with raw(house.databases.urls["admin"]) as admin:
        lines = await admin.fetchval("SELECT count(*) FROM line")
        stored = str(await admin.fetch("SELECT * FROM staff_phone"))
    _, none = await _asks(house, "PUT", "/me/paging", dana, {"phone": None})

    assert set_["phone_ends_in"] == "88"
    assert (wrong[0], wrong[1]["errors"][0]["pointer"]) == (422, "/phone")
    assert lines == 0
    assert "5550188" not in stored
    assert none["phone_ends_in"] is None


class _Post:
    def __init__(self) -> None:
        self.said: list[tuple[str, Said]] = []

    async def tell(self, address: str, said: Said) -> Outcome:
        """Take it for delivery."""
        self.said.append((address, said))
        return Told()


async def test_a_way_is_proven_by_the_code_of_a_test_page(house: House) -> None:
    """One's own, one code, once; another's code proves nothing; a few an hour, and audited."""
    pages = _Post()
    app = create_app(msgspec.structs.replace(house.parts, channels={"sms": pages}))
    dana, sam = house.north.dana.headers, house.north.sam.headers
    transport, at = httpx.ASGITransport(cast("Any", app)), "/v1/me/paging"
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:

        async def asks(path: str, body: Any, who: Any = dana) -> tuple[int, str]:  # noqa: ANN401 - JSON
            answer = await client.post(f"{at}/{path}", json=body, headers=who)
            return answer.status_code, answer.json().get("code", "")

        refused = [await asks("test", {"way": way}) for way in ("push", "sms")]
        await client.put(at, json={"phone": "(602) 555-0188"}, headers=dana)
        sent = await asks("test", {"way": "sms"})
        ((address, said),) = pages.said
        assert isinstance(said, Trial)
        code = {"code": said.code}
        others = await asks("confirm", code, sam)
        unsaid = (await client.get(at, headers=dana)).json()["ways"]
        took = [await asks("confirm", code) for _ in range(2)]
        ways = {one["way"]: one for one in (await client.get(at, headers=dana)).json()["ways"]}
        hers = (await client.get(at, headers=sam)).json()["ways"]
        many = [(await asks("test", {"way": "sms"}))[0] for _ in range(4)]
    async with raw(house.databases.urls["admin"]) as admin:
        query = "SELECT DISTINCT actor, actor_id FROM audit WHERE action LIKE 'page-test.%'"
        audited = [tuple(row) for row in await admin.fetch(query)]

    assert refused == [(409, "way-not-set-up"), (409, "no-way-there")]
    assert (sent[0], address) == (201, "+16025550188")
    assert (others, took[1]) == ((422, "not-this-code"),) * 2
    assert took[0][0] == 200
    assert not any(one["proven_at"] for one in (*unsaid, *hers))
    assert (ways["sms"]["set_up"], ways["push"]["set_up"]) == (True, False)
    assert ways["sms"]["proven_at"] is not None
    assert many == [201, 201, 201, 429]
    assert audited == [("staff", house.north.dana.id)]


class _Names(AbstractResolver):
    def __init__(self, address: str) -> None:
        self._address = address

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,
    ) -> list[ResolveResult]:
        """Say the one address."""
        return [
            ResolveResult(
                hostname=host, host=self._address, port=port, family=family, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        """Hold nothing."""


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "fd00::1", "::1"])
async def test_a_name_that_leads_inside_is_nobodys(address: str) -> None:
    """Whoever bends a known name to our own network reaches nobody."""
    with pytest.raises(OSError, match="network of our own"):
        await PublicOnly(_Names(address)).resolve("fcm.googleapis.com", 443)
    assert await PublicOnly(_Names("142.250.1.1")).resolve("fcm.googleapis.com", 443)


async def test_a_push_is_posted_by_a_poster_that_looks() -> None:
    """The poster of pushes answers 0 for a name that leads to this machine, and asks it nothing."""
    post = HttpPost(total_seconds=2, public_only=True)
    try:
        assert await post("https://localhost/x", {}, b"") == 0
    finally:
        await post.aclose()
