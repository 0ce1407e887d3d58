"""From an answer to a need that is met: help wanted, a referral, its page, the loop closed."""

from datetime import timedelta
from typing import Any

import pytest

from engage.clock import fresh_id
from engage.ids import PatientId
from engage.needs.hsds import read, shipped_terms
from engage.needs.hsds_tables import tables_of_csv
from engage.needs.listing.store import Imported, write
from tests.api.conftest import PUBLIC_URL, House

PACKAGE = {
    "organizations.csv": "id,name,email\no1,Mesa <Food> Bank,hello@mesafood.example\n",
    "services.csv": "id,organization_id,name\ns1,o1,Food pantry\n",
    "taxonomy_terms.csv": "id,name\nt1,Food Pantry\n",
    "attributes.csv": "id,link_id,taxonomy_term_id\nb1,s1,t1\n",
    "locations.csv": "id,name,latitude,longitude\nl1,Main street,33.4152,-111.8315\n",
    "service_at_location.csv": "id,service_id,location_id\nx1,s1,l1\n",
}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def brought_in(house: House, **changed: str) -> Imported:
    """Import the directory, with some files otherwise."""
    files = PACKAGE | {f"{name}.csv": text for name, text in changed.items()}
    directory = read(
        tables_of_csv({name: text.encode() for name, text in files.items()}), shipped_terms()
    )
    north = house.north.id
    async with house.parts.database.work([north], north) as work:
        return await write(work, north, "directory", directory, house.clock.now())


async def ask(house: House, path: str) -> dict[str, Any]:
    """Return what a GET by Dana answers."""
    answer = await house.client.get(path, headers=house.north.dana.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def tell(house: House, path: str, **body: object) -> Any:  # noqa: ANN401 - a response
    """POST as Dana."""
    return await house.client.post(path, json=body, headers=house.north.dana.headers)


async def need_of(house: House, patient: PatientId) -> dict[str, Any]:
    """Return the one need of a patient."""
    (need,) = (await ask(house, f"/v1/patients/{patient}/needs"))["items"]
    return need


async def at_risk(house: House, *answers: str) -> PatientId:
    """Let Rosa answer both questions so that her food is at risk, and some texts more."""
    patient = await house.patient()
    await house.screening(patient)
    for answer in ("often", "never", *answers):
        house.clock.advance(timedelta(minutes=1))
        await house.text_in(answer)
    return patient


async def referred(house: House, need: str, **more: object) -> dict[str, Any]:
    """Refer to the food bank with Rosa's consent, and return the referral with its link."""
    listed = (await ask(house, "/v1/organizations?need=food-insecurity"))["items"][0]
    made = await tell(
        house,
        f"/v1/needs/{need}/referrals",
        **{
            "organization_id": listed["organization"]["id"],
            "service_id": listed["service"]["id"],
            "asked": "A box <each> week",
            "consent": {"how": "verbal", "phone": True},
            **more,
        },
    )
    assert made.status_code == 201, made.text
    return made.json()


async def press(house: House, link: str, body: str) -> Any:  # noqa: ANN401 - a response
    """Answer on the organization's page, a minute later."""
    house.clock.advance(timedelta(minutes=1))
    return await house.client.post(link.removeprefix(PUBLIC_URL), content=body, headers=FORM)


async def test_a_risk_is_seen_with_the_ground_it_stands_on(house: House) -> None:
    """Behaviour 23: an answer is a risk at once, with its rule and version, and no need yet."""
    patient = await house.patient()
    await house.screening(patient)
    await house.text_in("often")
    need = await need_of(house, patient)
    (found,) = need["history"]

    assert (need["domain"], need["status"]) == ("food-insecurity", "risk")
    assert found["rule"] == "hunger-vital-sign/hvs.worried"
    assert found["rule_version"]
    assert found["answer_id"]
    assert found["message_id"]
    assert found["words"] == "often"
    assert "worried" in found["question"]
    assert need["acts"] == ["want", "decline"]
    assert need["codes"] == []
    assert {one["code"] for one in need["suggested"]} >= {"Z59.41", "733423003"}


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [("1", "wanted", "wants-help"), ("2", "declined", "declined-help")],
)
async def test_the_person_says_whether_they_want_help(
    house: House, answer: str, status: str, reason: str
) -> None:
    """Behaviours 23, 24: their own yes or no, once, and the open item of the need says so."""
    patient = await at_risk(house, answer)
    need = await need_of(house, patient)
    items = (await ask(house, "/v1/queue"))["items"]
    (mine,) = [one for one in items if one["subject"] == "need:food-insecurity"]
    item = await ask(house, f"/v1/queue/{mine['id']}")

    assert need["status"] == status
    assert need["history"][-1]["by"] == "patient"
    assert need["first"] == (answer == "1")
    assert reason in [flag["reason"] for flag in item["flags"]]


async def test_what_was_declined_is_not_asked_again_soon(house: House) -> None:
    """A second screening soon after finds the risk, keeps it visible, and asks nothing."""
    patient = await at_risk(house, "2")
    house.clock.advance(timedelta(minutes=40))
    await house.screening(patient)
    for answer in ("often", "never"):
        house.clock.advance(timedelta(minutes=1))
        await house.text_in(answer)
    need = await need_of(house, patient)
    texts = await ask(house, f"/v1/patients/{patient}/timeline")
    said = [one["body"] for one in texts["items"] if one["type"] == "message"]

    assert (need["status"], need["episode"]) == ("declined", 1)
    assert sum("would you like" in body for body in said if body) == 1


async def test_a_referral_needs_a_wish_and_a_consent(house: House) -> None:
    """Behaviours 23, 27: nothing is arranged unasked, and nothing is shared without a consent."""
    await brought_in(house)
    patient = await at_risk(house)
    need = await need_of(house, patient)
    (listed,) = (await ask(house, "/v1/organizations?near=33.42,-111.94"))["items"]
    path, helper = f"/v1/needs/{need['id']}/referrals", listed["organization"]["id"]
    agreed = {"how": "verbal"}
    unasked = await tell(house, path, organization_id=helper, asked="A box", consent=agreed)
    wants = await tell(house, f"/v1/needs/{need['id']}/status", act="want", reason="Said so")
    unshared = await tell(house, path, organization_id=helper, asked="A box")
    unknown = await tell(
        house, path, organization_id=str(fresh_id(house.clock)), asked="A box", consent=agreed
    )
    alone = await tell(house, path, organization_id=helper, asked="Call them", way="self")

    assert listed["km"] == pytest.approx(10.1, abs=0.5)
    assert (unasked.status_code, unasked.json()["code"]) == (409, "not-wanted")
    assert wants.json()["status"] == "wanted"
    assert (unshared.status_code, unshared.json()["code"]) == (422, "no-consent-to-share")
    assert unknown.status_code == 422
    assert alone.status_code == 201, alone.text
    assert (alone.json()["link"], alone.json()["referral"]["business"]) == (
        None,
        "patient-will-call",
    )


async def test_an_organization_answers_on_its_page(house: House) -> None:
    """Behaviour 27: no account; least data, escaped; its answer moves the need and makes work."""
    await brought_in(house)
    patient = await at_risk(house, "1")
    need = await need_of(house, patient)
    made = await referred(house, need["id"])
    path = made["link"].removeprefix(PUBLIC_URL)
    shown = await house.client.get(path)
    spanish = await house.client.get(f"{path}?lang=es")
    nothing = await press(house, made["link"], "answer=nonsense")
    full = await press(house, made["link"], "answer=no-capacity&note=Try+us+in+May")
    after = await house.client.get(path)
    again = await press(house, made["link"], "answer=accept")
    now = await need_of(house, patient)
    items = (await ask(house, "/v1/queue"))["items"]
    (mine,) = [one for one in items if one["subject"] == "need:food-insecurity"]
    flags = (await ask(house, f"/v1/queue/{mine['id']}"))["flags"]

    assert shown.status_code == 200
    assert "Rosa D." in shown.text
    assert "Delgado" not in shown.text
    assert "A box &lt;each&gt; week" in shown.text
    assert "script" not in shown.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert shown.headers["cache-control"] == "no-store"
    assert "Vamos a ayudar" in spanish.text
    assert nothing.status_code == 422
    assert full.status_code == 200
    assert (after.status_code, again.status_code) == (410, 410)
    assert now["status"] == "wanted"
    (sent,) = now["referrals"]
    assert (sent["status"], sent["business"]) == ("rejected", "no-capacity")
    assert sent["history"][-1]["note"] == "Try us in May"
    assert "referral-declined" in [flag["reason"] for flag in flags]


async def test_completed_is_not_met_until_the_person_says_so(house: House) -> None:
    """Behaviour 26: the service was given; a no opens the same need again."""
    await brought_in(house)
    patient = await at_risk(house, "1")
    need = await need_of(house, patient)
    made = await referred(house, need["id"])
    waits = await press(house, made["link"], "answer=waitlist")
    waiting = await need_of(house, patient)
    done = await press(house, made["link"], "answer=complete")
    completed = await need_of(house, patient)
    status = f"/v1/needs/{need['id']}/status"
    unreasoned = await tell(house, status, act="reopen")
    reopened = await tell(house, status, act="reopen", reason="Nothing came, she says")
    over = await tell(
        house, f"/v1/referrals/{made['referral']['id']}/status", status="cancelled", reason="other"
    )

    assert waits.status_code == done.status_code == 200
    assert waiting["referrals"][0]["business"] == "waitlist"
    assert [one["status"] for one in waiting["referrals"][0]["history"]] == [
        "requested",
        "accepted",
        "on-hold",
    ]
    assert (completed["status"], completed["referrals"][0]["status"]) == ("completed", "completed")
    assert completed["acts"] == ["confirm", "reopen"]
    assert unreasoned.status_code == 422
    assert reopened.json()["status"] == "reopened"
    assert (over.status_code, over.json()["code"]) == (409, "wrong-move")


async def test_links_run_out_are_revoked_and_are_not_guessed(house: House) -> None:
    """A link holds for one referral, for a while, until somebody takes it back."""
    await brought_in(house)
    patient = await at_risk(house, "1")
    need = await need_of(house, patient)
    made = await referred(house, need["id"])
    first = made["link"].removeprefix(PUBLIC_URL)
    renewed = await tell(house, f"/v1/referrals/{made['referral']['id']}/link", act="renew")
    second = renewed.json()["link"].removeprefix(PUBLIC_URL)
    old, new = await house.client.get(first), await house.client.get(second)
    guessed = await house.client.get("/referral/x")
    house.clock.advance(timedelta(days=31))
    late = await house.client.get(second)

    assert (old.status_code, new.status_code) == (410, 200)
    assert guessed.status_code == 404
    assert late.status_code == 410


async def test_staff_say_who_told_them(house: House) -> None:
    """Behaviour 27: what only the organization says is recorded with whom staff heard it from."""
    await brought_in(house)
    patient = await at_risk(house, "1")
    need = await need_of(house, patient)
    made = await referred(house, need["id"], way="staff")
    path = f"/v1/referrals/{made['referral']['id']}/status"
    unheard = await tell(house, path, status="accepted")
    noteless = await tell(house, path, status="accepted", told=True)
    heard = await tell(house, path, status="accepted", told=True, note="Ana at the food bank")
    why = await tell(house, path, status="cancelled")
    foreign = await house.client.post(
        path, json={"status": "cancelled", "reason": "other"}, headers=house.south.dana.headers
    )

    assert made["link"] is None
    assert (unheard.status_code, unheard.json()["code"]) == (422, "not-theirs-to-set")
    assert (noteless.status_code, noteless.json()["code"]) == (422, "reason-missing")
    assert heard.json()["status"] == "accepted"
    assert heard.json()["history"][-1]["by_name"] == "Dana Whitfield"
    assert heard.json()["consent"]["by_name"] == "Dana Whitfield"
    assert (why.status_code, why.json()["code"]) == (422, "reason-missing")
    assert foreign.status_code == 404


async def test_codes_are_accepted_by_a_person_and_never_abuse(house: House) -> None:
    """A suggestion becomes a code when staff accept it; no other code can be brought in."""
    patient = await at_risk(house)
    need = await need_of(house, patient)
    path = f"/v1/needs/{need['id']}/status"
    wrong = await tell(
        house, path, act="accept-codes", codes=[{"system": "icd10", "code": "T74.11XA"}]
    )
    kept = await tell(
        house, path, act="accept-codes", codes=[{"system": "icd10", "code": "Z59.41"}]
    )

    assert (wrong.status_code, wrong.json()["code"]) == (422, "not-suggested")
    assert [one["code"] for one in kept.json()["codes"]] == ["Z59.41"]
    assert "Z59.41" not in [one["code"] for one in kept.json()["suggested"]]


async def test_the_same_directory_twice_changes_nothing(house: House) -> None:
    """An import is idempotent on the source's ids; what is gone is withdrawn and not found."""
    first, second = await brought_in(house), await brought_in(house)
    renamed = await brought_in(house, services="id,organization_id,name\ns1,o1,Food boxes\n")
    gone = await brought_in(
        house,
        services="id,organization_id,name\ns2,o1,Food boxes\n",
        service_at_location="id,service_id,location_id\n",
    )
    found = (await ask(house, "/v1/organizations?query=food"))["items"]

    assert first == Imported(1, 0, 0, 0)
    assert second == Imported(0, 0, 1, 0)
    assert renamed == Imported(0, 1, 0, 0)
    assert gone == Imported(1, 0, 0, 1)
    assert len(found) == 1
