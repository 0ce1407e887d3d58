"""The doors of the demo's pages: who plays, what a phone shows, and one-click sign-in."""

import msgspec
import pytest

from engage.api.app import create_app
from tests.api.conftest import ROSAS_PHONE, House, alive
from tests.api.test_sign_in import page_of

PEOPLE, PHONE, SIGN_IN = "/simulator/people", "/simulator/handset", "/simulator/sign-in"


async def test_the_people_of_every_practice_are_listed(house: House) -> None:
    """The page learns whose phones there are, which number they text, and who works there."""
    await house.patient()

    people = (await house.client.get(PEOPLE)).json()

    (rosa,) = people["phones"]
    assert (rosa["given_name"], rosa["language"], rosa["kind"]) == ("Rosa", "en", "patient")
    assert (rosa["number"], rosa["texts_to"]) == (ROSAS_PHONE, house.north.number)
    assert {one["email"] for one in people["staff"]} >= {"dana@north.example.org"}
    roles = {one["email"]: one["role"] for one in people["staff"]}
    assert roles["ada@south.example.org"] == "practice_admin"


async def test_a_phone_shows_both_sides_and_what_became_of_each(house: House) -> None:
    """What the phone sent stands there at once; what left for it comes with its delivery state."""
    await house.text_in("hello")

    thread = (await house.client.get(PHONE, params={"number": ROSAS_PHONE})).json()

    (text,) = thread["items"]
    assert (text["direction"], text["body"], text["segments"]) == ("sent", "hello", 1)


async def test_one_click_signs_in(house: House) -> None:
    """A demo's staff member is signed in without a token, by the same cookie."""
    async with page_of(house.app) as page:
        answer = await page.post(SIGN_IN, json={"email": "dana@north.example.org"})
        me = await page.get("/v1/me")

    assert answer.status_code == 204
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert me.json()["given_name"] == "Dana"


async def test_only_staff_can_be_signed_in(house: House) -> None:
    """An address that nobody works under is refused."""
    answer = await house.client.post(SIGN_IN, json={"email": "nobody@north.example.org"})

    assert answer.status_code == 422
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", [PEOPLE, f"{PHONE}?number=%2B16025550142"])
async def test_a_name_bent_to_this_machine_is_refused(house: House, path: str) -> None:
    """A page elsewhere whose name now leads to this machine reads nothing of the demo."""
    answer = await house.client.get(path, headers={"Host": "attacker.example"})

    assert answer.status_code == 403
    assert answer.json()["code"] == "cross-site"


async def test_a_foreignpage_of_signs_nobody_in(house: House) -> None:
    """Neither from another site nor under a bent name does the one-click sign-in answer."""
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Host": "attacker.example"}):
        answer = await house.client.post(
            SIGN_IN, json={"email": "dana@north.example.org"}, headers=headers
        )
        assert answer.status_code == 403, headers


async def test_none_of_it_exists_with_a_real_carrier(house: House) -> None:
    """With the twilio carrier these addresses are not there."""
    app = create_app(msgspec.structs.replace(house.parts, post=None))
    async with alive(app), page_of(app) as page:
        found = [
            await page.get(PEOPLE),
            await page.get(PHONE, params={"number": ROSAS_PHONE}),
            await page.post(SIGN_IN, json={"email": "dana@north.example.org"}),
            await page.get("/simulator/messages", params={"to": ROSAS_PHONE}),
        ]

    assert [answer.status_code for answer in found] == [404] * 4
