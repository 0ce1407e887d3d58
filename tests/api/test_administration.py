"""What administrators set: hours, holidays, rules, the rota, signatures, roles, organizations."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from engage.people import bootstrap
from engage.people.staff import NewStaff
from engage.queue.coverage import Rounds
from engage.queue.paging import Pager
from tests.api.conftest import House, Member, SilentBell
from tests.fakes.practice import raw

LAST = "last-administrator"
OPEN = {day: [["09:00", "12:00"], ["13:00", "17:00"]] for day in ("mon", "tue", "wed", "thu")}


async def _ask(
    house: House,
    who: Member,
    method: str,
    path: str,
    body: object = None,
    version: int | None = None,
) -> httpx.Response:
    headers = dict(who.headers)
    if version is not None:
        headers["If-Match"] = f'"{version}"'
    return await house.client.request(method, f"/v1{path}", json=body, headers=headers)


async def _read(house: House, who: Member, path: str) -> Any:  # noqa: ANN401 - a JSON body
    answer = await _ask(house, who, "GET", path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _supervisor(house: House, email: str = "uma@north.example.org") -> Member:
    person = await bootstrap.create_staff(
        house.databases.app,
        house.parts.vault,
        house.clock,
        practice=house.north.id,
        staff=NewStaff.named(email, "Uma Vance"),
        role="supervisor",
    )
    token = await bootstrap.token(house.databases.app, house.parts.vault, house.clock, email)
    return Member(person, token)


def _faults(answer: httpx.Response) -> dict[str, str]:
    return {one["pointer"]: one["code"] for one in answer.json()["errors"]}


async def test_a_practice_says_how_it_works(house: House) -> None:
    """What does not fit is named; who was slower changes nothing; who changed what is kept."""
    ada, here = house.north.admin, f"/practices/{house.north.id}"
    supervisor = await _supervisor(house)
    before = await _read(house, supervisor, here)
    assert (before["version"], before["numbers"]) == (1, [house.north.number])
    assert (await _ask(house, house.north.dana, "GET", here)).status_code == 403
    assert (await _ask(house, supervisor, "PATCH", here, {"name": "X"})).status_code == 403
    assert (await _ask(house, house.south.admin, "GET", here)).status_code == 404

    bad = {
        "name": "\u0007",
        "support_phone": "911",
        "time_zone": "Phoenix",
        "business_hours": {"tue": [["09:00", "12:00"], ["11:00", "17:00"]]},
        "texting_hours": "06:00-22:00",
        "texts_a_day": 5,
    }
    refused = await _ask(house, ada, "PATCH", here, bad)
    assert refused.status_code == 422
    assert _faults(refused) == {
        "/name": "not-a-practice-name",
        "/support_phone": "not-a-phone-number",
        "/time_zone": "not-a-time-zone",
        "/business_hours/tue": "not-business-hours",
        "/texting_hours": "not-texting-hours",
        "/texts_a_day": "not-a-text-limit",
    }
    for said, fault in (
        ({"business_hours": {}}, "/business_hours"),
        ({"texting_hours": "all-day"}, "/texting_hours"),
        ({"languages": []}, "/languages"),
        ({"responsible_id": str(house.south.dana.id)}, "/responsible_id"),
    ):
        answer = await _ask(house, ada, "PATCH", here, said)
        assert (answer.status_code, list(_faults(answer))) == (422, [fault])
    assert await _read(house, ada, here) == before

    wanted = {"business_hours": OPEN, "responsible_id": str(house.north.dana.id)}
    done = await _ask(house, ada, "PATCH", here, wanted, 1)
    late = await _ask(house, ada, "PATCH", here, {"name": "Another"}, 1)
    same = await _ask(house, ada, "PATCH", here, wanted, 2)
    assert (done.status_code, done.headers["ETag"]) == (200, '"2"')
    assert done.json()["business_hours"] == OPEN
    assert (late.status_code, same.json()["version"]) == (412, 2)
    (change,) = (await _read(house, supervisor, f"{here}/changes"))["items"]
    assert (change["about"], change["by"]["given_name"]) == ("practice", "Ada")
    assert change["before"]["responsible_id"] == str(ada.id)
    assert change["after"]["responsible_id"] == str(house.north.dana.id)
    async with raw(house.databases.urls["admin"]) as admin:
        audited = await admin.fetchval(
            "SELECT count(*) FROM audit WHERE action = 'practice.change' AND actor_id = $1", ada.id
        )
    assert audited == 1


async def test_holidays_are_the_clock_s(house: House) -> None:
    """A day of the practice's own moves what falls due from then on, and what is open with it."""
    ada, here = house.north.admin, f"/practices/{house.north.id}/holidays"
    before = await _read(house, ada, here)
    assert (before["calendar"], before["days"]) == ("US-AZ", [])
    assert any(one["name"] == "Christmas Day" for one in before["closed"])
    item = await house.item()
    opened = (await _read(house, house.north.dana, f"/queue/{item}"))["due_at"]

    tomorrow = (house.clock.now() + timedelta(days=1)).date()
    days = [{"day": (tomorrow + timedelta(days=n)).isoformat(), "name": "Move"} for n in range(9)]
    twice = await _ask(house, ada, "PUT", here, {"calendar": "US-AZ", "days": [*days, days[0]]})
    nowhere = await _ask(house, ada, "PUT", here, {"calendar": "XX-YY"})
    assert _faults(twice) == {"/days/9": "not-a-holiday"}
    assert _faults(nowhere) == {"/calendar": "unknown-holidays"}
    done = await _ask(house, ada, "PUT", here, {"calendar": "US-CA", "days": days}, 1)
    assert done.status_code == 200, done.text
    assert {one["day"] for one in done.json()["closed"] if one["own"]} == {d["day"] for d in days}
    assert (await _ask(house, ada, "PUT", here, {"days": []}, 1)).status_code == 412

    moved = (await _read(house, house.north.dana, f"/queue/{item}"))["due_at"]
    assert opened < days[-1]["day"] < moved
    done = await _ask(house, house.north.dana, "POST", f"/queue/{item}/claim")
    ended = await _ask(
        house, house.north.dana, "POST", f"/queue/{item}/complete", {"outcome": "reached-patient"}
    )
    assert ended.status_code == 200, ended.text
    house.clock.advance(timedelta(minutes=1))
    again = await _ask(
        house, house.north.dana, "POST", f"/queue/{item}/reopen", {"reason": "They called."}
    )
    assert again.json()["due_at"] > days[-1]["day"], again.text
    looked = await _read(house, ada, f"{here}?year=2027&calendar=US")
    assert (looked["calendar"], looked["year"]) == ("US", 2027)
    assert (await _ask(house, ada, "GET", f"{here}?calendar=XX")).status_code == 422


async def test_a_practice_s_rules_page_who_is_on_call(house: House) -> None:
    """New paging goes by its own rules and rota, open paging by its copy; none reaches nobody."""
    ada, here = house.north.admin, f"/practices/{house.north.id}"
    shipped = await _read(house, ada, f"{here}/escalation")
    assert (shipped["version"], shipped["on_call"]) == (0, [])
    rules = {key: shipped[key] for key in ("crisis", "possible")}

    def asked(*steps: tuple[str, int], lease: int = 30) -> dict[str, Any]:
        told = [{"who": who, "minutes": minutes} for who, minutes in steps]
        return rules | {"crisis": {"lease_minutes": lease, "steps": told}}

    for wanted, faults in (
        (asked(("owner", 15), ("on-call", 15)), {"/crisis/steps": "reaches-nobody"}),
        (asked(("everyone", 90)), {"/crisis/steps/0/minutes": "too-slow"}),
        (asked(("everyone", 15), lease=600), {"/crisis/lease_minutes": "too-slow"}),
        (
            asked(("owner", 60), ("cover", 60), ("owner", 15), ("everyone", 15)),
            {"/crisis/steps/3/who": "too-late"},
        ),
    ):
        refused = await _ask(house, ada, "PUT", f"{here}/escalation", wanted, 0)
        assert (refused.status_code, _faults(refused)) == (422, faults)
    for broken in (asked(), asked(("nobody", 15)), rules | {"crisis": {"steps": []}}):
        assert (await _ask(house, ada, "PUT", f"{here}/escalation", broken)).status_code == 400

    await house.patient()
    await house.text_in("I want to kill myself")
    listed = await _read(house, house.north.dana, "/queue?view=crises")
    item = UUID(listed["items"][0]["id"])
    own = asked(("on-call", 5), ("everyone", 5))
    done = await _ask(house, ada, "PUT", f"{here}/escalation", own, 0)
    late = await _ask(house, ada, "PUT", f"{here}/escalation", own, 0)
    assert (done.json()["version"], late.status_code) == (1, 412)

    now = house.clock.now()
    duty = {
        "staff_id": str(house.north.sam.id),
        "from_at": (now - timedelta(hours=1)).isoformat(),
        "until_at": (now + timedelta(hours=1)).isoformat(),
    }
    made = await _ask(house, ada, "POST", f"{here}/on-call", duty)
    assert made.status_code == 201, made.text
    for said in (
        {"until_at": duty["from_at"]},
        {"until_at": (now - timedelta(minutes=1)).isoformat()},
        {"staff_id": str(house.south.sam.id)},
    ):
        assert (await _ask(house, ada, "POST", f"{here}/on-call", duty | said)).status_code == 422
    assert (await _read(house, ada, f"{here}/escalation"))["on_call"] == [duty["staff_id"]]

    async with raw(house.databases.urls["admin"]) as admin:
        kept = await admin.fetchval(
            "SELECT policy ->> 'steps' FROM paging WHERE item_id = $1", item
        )
        assert "supervisors" in kept
        await admin.execute("DELETE FROM page")
        await admin.execute("DELETE FROM due WHERE kind IN ('page', 'notify')")
        await admin.execute("DELETE FROM paging")
    house.clock.advance(timedelta(minutes=1))
    await house.text_in("I have the pills here and I want to die")
    pager = Pager(
        database=house.databases.worker,
        vault=house.parts.vault,
        clock=house.clock,
        bell=SilentBell(),
        channels={},
    )
    told: list[set[str]] = []
    for _ in range(2):
        await pager.hop(house.north.id, item)  # type: ignore[arg-type] # an id is a UUID
        pages = (await _read(house, house.north.dana, f"/queue/{item}"))["paging"]["pages"]
        told.append({one["staff"]["given_name"] for one in pages})
        house.clock.advance(timedelta(minutes=5))
    assert told[0] == {"Sam"}
    assert told[1] >= {"Ada", "Dana", "Sam"}

    one = f"{here}/on-call/{made.json()['id']}"
    moved = await _ask(house, ada, "PATCH", one, {"staff_id": str(house.north.dana.id)}, 1)
    gone = await _ask(house, ada, "PATCH", one, {"removed": True}, 2)
    assert (moved.json()["staff_id"], gone.status_code) == (str(house.north.dana.id), 200)
    assert (await _ask(house, ada, "PATCH", one, {"removed": True})).status_code == 404
    assert (await _read(house, ada, f"{here}/on-call"))["items"] == []


async def test_a_signature_is_for_exactly_these_words(house: House) -> None:
    """Signed is what was shown; other words wait again; what is withdrawn holds no more."""
    ada, here = house.north.admin, f"/practices/{house.north.id}/texts"
    every = (await _read(house, ada, here))["items"]
    first = every[0]
    assert first["text_id"].startswith("safety.")
    lifeline = next(one for one in every if one["text_id"] == "safety.self-harm")
    assert {one["number"] for one in lifeline["numbers"]} == {"911", "988"}
    assert all(one["numbers"][0]["last_checked"] for one in (lifeline,))

    named = {key: lifeline[key] for key in ("text_id", "language", "sha256")}
    body = {"reviewer": "Alma Ruiz, LCSW", "texts": [named]}
    other = {"reviewer": "Alma Ruiz", "texts": [named | {"sha256": "0" * 64}]}
    assert (await _ask(house, ada, "POST", f"{here}/signatures", other)).status_code == 409
    assert _faults(await _ask(house, ada, "POST", f"{here}/signatures", body | {"reviewer": " "}))
    signed = await _ask(house, ada, "POST", f"{here}/signatures", body)
    (out,) = signed.json()["items"]
    assert (out["state"], out["reviewer"], out["signed_by"]) == (
        "signed",
        "Alma Ruiz, LCSW",
        str(ada.id),
    )
    elsewhere = f"/practices/{house.south.id}/texts?state=signed"
    assert (await _read(house, house.south.admin, elsewhere))["items"] == []
    async with raw(house.databases.urls["admin"]) as admin:
        await admin.execute("UPDATE text_review SET sha256 = repeat('a', 64)")
    (changed,) = (await _read(house, ada, f"{here}?state=changed&language=en"))["items"]
    assert changed["text_id"] == "safety.self-harm"
    await _ask(house, ada, "POST", f"{here}/signatures", body)
    gone = await _ask(house, ada, "POST", f"{here}/withdrawals", {"texts": [named]})
    twice = await _ask(house, ada, "POST", f"{here}/withdrawals", {"texts": [named]})
    assert (gone.json()["items"][0]["state"], twice.status_code) == ("draft", 404)


async def _rounds(house: House) -> int:
    """Let work that is with somebody away be looked at; return how many asked for it."""
    async with raw(house.databases.urls["admin"]) as admin:
        rows = await admin.fetch("SELECT id FROM due WHERE kind = 'cover'")
    for row in rows:
        rounds = Rounds(database=house.databases.worker, clock=house.clock)
        await rounds.leave(house.north.id, row["id"])
    return len(rows)


async def test_roles_change_at_the_next_request(house: House) -> None:
    """Nobody raises themselves, an administrator always stays, work moves at once."""
    ada, dana, sam = house.north.admin, house.north.dana, house.north.sam

    async def roles(by: Member, who: Member, *wanted: str) -> tuple[int, str]:
        answer = await _ask(house, by, "PUT", f"/staff/{who.id}/roles", {"roles": wanted})
        return answer.status_code, answer.json().get("code", "")

    assert await roles(dana, dana, "practice_admin") == (403, "not-allowed")
    assert await roles(ada, ada, "care_manager") == (409, "own-roles")
    assert await roles(ada, house.south.dana) == (404, "not-found")
    assert (await roles(ada, dana, "practice_admin", "care_manager"))[0] == 200
    assert await roles(dana, ada) == (409, "responsible-person")
    answer = await _ask(house, dana, "PATCH", f"/staff/{ada.id}", {"active": False})
    assert answer.json()["code"] == "responsible-person"

    new = {
        "email": "noor@north.example.org",
        "given_name": "Noor",
        "family_name": "Haddad",
        "roles": ["care_manager"],
    }
    added = await _ask(house, ada, "POST", "/staff", new)
    assert (added.status_code, added.json()["roles"]) == (201, ["care_manager"])
    invited = await _ask(house, ada, "POST", "/staff/invitations", {"email": new["email"]})
    assert invited.status_code == 201

    # What somebody saw a while ago is not written over what a colleague has decided since.
    seen = {
        one["staff"]["id"]: one["version"] for one in (await _read(house, ada, "/staff"))["items"]
    }
    older = seen[str(dana.id)]
    fewer: dict[str, object] = {"roles": ["practice_admin"]}
    path = f"/staff/{dana.id}"
    first = await _ask(house, ada, "PUT", f"{path}/roles", fewer, older)
    assert (first.status_code, first.headers["ETag"]) == (200, f'"{first.json()["version"]}"')
    fewer["roles"] = []
    assert (await _ask(house, ada, "PUT", f"{path}/roles", fewer, older)).status_code == 412
    assert (await _ask(house, ada, "PATCH", path, {"active": False}, older)).status_code == 412
    assert (await roles(ada, dana, "practice_admin", "care_manager"))[0] == 200

    item = await house.item()
    await _ask(house, sam, "POST", f"/queue/{item}/claim")
    stopped = await _ask(house, ada, "PATCH", f"/staff/{sam.id}", {"active": False})
    assert (stopped.status_code, stopped.json()["active"]) == (200, False)
    assert (await _ask(house, sam, "GET", "/queue")).status_code == 401
    # Of Dana's role and of Noor, who may be the first to be here, and of Sam, who is not.
    assert await _rounds(house) == 3
    owner = (await _read(house, dana, f"/queue/{item}"))["owner"]
    assert owner["id"] != str(sam.id)
    back = await _ask(house, ada, "PATCH", f"/staff/{sam.id}", {"active": True})
    assert back.json()["active"] is True
    assert await _rounds(house) == 1
    assert (await _ask(house, sam, "GET", "/queue")).status_code == 200
    assert (await roles(ada, sam))[0] == 200
    assert (await _ask(house, sam, "GET", "/queue")).status_code == 403
    changed = (await _read(house, ada, f"/practices/{house.north.id}/changes?about=staff"))["items"]
    left = {"before": {"roles": ["care_manager"]}, "after": {"roles": []}}
    assert any(left.items() <= one.items() for one in changed)

    # Two administrators at the same moment: one of them stays.
    here = f"/practices/{house.north.id}"
    noor = {"responsible_id": added.json()["staff"]["id"]}
    assert (await _ask(house, ada, "PATCH", here, noor)).status_code == 200
    ended = await asyncio.gather(roles(ada, dana), roles(dana, ada))
    assert sorted(ended) in ([(200, ""), (403, "not-allowed")], [(200, ""), (409, LAST)])


async def test_an_organization_by_hand(house: House) -> None:
    """It is found at once, changes by its version, and retires without losing what it offered."""
    ada, here = house.north.admin, f"/practices/{house.north.id}/organizations"
    pantry = {
        "name": "Grace Church",
        "phone": "602-555-0150",
        "services": [
            {
                "name": "Pantry",
                "needs": ["food-insecurity"],
                "languages": ["en", "es"],
                "covers": ["85281"],
                "city": "Tempe",
                "capacity": "open",
            }
        ],
    }
    bad = pantry | {"services": [{"name": "Pantry", "needs": ["hunger"]}]}
    assert _faults(await _ask(house, ada, "POST", here, bad)) == {
        "/services/0/needs/0": "not-an-organization"
    }
    made = await _ask(house, ada, "POST", here, pantry)
    assert (made.status_code, made.json()["version"]) == (201, 1)
    found = await _read(house, house.north.dana, "/organizations?need=food-insecurity&area=85281")
    assert [one["organization"]["name"] for one in found["items"]] == ["Grace Church"]

    one, kept = f"{here}/{made.json()['id']}", made.json()
    changed = {key: kept[key] for key in ("name", "phone", "services")}
    changed["services"][0]["capacity"] = "waitlist"
    done = await _ask(house, ada, "PUT", one, changed, 1)
    late = await _ask(house, ada, "PUT", one, changed, 1)
    assert (done.json()["version"], late.status_code) == (2, 412)
    assert done.json()["services"][0]["id"] == kept["services"][0]["id"]
    retired = await _ask(house, ada, "PUT", one, changed | {"retired": True}, 2)
    assert (retired.json()["retired"], len(retired.json()["services"])) == (True, 1)
    assert (await _read(house, ada, "/organizations?need=food-insecurity"))["items"] == []
    (listed,) = (await _read(house, ada, here))["items"]
    assert listed["retired"] is True
    back = await _ask(house, ada, "PUT", one, changed, 3)
    assert (back.json()["retired"], back.json()["version"]) == (False, 4)
    assert (await _ask(house, ada, "PUT", f"{here}/{ada.id}", changed)).status_code == 404
