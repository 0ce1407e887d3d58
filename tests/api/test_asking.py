"""What time brings round: whether it came, an organization that is silent, a screening again."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from engage.checkins.rescreen import in_turn
from engage.ids import PatientId, ReferralId
from engage.messaging.mail import Relay
from engage.messaging.outbox import Outbox
from engage.needs import closings
from engage.needs.letters import Letters
from engage.people import bootstrap
from tests.api.conftest import PUBLIC_URL, House
from tests.api.test_needs import ask, at_risk, brought_in, need_of, press, referred, tell
from tests.fakes.practice import raw
from tests.fakes.smtp import FakeSmtp


async def later(house: House, **delta: float) -> House:
    """Let time pass, and have Dana and Ada sign in anew."""
    house.clock.advance(timedelta(**delta))
    north = house.north
    fresh = {
        one: await bootstrap.token(
            house.parts.database, house.parts.vault, house.clock, f"{one}@north.example.org"
        )
        for one in ("dana", "ada")
    }
    north = replace(
        north,
        dana=replace(north.dana, token=fresh["dana"]),
        admin=replace(north.admin, token=fresh["ada"]),
    )
    return replace(house, north=north)


async def due(house: House, kind: str) -> list[UUID]:
    """Return what of a kind is due by now, as a worker would claim it."""
    async with raw(house.databases.urls["admin"]) as rows:
        found = await rows.fetch(
            "SELECT id FROM due WHERE kind = $1 AND due_at <= $2 ORDER BY due_at",
            kind,
            house.clock.now(),
        )
    return [row["id"] for row in found]


async def rows_of(house: House, query: str) -> list[tuple[Any, ...]]:
    """Return what stands in the database."""
    async with raw(house.databases.urls["admin"]) as rows:
        return [tuple(row) for row in await rows.fetch(query)]


async def reasons(house: House, subject: str) -> list[str]:
    """Return why there is work of a subject."""
    items = (await ask(house, "/v1/queue"))["items"]
    mine = [one["id"] for one in items if one["subject"] == subject]
    return [
        flag["reason"] for one in mine for flag in (await ask(house, f"/v1/queue/{one}"))["flags"]
    ]


async def given(house: House) -> tuple[House, PatientId]:
    """Let a food bank say that Rosa got her box, and three days pass."""
    await brought_in(house)
    patient = await at_risk(house, "1")
    made = await referred(house, (await need_of(house, patient))["id"])
    assert (await press(house, made["link"], "answer=complete")).status_code == 200
    return await later(house, days=3, minutes=1), patient


async def closing(house: House, patient: PatientId) -> dict[str, Any]:
    """Return what is known of whether it came."""
    (sent,) = (await need_of(house, patient))["referrals"]
    return dict(sent["closing"])


async def test_the_loop_closes_with_the_patient(house: House) -> None:
    """Behaviour 26: three days after it was given they are asked, once; a yes closes the loop."""
    early = await due(house, "closing")
    house, patient = await given(house)
    (mine,) = await due(house, "closing")
    for _ in range(2):
        await house.parts.turns.closing_due(house.north.id, mine)
    asked = await closing(house, patient)
    await house.text_in("yes it came")
    settled, need = await closing(house, patient), await need_of(house, patient)
    texts = await rows_of(house, "SELECT count(*) FROM message WHERE text_id = 'came.did'")

    assert early == []
    assert (asked["status"], asked["asked"]) == ("asked", 1)
    assert settled["status"] == "came"
    assert settled["answered_at"] == house.clock.now().isoformat().replace("+00:00", "Z")
    assert (need["status"], need["history"][-1]["act"]) == ("confirmed", "confirm")
    assert need["history"][-1]["by"] == "patient"
    assert texts == [(1,)]
    assert await due(house, "closing") == []


async def test_what_did_not_come_opens_the_same_need(house: House) -> None:
    """Behaviour 26: not yet is asked once more; a no reopens, and the work quotes the answer."""
    house, patient = await given(house)
    (mine,) = await due(house, "closing")
    await house.parts.turns.closing_due(house.north.id, mine)
    await house.text_in("not yet")
    waiting = await closing(house, patient)
    house = await later(house, days=3, minutes=1)
    await house.parts.turns.closing_due(house.north.id, (await due(house, "closing"))[0])
    await house.text_in("no it did not come")
    need, settled = await need_of(house, patient), await closing(house, patient)
    why = await reasons(house, "need:food-insecurity")
    quoted = await rows_of(
        house, "SELECT message_id IS NOT NULL FROM flag WHERE reason = 'need-reopened'"
    )

    assert (waiting["status"], waiting["asked"]) == ("waiting", 1)
    assert (settled["status"], settled["asked"]) == ("not-came", 2)
    assert (need["status"], need["episode"]) == ("reopened", 1)
    assert why.count("need-reopened") == 1
    assert quoted == [(True,)]


async def test_who_called_themselves_says_that_it_is_done(house: House) -> None:
    """Who calls an organization alone is not chased; a week later they are asked: a yes is all."""
    await brought_in(house)
    patient = await at_risk(house, "1")
    need = await need_of(house, patient)
    await referred(house, need["id"], way="self", consent=None)
    (sent,) = (await need_of(house, patient))["referrals"]
    house = await later(house, days=7, minutes=1)
    (mine,) = await due(house, "closing")
    await house.parts.turns.closing_due(house.north.id, mine)
    await house.text_in("1")
    need = await need_of(house, patient)
    (after,) = need["referrals"]

    assert (sent["next_due"]["what"], await due(house, "referral")) == ("ask-patient", [])
    assert (after["status"], after["history"][-1]["by"]) == ("completed", "patient")
    assert need["status"] == "confirmed"
    assert (await closing(house, patient))["status"] == "came"


async def test_whom_no_text_reaches_is_asked_by_a_person(house: House) -> None:
    """Behaviour 20: after STOP nobody is texted, and the question is work; settled is not asked."""
    house, patient = await given(house)
    await house.text_in("STOP")
    (mine,) = await due(house, "closing")
    await house.parts.turns.closing_due(house.north.id, mine)
    handed = await closing(house, patient)
    need = await need_of(house, patient)
    await tell(house, f"/v1/needs/{need['id']}/status", act="confirm", reason="Said so by phone")
    async with raw(house.databases.urls["admin"]) as rows:
        await rows.execute("UPDATE closing SET status = 'waiting'")
    await house.parts.turns.closing_due(house.north.id, mine)

    at, ride = house.clock.now(), UUID(int=9)
    async with house.parts.database.work([house.north.id], house.north.id) as work:
        begun = [
            await closings.ask_after(
                work, house.north.id, patient, "transportation-insecurity", "ride", one, at
            )
            for one in (ride, UUID(int=10))
        ]
        await closings.call_off(work, house.north.id, ride, at)
    async with raw(house.databases.urls["admin"]) as rows:
        await rows.execute("UPDATE closing SET status = 'not-came' WHERE source = 'referral'")
    async with house.parts.database.work([house.north.id], house.north.id) as work:
        begun.append(
            await closings.ask_after(
                work, house.north.id, patient, "food-insecurity", "food-box", UUID(int=11), at
            )
        )
    async with raw(house.databases.urls["admin"]) as rows:
        await rows.execute("UPDATE closing SET status = 'called-off' WHERE source = 'referral'")
    rides = await rows_of(house, "SELECT status FROM closing WHERE source = 'ride'")

    # A box after one that did not come is asked about, however soon.
    assert (begun, rides) == ([True, False, True], [("called-off",)])
    assert handed["status"] == "by-hand"
    assert "loop-open" in await reasons(house, "need:food-insecurity")
    assert (await closing(house, patient))["status"] == "called-off"
    assert await rows_of(house, "SELECT 1 FROM message WHERE text_id LIKE 'came.%'") == []


def letters(house: House, smtp: FakeSmtp | None) -> Letters:
    """Return what sends letters, by a server if there is one."""
    return Letters(
        database=house.parts.database,
        vault=house.parts.vault,
        clock=house.clock,
        relay=None if smtp is None else Relay.of(smtp.url, PUBLIC_URL),
        public_url=PUBLIC_URL,
        tells=house.parts.turns,
    )


async def test_a_letter_says_nothing_about_anybody(house: House) -> None:
    """It is sent once, with a link that works; a silent organization is reminded, then called."""
    await brought_in(house)
    patient = await at_risk(house, "1")
    need = await need_of(house, patient)
    made = await referred(house, need["id"], way="page")
    referral = ReferralId(UUID(made["referral"]["id"]))
    async with FakeSmtp() as smtp:
        sender = letters(house, smtp)
        for step in ("remind", "remind"):
            house = await later(house, days=7)
            assert await due(house, "referral") == [referral]
            await house.parts.turns.referral_due(house.north.id, referral)
            (letter,) = await due(house, "letter")
            for _ in range(2):
                await sender.send(house.north.id, letter)
            assert step == (await need_of(house, patient))["referrals"][0]["letters"][-1]["what"]
        mails = list(smtp.mails)
        link = PUBLIC_URL + mails[-1].partition(PUBLIC_URL)[2].split()[0]
        page = await house.client.get(link.removeprefix(PUBLIC_URL))
        house = await later(house, days=7)
        await house.parts.turns.referral_due(house.north.id, referral)
    (sent,) = (await need_of(house, patient))["referrals"]

    assert smtp.to == ["hello@mesafood.example"] * 2
    for mail in mails:
        assert "North Clinic" in mail
        assert "waiting" in mail
        for word in ("Rosa", "Delgado", "food", " box", "+1602", "(602)", "Food"):
            assert word not in mail.partition("Subject:")[2]
    assert (page.status_code, "Rosa D." in page.text) == (200, True)
    assert [one["status"] for one in sent["letters"]] == ["sent", "sent"]
    assert sent["next_due"] is None
    assert "referral-silent" in await reasons(house, "need:food-insecurity")
    assert await due(house, "referral") == []


async def test_a_letter_in_doubt_is_a_persons(house: House) -> None:
    """Refused is work; a crash in the middle is never sent again unseen; without a server, work."""
    await brought_in(house)
    patient = await at_risk(house, "1")
    need = await need_of(house, patient)
    await referred(house, need["id"])
    (sent,) = (await need_of(house, patient))["referrals"]
    path = f"/v1/referrals/{sent['id']}/link"
    no_server = await tell(house, path, act="send")
    async with raw(house.databases.urls["admin"]) as rows:
        for number, status in enumerate(("queued", "sending", "queued")):
            await rows.execute(
                "INSERT INTO letter (practice_id, id, referral_id, what, status, at, status_at,"
                " tries) VALUES ($1, $2, $3, 'ask', $4, $5, $5, 0)",
                house.north.id,
                UUID(int=number + 1),
                UUID(sent["id"]),
                status,
                house.clock.now(),
            )
    async with FakeSmtp() as smtp:
        smtp.plan.append("refuse")
        for number in (1, 2):
            await letters(house, smtp).send(house.north.id, UUID(int=number))
    await letters(house, None).send(house.north.id, UUID(int=3))
    (after,) = (await need_of(house, patient))["referrals"]
    why = await reasons(house, "need:food-insecurity")

    assert (no_server.status_code, no_server.json()["errors"][0]["code"]) == (422, "no-server")
    assert smtp.mails == []
    assert [(one["status"], one["why"]) for one in after["letters"]] == [
        ("refused", "recipient-refused"),
        ("unknown", "cut-short"),
        ("refused", "no-server"),
    ]
    assert {"letter-refused", "letter-unknown"} <= set(why)


async def test_a_referral_that_moved_still_wakes(house: House) -> None:
    """A worker that comes to it in between forgets nothing: it wakes at its new moment."""
    await brought_in(house)
    patient = await at_risk(house, "1")
    made = await referred(house, (await need_of(house, patient))["id"])
    mine = ReferralId(UUID(made["referral"]["id"]))
    await house.parts.turns.referral_due(house.north.id, mine)
    (sent,) = (await need_of(house, patient))["referrals"]
    waits = await rows_of(house, "SELECT id FROM due WHERE kind = 'referral'")

    assert (waits, sent["next_due"]["what"]) == ([(mine,)], "remind")


async def test_who_wants_no_such_texts_is_asked_by_a_person(house: House) -> None:
    """Behaviour 20: a question that is withheld for a wish is work, and the phone is free again."""
    house, patient = await given(house)
    wish = {"kind": "declined", "purpose": "check-ins", "reason": "Calls only, she says"}
    told = await tell(house, f"/v1/patients/{patient}/consent", **wish)
    (mine,) = await due(house, "closing")
    await house.parts.turns.closing_due(house.north.id, mine)
    (asked,) = await rows_of(house, "SELECT id FROM message WHERE text_id = 'came.did'")
    await cast("Outbox", house.parts.outbox).send(house.north.id, asked[0])
    await house.parts.turns.outcome_came(house.north.id, asked[0])
    said = await rows_of(
        house, "SELECT status, status_reason FROM message WHERE text_id = 'came.did'"
    )
    asking = await rows_of(house, "SELECT 1 FROM conversation WHERE open AND script LIKE 'came%'")
    flags = await rows_of(house, "SELECT rule FROM flag WHERE reason = 'not-asked'")

    assert told.status_code == 201, told.text
    assert (said, asking) == ([("withdrawn", "declined")], [])
    assert flags == [("engine.not-asked",)]


async def test_no_letter_about_whoever_left(house: House) -> None:
    """An organization is not reminded of somebody who died; that it was silent is still work."""
    await brought_in(house)
    patient = await at_risk(house, "1")
    await referred(house, (await need_of(house, patient))["id"], way="page")
    (mine,) = await rows_of(house, "SELECT id FROM due WHERE kind = 'referral'")
    house = await later(house, days=7)
    await house.parts.turns.referral_due(house.north.id, ReferralId(mine[0]))
    await house.client.patch(
        f"/v1/patients/{patient}", json={"status": "deceased"}, headers=house.north.dana.headers
    )
    async with FakeSmtp() as smtp:
        await letters(house, smtp).send(house.north.id, (await due(house, "letter"))[0])
    found = await rows_of(house, "SELECT status, why FROM letter")

    assert (found, smtp.mails) == ([("withdrawn", "not-in-care")], [])


RULE = {"every_months": 6, "declined_months": 12, "after_discharge_days": 10}


async def put(house: House, path: str, **body: object) -> Any:  # noqa: ANN401 - a response
    """PUT as Ada, who runs the practice."""
    return await house.client.put(path, json=body, headers=house.north.admin.headers)


async def test_a_screening_comes_round(house: House) -> None:
    """Some months after it ended they are asked again, once; a no is respected for longer."""
    nags = await put(house, "/v1/rescreening/hunger-vital-sign", **RULE | {"declined_months": 3})
    unknown = await put(house, "/v1/rescreening/nothing", **RULE)
    ruled = await put(house, "/v1/rescreening/hunger-vital-sign", **RULE)
    patient = await at_risk(house, "2")
    path = f"/v1/patients/{patient}/rescreens"
    (dated,) = (await ask(house, path))["items"]
    shorter = await put(house, "/v1/rescreening/hunger-vital-sign", **RULE | {"every_months": 3})
    (sooner,) = (await ask(house, path))["items"]
    # Switched off, nobody wakes; on again, everybody does.
    async with raw(house.databases.urls["admin"]) as rows:
        await rows.execute("UPDATE rescreen SET why = 'declined'")
        await rows.execute("DELETE FROM due WHERE kind = 'rescreen'")
    await put(house, "/v1/rescreening/hunger-vital-sign", **RULE | {"every_months": 3})
    woken = await rows_of(house, "SELECT due_at FROM due WHERE kind = 'rescreen'")
    early = await due(house, "rescreen")
    house = await later(house, days=93)
    (mine,) = await due(house, "rescreen")
    await house.parts.turns.rescreen_due(house.north.id, mine)
    await house.parts.turns.rescreen_due(house.north.id, mine)
    begun = await rows_of(house, "SELECT status FROM screening ORDER BY id")
    # A new rule is no nudge to whoever has been asked and has not answered.
    await put(house, "/v1/rescreening/hunger-vital-sign", **RULE | {"every_months": 3})
    (silent,) = (await ask(house, path))["items"]
    for answer in ("skip", "skip"):
        house.clock.advance(timedelta(minutes=1))
        await house.text_in(answer)
    (declined,) = (await ask(house, path))["items"]
    past = await put(house, f"{path}/hunger-vital-sign", next_at="2020-01-01T00:00:00Z")
    paused = await put(house, f"{path}/hunger-vital-sign", status="paused", next_at=None)
    stale = await house.client.put(
        f"{path}/hunger-vital-sign",
        json={"status": "waiting"},
        headers=house.north.admin.headers | {"If-Match": '"1"'},
    )

    assert (nags.status_code, nags.json()["code"]) == (422, "declined-too-soon")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "no-such-instrument")
    assert (ruled.status_code, shorter.json()["version"]) == (200, 2)
    assert (dated["why"], dated["next_at"][:10]) == ("interval", "2027-05-24")
    assert sooner["next_at"][:10] == "2027-02-24"
    assert early == []
    assert [at.date().isoformat() for (at,) in woken] == ["2027-02-24"]
    assert silent["next_at"][:7] == "2027-05"
    assert begun == [("completed",), ("in-progress",)]
    assert (declined["why"], declined["next_at"][:7]) == ("declined", "2028-02")
    assert (past.status_code, past.json()["code"]) == (422, "not-a-moment-to-ask")
    assert (paused.status_code, paused.json()["status"]) == (200, "paused")
    assert stale.status_code == 412
    assert await due(house, "rescreen") == []


async def test_who_was_asked_before_there_was_a_rule_gets_a_date(house: House) -> None:
    """A rule that begins gives a date to whoever was asked before; the overdue are spread."""
    patient = await at_risk(house, "2")
    path = f"/v1/patients/{patient}/rescreens"
    bare = (await ask(house, path))["items"]
    house = await later(house, days=200)
    await put(house, "/v1/rescreening/hunger-vital-sign", **RULE | {"every_months": 12})
    (dated,) = (await ask(house, path))["items"]
    # Shorter, they are overdue: within a month, and not at once.
    await put(house, "/v1/rescreening/hunger-vital-sign", **RULE)
    (overdue,) = (await ask(house, path))["items"]
    wakes = await rows_of(house, "SELECT due_at FROM due WHERE kind = 'rescreen'")

    assert bare == []
    assert (dated["why"], dated["next_at"][:10]) == ("interval", "2027-11-24")
    own = in_turn(PatientId(UUID(str(patient))), house.clock.now())
    assert abs(datetime.fromisoformat(overdue["next_at"]) - own) < timedelta(seconds=1)
    assert [at for (at,) in wakes] == [datetime.fromisoformat(overdue["next_at"])]


async def test_a_discharge_asks_sooner_and_stop_makes_it_work(house: House) -> None:
    """Ten days after they are home; whom no text may reach is a person's work, and waits again."""
    await put(house, "/v1/rescreening/hunger-vital-sign", **RULE)
    patient = await house.patient()
    home = house.clock.now() - timedelta(days=1)
    told = await tell(
        house,
        f"/v1/patients/{patient}/discharges",
        external_id="V1",
        facility="General",
        discharged_at=home.isoformat(),
    )
    (dated,) = (await ask(house, f"/v1/patients/{patient}/rescreens"))["items"]
    await house.text_in("STOP")
    house = await later(house, days=10)
    (mine,) = await due(house, "rescreen")
    await house.parts.turns.rescreen_due(house.north.id, mine)
    (after,) = (await ask(house, f"/v1/patients/{patient}/rescreens"))["items"]

    assert told.status_code in {200, 201}, told.text
    assert dated["why"] == "discharge"
    assert dated["next_at"] == (home + timedelta(days=10)).isoformat().replace("+00:00", "Z")
    assert after["why"] == "by-hand"
    assert await reasons(house, "screening-due") == ["screening-due"]
