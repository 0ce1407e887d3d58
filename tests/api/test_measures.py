"""Measures and the lists of whom texts don't reach, on real rows."""

from datetime import timedelta
from typing import Any

import pytest

from engage.ids import PatientId
from engage.measures.reach import ListName
from tests.api.conftest import House, Office
from tests.fakes.practice import raw


async def ask(house: House, path: str, office: Office | None = None) -> dict[str, Any]:
    """Return what a GET by Ada, who directs, answers."""
    answer = await house.client.get(path, headers=(office or house.north).admin.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def listed(house: House, name: ListName) -> list[dict[str, Any]]:
    """Return a list, all of its pages, two at a time."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = await ask(house, f"/v1/reachability?list={name}&limit=2{cursor}")
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


async def run(house: House, sql: str, *values: object) -> None:
    """Change rows as the owner of the database would: what a story would take months to."""
    async with raw(house.databases.urls["admin"]) as admin:
        await admin.execute(sql, *values)


async def person(
    house: House, number: int, *, phone: bool = True, language: str = "en"
) -> PatientId:
    """Create a patient with a phone of their own, or without one."""
    its = f"+160255501{number:02}" if phone else None
    return await house.patient(external_id=f"M-{number}", phone=its, language=language)


async def falls_silent(house: House, patient: PatientId) -> None:
    """Let the work about a patient be what a nudge that nobody answered leaves."""
    await run(house, "UPDATE queue_item SET subject = 'silence' WHERE patient_id = $1", patient)
    await run(house, "UPDATE flag SET reason = 'no-reply' WHERE patient_id = $1", patient)


async def test_each_person_is_on_the_list_that_their_page_explains(house: House) -> None:
    """Behaviours 20, 21: one list each, by what GET …/texting says, with since and next step."""
    north, headers = house.north, house.north.dana.headers
    none = await person(house, 1, phone=False)
    stopped = await person(house, 2)
    declined = await person(house, 3)
    dead, doubtful, silent = [await person(house, number) for number in (4, 5, 6)]
    stranger, reached = await person(house, 7), await person(house, 8)
    await house.text_in("STOP", "+16025550102")
    for patient, kind in ((declined, "declined"), (stranger, "wrong-person")):
        said = {"kind": kind, "reason": "They said so on the phone"}
        made = await house.client.post(
            f"/v1/patients/{patient}/consent", json=said, headers=headers
        )
        assert made.status_code < 300, made.text
    for patient, trouble in ((dead, "dead"), (doubtful, "doubtful")):
        await run(
            house,
            "INSERT INTO phone_state (practice_id, phone_id, trouble, since, doubts) "
            "SELECT practice_id, phone_id, $2, now(), '{}' FROM phone_use WHERE patient_id = $1",
            patient,
            trouble,
        )
    await house.text_in("hello", "+16025550106")
    await falls_silent(house, silent)
    await house.text_in("hello", "+16025550108")
    expected: dict[ListName, set[PatientId]] = {
        "no-phone": {none},
        "opted-out": {stopped, declined},
        "never-delivered": {dead},
        "doubtful": {doubtful},
        "wrong-person": {stranger},
        "silent": {silent},
    }

    found = {name: await listed(house, name) for name in expected}
    counts = await ask(house, "/v1/reachability/counts")

    assert {name: {_id(one) for one in rows} for name, rows in found.items()} == {
        name: {str(one) for one in patients} for name, patients in expected.items()
    }
    assert counts == {n.replace("-", "_"): len(p) for n, p in expected.items()} | {"unreadable": 0}
    for rows in found.values():
        for one in rows:
            assert one["since"]
            assert one["next_step"]
            says = await ask(house, f"/v1/patients/{_id(one)}/texting")
            if one["reason"] is not None:
                assert (says["may"], says["reason"]) == (False, one["reason"])
                assert one["words"] == says["words"]
    assert all(str(reached) != _id(one) for rows in found.values() for one in rows)
    assert (await ask(house, "/v1/reachability?list=no-phone", house.south))["items"] == []
    async with raw(house.databases.urls["admin"]) as admin:
        entries = await admin.fetchval(
            "SELECT count(*) FROM audit WHERE action = 'reachability.list' AND practice_id = $1",
            north.id,
        )
    assert entries == sum(len(people) for people in expected.values())


async def test_a_list_that_there_is_not_is_named_as_it_was_asked_for(house: House) -> None:
    """The place at fault is the parameter of the request, not a name of our own."""
    for path, pointer in (
        ("/v1/reachability?list=nobody", "/list"),
        ("/v1/measures?from=soon&to=2026-11-30", "/from"),
    ):
        refused = await house.client.get(path, headers=house.north.admin.headers)
        assert refused.status_code == 400
        assert [one["pointer"] for one in refused.json()["errors"]] == [pointer]


async def test_what_they_write_ends_their_silence(house: House) -> None:
    """A text that came after the silence takes them off the list, though the work is still open."""
    patient = await person(house, 1)
    await house.text_in("hello", "+16025550101")
    await falls_silent(house, patient)
    before = await listed(house, "silent")

    house.clock.advance(timedelta(minutes=1))
    await house.text_in("hello again", "+16025550101")

    assert [_id(one) for one in before] == [str(patient)]
    assert await listed(house, "silent") == []


async def test_one_bad_row_silences_nobody_else(house: House) -> None:
    """Behaviour 22: who can't be read is named beside the list and counted; the others stay."""
    bad, good = await person(house, 1, phone=False), await person(house, 2, phone=False)
    await run(
        house,
        "INSERT INTO consent_event "
        "(practice_id, id, kind, how, scope, actor, at, patient_id, purpose) "
        "SELECT practice_id, gen_random_uuid(), 'granted', 'given-to-practice', 'all', 'system', "
        "now(), id, 'check-ins' FROM patient WHERE id = $1",
        bad,
    )
    await run(
        house,
        "ALTER TABLE consent_event DROP CONSTRAINT IF EXISTS consent_event_purpose_check; "
        "UPDATE consent_event SET purpose = 'no such purpose' WHERE purpose IS NOT NULL",
    )

    page = await ask(house, "/v1/reachability?list=no-phone")
    counts = await ask(house, "/v1/reachability/counts")

    assert [_id(one) for one in page["items"]] == [str(good)]
    assert [_id(one) for one in page["unreadable"]] == [str(bad)]
    assert page["unreadable"][0]["next_step"]
    assert (counts["no_phone"], counts["unreadable"]) == (1, 1)


async def test_a_period_is_measured_from_what_was_recorded(house: House) -> None:
    """Of twelve who were asked one answered: reach, response, its work; small groups hidden."""
    today = house.clock.now().date()
    for number in range(1, 13):
        patient = await person(house, number, language="es" if number < 3 else "en")
        await house.screening(patient)
    await run(house, "UPDATE message SET status = 'accepted' WHERE direction = 'out'")
    house.clock.advance(timedelta(minutes=5))
    await house.text_in("often", "+16025550112")
    path = f"/v1/measures?from={today - timedelta(days=1)}&to={today + timedelta(days=1)}"

    (north,) = (await ask(house, f"{path}&by=language"))["practices"]
    rows = {(one["measure"], one["group"]): one for one in north["measures"]}

    response = rows["response", None]
    assert (response["people"], response["began"], response["happened"]) == (12, 12, 1)
    assert (response["still_open"], response["hidden"]) == (11, None)
    assert response["share"] == pytest.approx(1 / 12)
    assert response["median_seconds"] is None
    assert rows["reach", None]["happened"] == 1
    assert (rows["opt-out", None]["began"], rows["opt-out", None]["happened"]) == (12, 0)
    assert rows["response", "es"]["hidden"] == "fewer-than-11-people"
    assert rows["response", "es"]["people"] is None
    # Ten speak English: two hidden parts of a shown twelve.
    assert rows["response", "en"]["hidden"] == "fewer-than-11-people"
    assert rows["first-touch", None]["hidden"] == "fewer-than-11-people"
    async with raw(house.databases.urls["admin"]) as admin:
        assert (
            await admin.fetchval("SELECT count(*) FROM audit WHERE action = 'measures.read'") == 1
        )


async def entered(house: House, patient: PatientId, worried: str) -> None:
    """Type in what somebody answered, on the spot."""
    headers = house.north.dana.headers
    begun = await house.client.post(
        f"/v1/patients/{patient}/screenings",
        json={"instrument": "hunger-vital-sign", "channel": "staff"},
        headers=headers,
    )
    answers = {"hvs.worried": worried, "hvs.ran-out": "never"}
    typed = await house.client.post(
        f"/v1/screenings/{begun.json()['id']}/answers",
        json={"answers": {k: {"type": "chosen", "option": v} for k, v in answers.items()}},
        headers=headers,
    )
    assert typed.status_code == 200, typed.text


async def test_a_risk_is_gone_when_the_same_question_says_so(house: House) -> None:
    """Asked again 35 days later, ten say never and one often; another's answers are no risk."""
    today = house.clock.now().date()
    everybody = [await person(house, number) for number in range(1, 13)]
    for patient in everybody:
        await entered(house, patient, "often")
    await run(
        house,
        "UPDATE answer SET at = at - interval '35 days';"
        "UPDATE need SET opened_at = opened_at - interval '35 days'",
    )
    for patient in everybody[:11]:
        await entered(house, patient, "never" if patient != everybody[0] else "sometimes")
    page = await ask(house, f"/v1/patients/{everybody[0]}/screenings?limit=1")
    older = await ask(
        house, f"/v1/patients/{everybody[0]}/screenings?limit=1&cursor={page['next']}"
    )
    assert [one["verdict"]["items"] for one in (*page["items"], *older["items"])] == [
        ["hvs.worried"],
        ["hvs.worried"],
    ]
    assert (page["items"][0]["id"] > older["items"][0]["id"], older["next"]) == (True, None)
    path = f"/v1/measures?from={today - timedelta(days=36)}&to={today}"

    def counted(answer: dict[str, Any]) -> dict[str, tuple[int, ...]]:
        (north,) = answer["practices"]
        kinds = ("began", "happened", "still_open", "ended_otherwise")
        return {
            one["measure"]: tuple(one[kind] for kind in kinds)
            for one in north["measures"]
            if one["hidden"] is None
        }

    before = counted(await ask(house, path))
    await run(house, "ALTER TABLE answer_undone DISABLE TRIGGER ALL")
    await run(
        house,
        "INSERT INTO answer_undone (practice_id, answer_id, correction_id, at) "
        "SELECT a.practice_id, a.id, a.id, now() FROM answer a JOIN screening s "
        "ON s.id = a.screening_id WHERE s.patient_id = $1",
        everybody[11],
    )
    after = counted(await ask(house, path))

    assert before["need-resolved"] == (12, 10, 1, 1)
    assert before["screened"] == (23, 23, 0, 0)
    assert before["positive"] == (23, 13, 0, 10)
    assert before["help-wanted"] == (12, 0, 12, 0)
    assert after["need-resolved"] == (11, 10, 0, 1)
    assert after["help-wanted"] == (11, 0, 11, 0)


async def test_an_impossible_period_is_refused(house: House) -> None:
    """Days that end before they begin, too many, or of no calendar we keep are refused."""
    for query in (
        "from=2026-11-02&to=2026-11-01",
        "from=2026-01-01&to=2026-11-01",
        "from=0001-01-01&to=0001-01-02",
        "from=9999-12-31&to=9999-12-31",
        "from=2026-11-02",
        "from=yesterday&to=2026-11-01",
        "from=2026-11-01&to=2026-11-01&by=name",
    ):
        answer = await house.client.get(f"/v1/measures?{query}", headers=house.north.admin.headers)
        assert answer.status_code == 400, query


async def test_a_care_manager_reads_no_measures(house: House) -> None:
    """Measures are for who directs the work of others."""
    answer = await house.client.get(
        "/v1/measures?from=2026-11-01&to=2026-11-02", headers=house.north.dana.headers
    )

    assert answer.status_code == 403


def _id(one: dict[str, Any]) -> str:
    return str(one["patient"]["id"])
