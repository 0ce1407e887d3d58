"""Check-in plans on real rows: asked, missed, paused, answered for another, and found when due."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from engage.audit import SYSTEM
from engage.checkins import store as plans
from engage.checkins.answered import store as answered
from engage.checkins.beginning import (
    NewPlan,
    NoSuchScript,
    NotAllowedToAnswer,
    NotTheirHelper,
    StartNeeded,
    begin_plan,
)
from engage.checkins.script import load_all
from engage.clock import fresh_id
from engage.conversation.answers import Chosen, Measured
from engage.ids import CaregiverId, CheckInPlanId, GrantId, MessageId, PatientId
from engage.messaging.doors import Doors
from engage.messaging.outbox import Outbox
from engage.people.caregiver import NewCaregiver
from engage.people.circle import store as circle
from engage.people.phone import PhoneNumber
from engage.people.sharing import store as sharing
from engage.people.sharing.grant import Verb
from engage.turns.planned import PlanChange
from tests.fakes import practice as fakes
from tests.fakes.carrier import FakeCarrier
from tests.store.conftest import House

ELENA = "+16025550151"
DAILY = "FREQ=DAILY;BYHOUR={}"
AFTER_ALL = UUID(int=(1 << 128) - 1)
"""An id after every other."""
MOST_PAGES = 10
"""Of a look that finds nothing; the hundred thousand rows stand on a thousand."""


async def begun(
    house: House,
    script: str = "chronic-care",
    thresholds: Mapping[str, float] | None = None,
    answerer: CaregiverId | None = None,
) -> CheckInPlanId:
    """Begin a plan that asks every day, the first time an hour from now."""
    plan = CheckInPlanId(fresh_id(house.clock))
    at = house.clock.now()
    # Phoenix is seven hours behind all year; the test's clock stands at a full hour or is moved.
    hour = (at + timedelta(hours=1)).hour - 7
    new = NewPlan(
        id=plan,
        practice_id=house.place.id,
        patient_id=house.rosa,
        script=script,
        cadence=DAILY.format(hour % 24),
        thresholds=thresholds or {},
        answerer_id=answerer,
    )
    async with house.databases.app.work([house.place.id], house.place.id) as work:
        await begin_plan(work, house.place.keys, load_all(), new, at, house.place.manager)
    return plan


async def comes(house: House, plan: CheckInPlanId) -> plans.Plan:
    """Put the clock to the plan's next moment and let the worker take it."""
    before = await look(house, plan)
    assert before.next_at is not None
    house.clock.set(before.next_at)
    await house.turns.check_in_due(house.place.id, plan)
    return await look(house, plan)


async def look(house: House, plan: CheckInPlanId) -> plans.Plan:
    """Return a plan as it stands."""
    async with house.databases.app.work([house.place.id], house.place.id) as work:
        found = await plans.plan_of(work, house.place.id, plan)
    assert found is not None
    return found


async def fates(house: House) -> list[tuple[str, str | None]]:
    """Return what became of each occurrence, the oldest first."""
    async with house.databases.app.work([house.place.id], house.place.id) as work:
        found = await plans.occurrences_of(work, house.place.id, house.rosa, AFTER_ALL, 50)
    return [(one.status, one.why) for one in reversed(found)]


async def elena(house: House) -> CaregiverId:
    """Add a caregiver of Rosa with a phone of her own."""
    caregiver = CaregiverId(fresh_id(house.clock))
    new = NewCaregiver(
        id=caregiver,
        given_name="Elena",
        family_name="Alvarez",
        language="es",
        phone=PhoneNumber(ELENA),
    )
    async with house.databases.app.work([house.place.id], house.place.id) as work:
        await circle.add_caregiver(
            work,
            house.place.keys,
            new,
            house.rosa,
            "daughter",
            at=house.clock.now(),
            by=SYSTEM,
        )
    return caregiver


async def allow(
    house: House, who: CaregiverId, *verbs: Verb, until: datetime | None = None
) -> GrantId:
    """Let Rosa allow a caregiver something of her check-ins."""
    one = GrantId(fresh_id(house.clock))
    async with house.databases.app.work([house.place.id], house.place.id) as work:
        await sharing.add(
            work,
            sharing.Grant(
                practice_id=house.place.id,
                id=one,
                patient_id=house.rosa,
                caregiver_id=who,
                category="check-ins",
                how="page",
                granted_at=house.clock.now(),
                verbs=verbs,
                until_at=until,
            ),
        )
    return one


async def helper(house: House) -> CaregiverId:
    """Add Elena, and let her answer for Rosa."""
    who = await elena(house)
    await allow(house, who, "see", "answer")
    return who


async def test_an_occurrence_asks_and_the_plan_moves_on(house: House) -> None:
    """At its moment the first question is on its way, and the plan waits for the next day."""
    plan = await begun(house)
    first = (await look(house, plan)).next_at
    after = await comes(house, plan)

    assert first is not None
    assert after.next_at == first + timedelta(days=1)
    assert await fates(house) == [("asked", None)]
    assert await house.rows("SELECT text_id, kind FROM message") == [
        ("checkin.feeling", "check-in")
    ]
    assert await house.one("SELECT due_at FROM due WHERE kind = 'checkin'") == after.next_at
    assert await house.one("SELECT instrument FROM screening") == "chronic-care"


async def test_taking_an_occurrence_twice_asks_once(house: House) -> None:
    """Behaviour 14: a worker that comes back for a plan that moved on asks nothing more."""
    plan = await begun(house)
    after = await comes(house, plan)
    await house.turns.check_in_due(house.place.id, plan)

    assert await house.one("SELECT count(*) FROM message") == 1
    assert await house.one("SELECT due_at FROM due WHERE kind = 'checkin'") == after.next_at


async def test_an_amber_answer_is_flagged_at_once_and_kept(house: House) -> None:
    """An answer is recorded, judged by its rule, and read back beside the flag it became."""
    plan = await begun(house)
    await comes(house, plan)
    await house.turns.text_in(house.place.door, house.text("3", 1))

    async with house.databases.app.work([house.place.id], house.place.id) as work:
        (screening,) = await plans.unanswered(work, house.place.id, plan)
        (given,) = await answered.answers_of(work, house.place.id, [screening])
        (said,) = await answered.said_of(work, house.place.id, house.rosa, [given.at])
    assert given.answer == Chosen("worse")
    assert given.reporter == "patient"
    assert (said.severity, said.reason) == ("routine", "check-in-amber")
    assert said.rule == "checkin/chronic-care/checkin.feeling/worse"


async def test_the_persons_own_threshold_decides(house: House) -> None:
    """A weight at the plan's threshold is red; the number is kept as it was told."""
    plan = await begun(house, "weight", {"weight.high": 185})
    await comes(house, plan)
    await house.turns.text_in(house.place.door, house.text("2", 1))
    await house.turns.text_in(house.place.door, house.text("185.5", 2))

    async with house.databases.app.work([house.place.id], house.place.id) as work:
        (one,) = await plans.occurrences_of(work, house.place.id, house.rosa, AFTER_ALL, 1)
        assert one.screening_id is not None
        kept = await answered.answers_of(work, house.place.id, [one.screening_id])
    assert Measured((185.5,)) in [one.answer for one in kept]
    assert await house.rows("SELECT severity, rule FROM flag WHERE rule LIKE 'checkin/%'") == [
        ("urgent", "checkin/weight/checkin.weight/weight.high")
    ]


async def test_a_caregiver_answers_on_her_own_phone(house: House) -> None:
    """Behaviour 39: she is texted in her language, and what she says is written down as hers."""
    plan = await begun(house, answerer=await helper(house))
    await comes(house, plan)
    await house.turns.text_in(house.place.door, house.text("peor", 1, ELENA))

    assert await house.rows(
        "SELECT l.phone_id = u.phone_id FROM message m"
        " JOIN line l ON l.id = m.line_id JOIN phone_use u ON u.caregiver_id IS NOT NULL"
        " WHERE m.text_id = 'checkin.feeling'"
    ) == [(True,)]
    assert await house.one("SELECT language FROM screening") == "es"
    assert await house.rows(
        "SELECT a.option, a.reporter, a.reporter_id = u.caregiver_id FROM answer a"
        " JOIN phone_use u ON u.caregiver_id IS NOT NULL"
    ) == [("worse", "caregiver", True)]
    assert await house.one("SELECT kind FROM check_in") == "proxy"


async def test_nobody_answers_for_her_without_being_allowed_to(house: House) -> None:
    """To see is not to answer: such a plan is refused, and no row of it is left."""
    who = await elena(house)
    with pytest.raises(NotAllowedToAnswer):
        await begun(house, answerer=who)
    await allow(house, who, "see")
    with pytest.raises(NotAllowedToAnswer):
        await begun(house, answerer=who)
    assert await house.one("SELECT count(*) FROM check_in_plan") == 0


async def test_a_plan_rests_when_it_may_not_be_answered(house: House) -> None:
    """What ran out before an occurrence asks nobody: the plan rests, once, and a person has it."""
    who = await elena(house)
    await allow(house, who, "see", "answer", until=house.clock.now() + timedelta(minutes=30))
    plan = await begun(house, answerer=who)
    after = await comes(house, plan)

    assert (after.status, after.paused_until) == ("paused", None)
    assert await fates(house) == [("missed", "not-allowed")]
    assert await house.rows("SELECT reason FROM flag") == [("answerer-not-allowed",)]
    assert await house.one("SELECT count(*) FROM queue_item WHERE owner_id IS NOT NULL") == 1
    assert await house.one("SELECT count(*) FROM message") == 0
    assert await house.one("SELECT count(*) FROM due WHERE kind = 'checkin'") == 0


async def test_what_is_asked_is_called_off_with_the_right_to_answer(house: House) -> None:
    """Rosa ends it while the question is open: it ends, the plan rests, no text of it leaves."""
    who = await helper(house)
    plan = await begun(house, answerer=who)
    await comes(house, plan)
    async with house.databases.app.work([house.place.id], house.place.id) as work:
        await house.turns.before_turn(work, house.place.id, house.rosa)
        await house.turns.sharing_ended(work, house.place.id, house.rosa, SYSTEM)

    assert (await look(house, plan)).status == "paused"
    assert await house.one("SELECT count(*) FROM conversation WHERE open") == 0
    assert await house.rows("SELECT status FROM message") == [("withdrawn",)]


async def test_a_held_question_is_not_sent_when_the_right_is_over(house: House) -> None:
    """It waited, and ran out: the sender withdraws it, and the plan rests as if it had come due."""
    who = await elena(house)
    await allow(house, who, "see", "answer", until=house.clock.now() + timedelta(hours=2))
    plan = await begun(house, answerer=who)
    await comes(house, plan)
    held = MessageId(UUID(str(await house.one("SELECT id FROM message"))))
    house.clock.set(house.clock.now() + timedelta(hours=3))
    carrier = FakeCarrier()
    outbox = Outbox(
        database=house.databases.worker,
        vault=house.vault,
        clock=house.clock,
        carrier=carrier,
        doors=Doors(house.databases.worker, house.vault),
        public_url="https://engage.example.org",
    )
    await outbox.send(house.place.id, held)
    assert carrier.sent == []
    assert await house.rows("SELECT status, status_reason FROM message") == [
        ("withdrawn", "not-shared")
    ]
    await house.turns.outcome_came(house.place.id, held)
    assert (await look(house, plan)).status == "paused"
    assert await house.one("SELECT count(*) FROM conversation WHERE open") == 0
    assert await house.rows("SELECT reason FROM flag") == [("answerer-not-allowed",)]


async def test_an_answer_that_comes_too_late_is_words_for_a_person(house: House) -> None:
    """It ran out between question and answer: nothing is recorded as an answer, a person reads."""
    who = await elena(house)
    await allow(house, who, "see", "answer", until=house.clock.now() + timedelta(hours=2))
    plan = await begun(house, answerer=who)
    await comes(house, plan)
    house.clock.set(house.clock.now() + timedelta(hours=3))
    await house.turns.text_in(house.place.door, house.text("peor", 1, ELENA))

    assert await house.one("SELECT count(*) FROM answer") == 0
    assert await house.one("SELECT count(*) FROM conversation WHERE open") == 0
    reasons = await house.rows("SELECT reason FROM flag ORDER BY reason")
    assert reasons == [("answerer-not-allowed",), ("caregiver-wrote",)]
    assert (await look(house, plan)).status == "paused"


async def test_a_busy_phone_is_waited_for_and_never_in_a_burst(house: House) -> None:
    """Behaviour 2: what waits when the next day comes is missed, and only the newest waits."""
    await house.starts()
    plan = await begun(house)
    await comes(house, plan)
    assert await fates(house) == [("asked", None)]
    await comes(house, plan)

    assert await fates(house) == [("missed", "next-one-came"), ("asked", None)]
    assert await house.one("SELECT count(*) FROM message WHERE text_id = 'checkin.feeling'") == 0
    assert await house.one("SELECT count(*) FROM conversation WHERE open") == 2


async def test_after_an_outage_only_the_latest_is_asked(house: House) -> None:
    """Behaviour 14: days without a worker are written down as missed, not asked one by one."""
    plan = await begun(house)
    first = (await look(house, plan)).next_at
    assert first is not None
    house.clock.set(first + timedelta(days=3, hours=1))
    await house.turns.check_in_due(house.place.id, plan)

    assert await fates(house) == [("missed", "too-late")] * 3 + [("asked", None)]
    assert await house.one("SELECT count(*) FROM message") == 1


async def test_who_cannot_be_texted_is_not(house: House) -> None:
    """Behaviour 13: STOP and leaving care silence a plan when it is due, not when it was made."""
    plan = await begun(house)
    await house.starts()
    await house.turns.text_in(house.place.door, house.text("STOP", 1))
    await comes(house, plan)
    await house.rows("UPDATE patient SET status = 'inactive' WHERE id = $1", house.rosa)
    await comes(house, plan)

    assert await fates(house) == [("missed", "opted-out"), ("missed", "not-in-care")]
    assert await house.one("SELECT count(*) FROM message WHERE text_id = 'checkin.feeling'") == 0


async def test_a_patient_without_a_phone_becomes_work(house: House) -> None:
    """Behaviour 20: a plan that no phone can carry is an item for somebody, and one only."""
    plan = await begun(house)
    await house.alter("UPDATE phone_use SET until_at = from_at + interval '1 second'")
    await comes(house, plan)
    await comes(house, plan)

    assert await fates(house) == [("missed", "no-phone")] * 2
    assert await house.rows("SELECT subject FROM queue_item WHERE closed_at IS NULL") == [
        ("delivery",)
    ]


async def test_pausing_calls_off_what_waits(house: House) -> None:
    """Behaviour 12: a paused plan asks nothing, wakes at its end, and makes up for nothing."""
    await house.starts()
    plan = await begun(house)
    await comes(house, plan)
    until = house.clock.now() + timedelta(days=3)
    async with house.databases.app.work([house.place.id], house.place.id) as work:
        change = PlanChange(status="paused", until=until)
        await house.turns.change_plan(work, house.place.id, plan, change)

    assert await fates(house) == [("missed", "called-off")]
    assert await house.one("SELECT due_at FROM due WHERE kind = 'checkin'") == until
    house.clock.set(until)
    await house.turns.check_in_due(house.place.id, plan)
    after = await look(house, plan)
    assert after.status == "active"
    assert after.next_at is not None
    assert after.next_at > until
    assert len(await fates(house)) == 1


async def test_skipping_and_ending(house: House) -> None:
    """One occurrence is left out and written down; an ended plan is due no more."""
    plan = await begun(house)
    before = (await look(house, plan)).next_at
    async with house.databases.app.work([house.place.id], house.place.id) as work:
        await house.turns.change_plan(work, house.place.id, plan, PlanChange(skip_next=True))
    assert before is not None
    assert (await look(house, plan)).next_at == before + timedelta(days=1)
    assert await fates(house) == [("skipped", "by-staff")]

    await comes(house, plan)
    async with house.databases.app.work([house.place.id], house.place.id) as work:
        await house.turns.change_plan(work, house.place.id, plan, PlanChange(status="ended"))
    assert await house.one("SELECT count(*) FROM due WHERE kind = 'checkin'") == 0
    assert await house.one("SELECT state ->> 'outcome' FROM conversation") == "cancelled"


async def test_what_cannot_be_kept_is_not_begun(house: House) -> None:
    """An unknown script, a stranger as answerer and a discharge nobody told us of are refused."""
    new = NewPlan(
        id=CheckInPlanId(fresh_id(house.clock)),
        practice_id=house.place.id,
        patient_id=house.rosa,
        script="chronic-care",
        cadence="FREQ=DAILY",
    )
    wrong = [
        (replace(new, script="nobody-knows"), NoSuchScript),
        (replace(new, answerer_id=CaregiverId(fresh_id(house.clock))), NotTheirHelper),
        (replace(new, anchor="discharge"), StartNeeded),
    ]
    for one, error in wrong:
        async with house.databases.app.work([house.place.id], house.place.id) as work:
            with pytest.raises(error):
                await begin_plan(work, house.place.keys, load_all(), one, house.clock.now(), None)
    assert await house.one("SELECT count(*) FROM check_in_plan") == 0


async def test_a_discharge_is_where_days_begin(house: House) -> None:
    """Without a day of its own a plan after a discharge counts from the newest one."""
    await house.rows(
        "INSERT INTO discharge (practice_id, id, patient_id, external_id, facility, discharged_at,"
        " status, source) VALUES ($1, $2, $3, 'V1', 'General', '2026-11-20T05:00:00Z',"
        " 'discharged', 'api')",
        house.place.id,
        fresh_id(house.clock),
        house.rosa,
    )
    plan = CheckInPlanId(fresh_id(house.clock))
    new = NewPlan(
        id=plan,
        practice_id=house.place.id,
        patient_id=house.rosa,
        script="post-discharge",
        cadence="FREQ=DAILY;COUNT=30",
        anchor="discharge",
    )
    async with house.databases.app.work([house.place.id], house.place.id) as work:
        await begin_plan(work, house.place.keys, load_all(), new, house.clock.now(), None)

    # Ten at night of the day before, in Phoenix.
    assert (await look(house, plan)).starts_on == date(2026, 11, 19)


async def test_ten_thousand_due_are_claimed_without_the_others(house: House) -> None:
    """What is due is found by its index: of a hundred thousand, those not due are never seen."""
    now = house.clock.now()
    await house.rows(
        "INSERT INTO due (kind, id, practice_id, due_at)"
        " SELECT 'checkin', gen_random_uuid(), $1,"
        " $2::timestamptz + (g - 9999) * interval '1 minute' / 9999"
        " FROM generate_series(0, 99999) AS g",
        house.place.id,
        now,
    )
    await house.alter("ANALYZE due")
    # Nothing due: the claim itself, the second time, when the catalogue is known.
    early = now - timedelta(hours=1)
    async with fakes.raw(house.databases.urls["admin"]) as admin:
        for _ in range(2):
            looked = await admin.fetch(
                "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) SELECT * FROM"
                " due_claim('checkin', $1, $1::timestamptz + interval '5 minutes', 100)",
                early,
            )
    touched = re.search(r"shared hit=(\d+)", "\n".join(row[0] for row in looked))
    assert touched is not None
    assert int(touched[1]) <= MOST_PAGES

    plan = await house.rows(
        "EXPLAIN (ANALYZE, FORMAT TEXT, TIMING OFF) SELECT d.id FROM due d"
        " WHERE d.kind = 'checkin' AND d.due_at <= $1 ORDER BY d.due_at LIMIT 8",
        now,
    )
    said = "\n".join(str(line) for (line,) in plan)
    assert "due_next" in said
    assert "Seq Scan" not in said
    assert "rows=8" in said

    claimed = 0
    async with house.databases.worker.work() as work:
        while rows := await work.table(
            "due_claim", "checkin", now, now + timedelta(minutes=5), 2500
        ):
            claimed += len(rows)
    assert claimed == 10_000
    left = "SELECT count(*) FROM due WHERE kind = 'checkin' AND tries = 0 AND due_at > $1"
    assert await house.one(left, now) == 90_000


async def test_another_practice_sees_no_plan(house: House) -> None:
    """A practice is a wall: plans and occurrences of one are not there for another."""
    plan = await begun(house)
    await comes(house, plan)
    other = await fakes.open_practice(house.databases.app, house.vault, house.clock, 2)

    async with house.databases.app.work([other.id], other.id) as work:
        assert await plans.plan_of(work, house.place.id, plan) is None
        assert await plans.plans_of(work, house.place.id, PatientId(house.rosa)) == ()
