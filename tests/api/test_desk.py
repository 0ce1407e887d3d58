"""Work in hand: it rests and wakes, goes to colleagues, comes back, joins other work."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from engage.ids import CoverId, QueueItemId
from engage.queue.coverage import Rounds
from tests.api.conftest import House, Member
from tests.api.story import Practice
from tests.fakes.practice import raw

WHILE = timedelta(minutes=10)
"""A while: shorter than anybody stays signed in."""


async def _do(
    house: House, who: Member, path: str, method: str = "POST", **body: object
) -> tuple[int, Any]:
    answer = await house.client.request(method, f"/v1{path}", json=body, headers=who.headers)
    return answer.status_code, answer.json()


async def _get(house: House, who: Member, path: str) -> Any:  # noqa: ANN401 - a JSON body
    answer = await house.client.get(f"/v1{path}", headers=who.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _due(house: House, kind: str) -> list[Any]:
    async with raw(house.databases.urls["admin"]) as admin:
        return await admin.fetch("SELECT id, due_at FROM due WHERE kind = $1 ORDER BY due_at", kind)


async def _audited(house: House, action: str) -> int:
    async with raw(house.databases.urls["admin"]) as admin:
        return await admin.fetchval("SELECT count(*) FROM audit WHERE action = $1", action)


async def _mine(house: House) -> QueueItemId:
    item = await house.item()
    await _do(house, house.north.dana, f"/queue/{item}/claim")
    return item


def _rounds(house: House) -> Rounds:
    return Rounds(database=house.databases.worker, clock=house.clock)


async def _views(house: House, who: Member, item: object) -> set[str]:
    counts = await _get(house, who, "/queue/counts")
    seen: set[str] = set()
    for view, count in counts.items():
        found = {one["id"] for one in (await _get(house, who, f"/queue?view={view}"))["items"]}
        assert count == len(found), view
        if str(item) in found:
            seen.add(view)
    return seen


async def test_work_rests_until_its_moment(house: House) -> None:
    """Behaviour 33: it keeps owner and due time, is in nobody's way, and wakes by a row due."""
    dana, sam = house.north.dana, house.north.sam
    item = await _mine(house)
    before = await _get(house, dana, f"/queue/{item}")
    until = house.clock.now() + WHILE

    others = await _do(house, sam, f"/queue/{item}/snooze", until=until.isoformat())
    past = await _do(house, dana, f"/queue/{item}/snooze", until=(until - 2 * WHILE).isoformat())
    never = await _do(house, dana, f"/queue/{item}/snooze")
    status, asleep = await _do(house, dana, f"/queue/{item}/snooze", until=until.isoformat())

    assert (others[0], others[1]["code"]) == (409, "already-claimed")
    assert {past[1]["code"], never[1]["code"]} == {"when-to-wake"}
    assert status == 200
    for kept in ("owner", "due_at", "severity", "status", "waiting_since"):
        assert asleep[kept] == before[kept]
    assert await _views(house, dana, item) == {"snoozed", "all"}
    assert [row["due_at"] for row in await _due(house, "snooze")] == [until]

    await _rounds(house).wake(house.north.id, item)
    assert (await _get(house, dana, f"/queue/{item}"))["snoozed"] is not None
    house.clock.set(until)
    await Practice(house).work()
    woken = await _get(house, dana, f"/queue/{item}")
    assert woken["snoozed"] is None
    assert await _due(house, "snooze") == []
    assert await _audited(house, "item.woken") == 1


async def test_thanks_let_it_rest_and_trouble_wakes_it(house: House) -> None:
    """Behaviour 33: "ok thanks" wakes nothing; what is worth a flag wakes it, and is kept."""
    dana = house.north.dana
    item = await _mine(house)
    await house.text_in("never")
    until = house.clock.now() + WHILE
    # Nobody has to ask for it: a time that is chosen is "or a reply".
    await _do(house, dana, f"/queue/{item}/snooze", until=until.isoformat())
    house.clock.advance(timedelta(minutes=1))
    await house.text_in("ok thanks")
    rested = (await _get(house, dana, f"/queue/{item}"))["snoozed"]
    await house.text_in("my ride fell through and nobody can take me to dialysis")
    woken = await _get(house, dana, f"/queue/{item}")

    assert rested["for_reply"] is True
    assert woken["snoozed"] is None
    assert woken["snooze_again_until"] is not None
    _, again = await _do(house, dana, f"/queue/{item}/snooze")
    assert again["snoozed"]["until"] == woken["snooze_again_until"]


async def test_a_crisis_never_rests(house: House) -> None:
    """Behaviour 33: a crisis can't be snoozed, and the database would not keep it asleep."""
    dana = house.north.dana
    item = await _mine(house)
    until = (house.clock.now() + WHILE).isoformat()
    await _do(house, dana, f"/queue/{item}/snooze", until=until)
    async with raw(house.databases.urls["admin"]) as admin:
        await admin.execute("UPDATE queue_item SET severity = 'crisis' WHERE id = $1", item)
    raised = await _get(house, dana, f"/queue/{item}")

    status, refused = await _do(house, dana, f"/queue/{item}/snooze", until=until)

    assert raised["snoozed"] is None
    assert (status, refused["code"]) == (409, "never-rests")


async def test_work_is_handed_over_with_all_that_stands_around_it(house: House) -> None:
    """Behaviour 35: to somebody present, with a reason; unread stays so; a packet goes along."""
    dana, sam = house.north.dana, house.north.sam
    item = await _mine(house)
    before = await _get(house, dana, f"/queue/{item}")
    await _do(
        house, dana, f"/queue/{item}/notes", body="I promised a call by Friday", kind="promise"
    )
    house.clock.advance(timedelta(minutes=1))
    await house.text_in("my ride fell through")
    stranger = house.south.dana.id
    to_nobody = await _do(house, dana, f"/queue/{item}/hand-over", to=str(stranger), reason="x")
    not_mine = await _do(house, sam, f"/queue/{item}/hand-over", to=str(sam.id), reason="x")

    status, given = await _do(
        house, dana, f"/queue/{item}/hand-over", to=str(sam.id), reason="speaks with the family"
    )
    packet = await _get(house, sam, f"/queue/{item}/handover")
    await _do(house, dana, f"/threads/{before['thread_id']}/messages", body="We will call you.")
    answered = await _get(house, sam, f"/queue/{item}/handover")

    assert (to_nobody[0], to_nobody[1]["code"]) == (422, "not-here")
    assert (not_mine[0], not_mine[1]["code"]) == (409, "already-claimed")
    assert (status, given["owner"]["id"], given["status"]) == (200, str(sam.id), "ready")
    assert given["claimed_at"] is None
    assert {one["kind"] for one in given["notes"]} == {"handed-over", "promise"}
    assert [one["domain"] for one in packet["open_needs"]]
    assert [one["body"] for one in packet["promises"]] == ["I promised a call by Friday"]
    assert [one["body"] for one in packet["unanswered"]] == ["my ride fell through", "often"]
    assert answered["unanswered"] == []
    assert "We will call you." in [one["body"] for one in answered["scheduled"]]
    assert packet["next_visit"] is None
    assert "I promised" not in str(
        await _get(house, dana, f"/threads/{before['thread_id']}/messages")
    )
    boss = house.north.admin
    back = await _do(house, boss, f"/queue/{item}/hand-over", to=str(dana.id), reason="directs")
    assert back[1]["owner"]["id"] == str(dana.id)


async def test_what_was_closed_opens_again(house: House) -> None:
    """Behaviour 34: one's own closing is undone for ten seconds; later it takes a reason."""
    dana, sam = house.north.dana, house.north.sam
    item = await _mine(house)
    before = await _get(house, dana, f"/queue/{item}")
    early = await _do(house, dana, f"/queue/{item}/reopen")
    await _do(house, dana, f"/queue/{item}/complete", outcome="reached-patient")
    anothers = await _do(house, sam, f"/queue/{item}/reopen")
    status, undone = await _do(house, dana, f"/queue/{item}/reopen")
    await _do(house, dana, f"/queue/{item}/complete", outcome="reached-patient")
    house.clock.advance(timedelta(seconds=11))
    late = await _do(house, dana, f"/queue/{item}/reopen")
    reopened = await _do(house, sam, f"/queue/{item}/reopen", reason="the box never came")

    assert early[1]["code"] == "not-closed"
    assert anothers[1]["code"] == late[1]["code"] == "why-again"
    assert (status, undone["outcome"], undone["due_at"]) == (200, None, before["due_at"])
    assert reopened[1]["owner"]["id"] == str(sam.id)
    assert reopened[1]["notes"][0]["body"] == "the box never came"
    assert reopened[1]["due_at"] >= before["due_at"]


async def test_work_of_one_patient_is_joined_and_taken_apart(house: House) -> None:
    """Merged work leaves the queue and comes back as it was; notes stay where they were written."""
    dana = house.north.dana
    item = await house.item()
    await house.text_in("my ride fell through")
    listed = (await _get(house, dana, "/queue"))["items"]
    other = next(one["id"] for one in listed if one["id"] != str(item))
    mine, theirs = (
        await _get(house, dana, f"/queue/{item}"),
        await _get(house, dana, f"/queue/{other}"),
    )
    await _do(house, dana, f"/queue/{item}/notes", body="beside the first")

    itself = await _do(house, dana, f"/queue/{item}/merge", into=str(item))
    status, merged = await _do(house, dana, f"/queue/{item}/merge", into=other)
    whole = await _get(house, dana, f"/queue/{other}")
    parted = await _do(house, dana, f"/queue/{item}/unmerge")
    again = await _get(house, dana, f"/queue/{other}")
    twice = await _do(house, dana, f"/queue/{item}/unmerge")

    assert itself[1]["code"] == "not-one-patient"
    assert (status, merged["outcome"], merged["merged_into"]) == (200, "merged", other)
    assert [one["id"] for one in whole["parts"]] == [str(item)]
    assert [one["item_id"] for one in whole["notes"]] == [str(item)]
    assert whole["due_at"] == min(mine["due_at"], theirs["due_at"])
    assert whole["waiting_since"] == min(mine["waiting_since"], theirs["waiting_since"])
    assert parted[0] == 200
    for kept in ("due_at", "severity", "owner", "status", "subject", "waiting_since"):
        assert parted[1][kept] == mine[kept]
    assert (again["due_at"], again["severity"]) == (theirs["due_at"], theirs["severity"])
    assert (again["parts"], again["notes"]) == ([], [])
    assert twice[1]["code"] == "not-part-of-another"


async def test_what_is_awake_does_not_fall_asleep_in_what_rests(house: House) -> None:
    """Behaviour 33: work that joins resting work wakes it: nobody has said that it may wait."""
    dana, item = house.north.dana, await _mine(house)
    await house.text_in("my ride fell through")
    listed = (await _get(house, dana, "/queue"))["items"]
    other = next(one["id"] for one in listed if one["id"] != str(item))
    until = (house.clock.now() + WHILE).isoformat()
    await _do(house, dana, f"/queue/{item}/snooze", until=until)
    status, _ = await _do(house, dana, f"/queue/{other}/merge", into=str(item))

    assert status == 200
    assert (await _get(house, dana, f"/queue/{item}"))["snoozed"] is None
    assert "mine" in await _views(house, dana, item)


async def test_a_crisis_that_goes_to_a_colleague_tells_them_at_once(house: House) -> None:
    """Behaviour 30: who is handed a crisis, or gets it as a leave begins, hears of it then."""
    dana, sam, boss = house.north.dana, house.north.sam, house.north.admin
    await house.patient()
    await house.text_in("i want to die")
    (crisis,) = (await _get(house, dana, "/queue?view=crises"))["items"]
    path, practice = f"/queue/{crisis['id']}", Practice(house)
    await practice.work()
    await _do(house, dana, f"{path}/claim")
    await _do(house, dana, f"{path}/hand-over", to=str(sam.id), reason="I must leave")
    await practice.work()
    handed = (await _get(house, sam, path))["paging"]["pages"]
    await _do(house, sam, f"{path}/claim")
    now = house.clock.now()
    leave = {
        "absent_id": str(sam.id),
        "cover_id": str(boss.id),
        "from_at": (now + timedelta(minutes=1)).isoformat(),
        "until_at": (now + WHILE).isoformat(),
    }
    assert (await _do(house, sam, "/covers", **leave))[0] == 201
    house.clock.set(now + timedelta(minutes=1))
    await practice.work()
    after = await _get(house, boss, path)

    assert {one["why"] for one in handed if one["staff"]["id"] == str(sam.id)} == {"owns the item"}
    assert after["owner"]["id"] != str(sam.id)
    assert after["paging"]["acknowledged_by"] is None
    assert after["owner"]["id"] in {one["staff"]["id"] for one in after["paging"]["pages"][-4:]}


async def test_thanks_wake_nothing_and_start_no_clock(house: House) -> None:
    """Behaviours 32 and 33: manners are kept with the work; more than manners wakes it."""
    dana, patient = house.north.dana, await house.patient()
    await house.text_in("can I bring my dog")
    (item,) = (await _get(house, dana, f"/queue?patient={patient}"))["items"]
    await _do(house, dana, f"/queue/{item['id']}/claim")
    spoken = {"channel": "phone", "outcome": "reached-patient"}
    await _do(house, dana, f"/patients/{patient}/contacts", **spoken)
    until = (house.clock.now() + WHILE).isoformat()
    rest = {"until": until, "for_reply": True}
    await _do(house, dana, f"/queue/{item['id']}/snooze", **rest)
    before = await _get(house, dana, f"/queue/{item['id']}")
    for words in ("ok thanks", "Muchas gracias!", "Thank you so much"):
        await house.text_in(words)
    after = await _get(house, dana, f"/queue/{item['id']}")
    assert before["snoozed"] is not None
    for kept in ("snoozed", "due_at", "waiting_since"):
        assert after[kept] == before[kept]
    assert len(after["flags"]) == 4

    await house.text_in("thanks but can I bring my dog")
    woken = await _get(house, dana, f"/queue/{item['id']}")
    assert (woken["snoozed"], woken["waiting_since"] is None) == (None, False)


async def test_what_comes_about_joined_work_comes_to_the_work_it_is_part_of(house: House) -> None:
    """Whoever writes again about merged work opens nothing new, through two mergers as well."""
    dana = house.north.dana
    patient = await house.patient()
    for words in ("I ran out of food", "my ride fell through", "they will shut off my lights"):
        house.clock.set(house.clock.now() + timedelta(minutes=1))
        await house.text_in(words)
    listed = (await _get(house, dana, "/queue?view=all"))["items"]
    work = {one["subject"]: one["id"] for one in listed if one["patient"]["id"] == str(patient)}
    assert len(work) >= 3, set(work)
    first, *others = work.values()
    whole = first
    for part in others:
        assert (await _do(house, dana, f"/queue/{whole}/merge", into=part))[0] == 200
        whole = part
    before = await _get(house, dana, f"/queue/{whole}")

    house.clock.set(house.clock.now() + timedelta(minutes=1))
    await house.text_in("my ride fell through")
    after = await _get(house, dana, f"/queue/{whole}")
    assert [one["id"] for one in (await _get(house, dana, "/queue?view=all"))["items"]] == [whole]
    assert len(after["flags"]) > len(before["flags"])

    # Taken apart it is work of its own; what came meanwhile stays where it came.
    apart = others[-2]
    assert (await _do(house, dana, f"/queue/{apart}/unmerge"))[0] == 200
    listed = (await _get(house, dana, "/queue?view=all"))["items"]
    assert {one["id"] for one in listed} == {whole, apart}
    assert len((await _get(house, dana, f"/queue/{whole}"))["flags"]) == len(after["flags"])


async def test_a_crisis_is_joined_to_nothing(house: House) -> None:
    """A crisis stays a piece of work of its own, and work of others can't be joined either."""
    dana = house.north.dana
    item = await house.item()
    await house.text_in("I want to kill myself")
    (crisis,) = (await _get(house, dana, "/queue?view=crises"))["items"]
    one = await _do(house, dana, f"/queue/{crisis['id']}/merge", into=str(item))
    two = await _do(house, dana, f"/queue/{item}/merge", into=crisis["id"])
    second = await house.patient(external_id="B-2", phone="+16025550188")
    await house.screening(second)
    await house.text_in("often", sender="+16025550188")
    listed = (await _get(house, dana, "/queue"))["items"]
    foreign = next(x["id"] for x in listed if x["patient"]["id"] == str(second))
    three = await _do(house, dana, f"/queue/{item}/merge", into=foreign)
    await _do(house, dana, f"/queue/{crisis['id']}/complete", outcome="reached-patient")
    ended = await _get(house, dana, f"/queue/{crisis['id']}")
    _, climbs = await _do(house, dana, f"/queue/{crisis['id']}/reopen", reason="she called back")

    # Opened again it climbs again, after whoever opened it has had it for a while.
    assert ended["paging"]["next_at"] is None
    assert climbs["paging"]["next_at"] is not None
    assert climbs["paging"]["acknowledged_by"]["id"] == str(dana.id)
    assert one[1]["code"] == two[1]["code"] == "grave-alone"
    assert (three[0], three[1]["code"]) == (422, "not-one-patient")


async def test_who_has_it_open_is_seen_for_half_a_minute(house: House) -> None:
    """Presence is on the row and in the answer, says itself once, and stops nobody."""
    dana, sam = house.north.dana, house.north.sam
    item = await house.item()

    async def said() -> int:
        async with raw(house.databases.urls["admin"]) as admin:
            return await admin.fetchval("SELECT count(*) FROM feed WHERE subject_id = $1", item)

    start = await said()
    await _do(house, dana, f"/queue/{item}/presence", "PUT")
    first = await said()
    house.clock.advance(timedelta(seconds=10))
    await _do(house, dana, f"/queue/{item}/presence", "PUT")
    still = await said()
    _, here = await _do(house, sam, f"/queue/{item}/presence", "PUT", writing=True)
    (row,) = [x for x in (await _get(house, sam, "/queue"))["items"] if x["id"] == str(item)]
    house.clock.advance(timedelta(seconds=31))
    gone = await _get(house, sam, f"/queue/{item}")
    claimed = await _do(house, sam, f"/queue/{item}/claim")

    assert (first, still) == (start + 1, start + 1)
    assert {(x["staff"]["id"], x["writing"]) for x in here["here"]} == {
        (str(dana.id), False),
        (str(sam.id), True),
    }
    assert row["here"] == here["here"]
    assert gone["here"] == []
    assert claimed[0] == 200


async def test_the_same_request_for_many_does_nothing_twice(house: House) -> None:
    """Under one key what was done is answered as done, and only what was refused is tried again."""
    dana, item = house.north.dana, await house.item()
    await house.text_in("I want to kill myself")
    (crisis,) = (await _get(house, dana, "/queue?view=crises"))["items"]
    done = {"type": "complete", "outcome": "reached-patient"}
    body = {"items": [str(item), crisis["id"]], "step": done}

    async def ask(**other: object) -> list[int]:
        headers = {**dana.headers, "Idempotency-Key": "the-same"}
        path = "/v1/queue/bulk"
        answer = await house.client.post(path, json=body | other, headers=headers)
        return [one["status"] for one in answer.json()["results"]]

    first = await ask()
    closed = await _get(house, dana, f"/queue/{item}")
    assert (first, await ask()) == ([200, 409], [200, 409])
    assert await _get(house, dana, f"/queue/{item}") == closed
    assert await _audited(house, "item.completed") == 1
    # The key is for what it was first said with.
    assert (await ask(step={"type": "claim"}))[0] == 422


async def test_each_of_many_has_its_own_result(house: House) -> None:
    """In bulk each item is done or refused by itself, and no crisis is closed that way."""
    dana = house.north.dana
    item = await house.item()
    await house.text_in("I want to kill myself")
    (crisis,) = (await _get(house, dana, "/queue?view=crises"))["items"]
    nobody = "0193a000-0000-7000-8000-000000000001"

    async def many(step: dict[str, object]) -> list[tuple[int, str | None]]:
        _, body = await _do(
            house, dana, "/queue/bulk", items=[str(item), crisis["id"], nobody], step=step
        )
        return [
            (one["status"], one["problem"] and one["problem"]["code"]) for one in body["results"]
        ]

    until = (house.clock.now() + WHILE).isoformat()
    claimed = await many({"type": "claim"})
    snoozed = await many({"type": "snooze", "until": until})
    _, sams = await _do(
        house, house.north.sam, "/queue/bulk", items=[crisis["id"]], step={"type": "claim"}
    )
    labelled = await many({"type": "relabel", "labels": ["food"], "urgency": "routine"})
    closed = await many({"type": "complete", "outcome": "reached-patient"})
    left = await _get(house, dana, f"/queue/{crisis['id']}")
    given = await many({"type": "hand-over", "to": str(house.north.sam.id), "reason": "leave"})
    twice = await _do(house, dana, "/queue/bulk", items=[str(item)] * 2, step={"type": "claim"})

    assert claimed == [(200, None), (200, None), (404, "not-found")]
    assert snoozed == [(200, None), (409, "never-rests"), (404, "not-found")]
    (late,) = sams["results"]
    assert (late["status"], late["problem"]["code"]) == (409, "already-claimed")
    assert late["problem"]["held_by"]["name"] == "Dana Whitfield"
    assert labelled == [(200, None), (200, None), (404, "not-found")]
    assert closed == [(200, None), (409, "grave-alone"), (404, "not-found")]
    assert left["closed_at"] is None
    assert given == [(409, "already-closed"), (200, None), (404, "not-found")]
    assert twice[0] == 422
    assert "done-today" in await _views(house, dana, item)


async def test_canned_replies_are_filled_in_the_patients_language(house: House) -> None:
    """A variable that nobody fills is refused; what is offered comes filled and counted."""
    dana, boss = house.north.dana, house.north.admin
    rosa = await house.patient()
    bodies = {"en": "Hi {given_name}, {care_manager} of {practice}.", "es": "Hola {given_name}."}
    mine = await _do(house, dana, "/canned-replies", title="Hello", bodies=bodies)
    wrong = await _do(house, boss, "/canned-replies", title="x", bodies={"en": "Hi {surname}"})
    none = await _do(house, boss, "/canned-replies", title="x", bodies={})
    status, made = await _do(house, boss, "/canned-replies", title="Hello", bodies=bodies)
    both = (await _get(house, dana, "/canned-replies"))["items"][0]["filled"]
    (hers,) = (await _get(house, dana, f"/canned-replies?patient={rosa}"))["items"]
    changed = await _do(
        house, boss, f"/canned-replies/{made['id']}", "PATCH", bodies={"es": "Hola"}
    )
    not_hers = (await _get(house, dana, f"/canned-replies?patient={rosa}"))["items"]
    await _do(house, boss, f"/canned-replies/{made['id']}", "PATCH", retired=True)

    assert mine[0] == 403
    assert (wrong[0], wrong[1]["code"], none[1]["code"]) == (422, "unknown-variable", "no-words")
    assert status == 201
    assert [one["language"] for one in both] == ["en", "es"]
    (filled,) = hers["filled"]
    assert filled["body"] == "Hi Rosa, Dana of North Clinic."
    assert (filled["language"], filled["segments"]) == ("en", 1)
    assert changed[1]["version"] == 2
    assert not_hers == []
    assert (await _get(house, dana, "/canned-replies"))["items"] == []


async def test_lists_are_kept_for_each_person(house: House) -> None:
    """What somebody keeps at hand is theirs, and comes back as it was put."""
    views = [{"name": "Grave and mine", "view": "mine", "severity": "crisis"}]
    none = await _get(house, house.north.dana, "/me/views")
    await _do(house, house.north.dana, "/me/views", "PUT", views=views)
    wrong = await _do(house, house.north.dana, "/me/views", "PUT", views=[{"name": ""}])

    (kept,) = (await _get(house, house.north.dana, "/me/views"))["views"]
    assert none == {"views": []}
    assert wrong[0] == 400
    assert {name: kept[name] for name in views[0]} == views[0]
    assert (await _get(house, house.north.sam, "/me/views"))["views"] == []


async def test_leave_moves_work_visibly(house: House) -> None:
    """Behaviour 28: at the moment a leave begins open work goes to who covers, and stays there."""
    dana, sam, boss = house.north.dana, house.north.sam, house.north.admin
    item = await _mine(house)
    now = house.clock.now()
    body = {
        "absent_id": str(dana.id),
        "cover_id": str(sam.id),
        "from_at": (now + WHILE).isoformat(),
        "until_at": (now + 3 * WHILE).isoformat(),
    }
    others = await _do(house, sam, "/covers", **body)
    odd = await _do(house, boss, "/covers", **(body | {"cover_id": str(dana.id)}))
    status, leave = await _do(house, boss, "/covers", **body)
    owner = (await _get(house, dana, f"/queue/{item}"))["owner"]["id"]
    house.clock.set(now + WHILE)
    await Practice(house).work()
    moved = await _get(house, sam, f"/queue/{item}")
    people = {one["staff"]["id"]: one for one in (await _get(house, sam, "/staff"))["items"]}
    (row,) = await _due(house, "cover")
    ended = await _do(
        house, boss, f"/covers/{leave['id']}", "PATCH", until_at=(now + 2 * WHILE).isoformat()
    )
    house.clock.set(now + 2 * WHILE)
    await _rounds(house).leave(house.north.id, CoverId(UUID(leave["id"])))

    assert others[0] == 403
    assert odd[1]["code"] == "not-a-cover"
    assert status == 201
    assert owner == str(dana.id)
    assert moved["owner"]["id"] == str(sam.id)
    assert moved["waiting_since"] is not None
    assert "who had it is away" in moved["owner_why"]
    assert await _audited(house, "item.moved-on") == 1
    assert people[str(dana.id)]["present"] is False
    assert people[str(dana.id)]["away"]["cover"] == str(sam.id)
    assert people[str(sam.id)]["open_items"] == 1
    assert row["due_at"] == now + 3 * WHILE
    assert ended[0] == 200
    assert (await _get(house, sam, f"/queue/{item}"))["owner"]["id"] == str(sam.id)
    assert await _due(house, "cover") == []


async def test_routing_asks_what_is_written_of_somebodys_work(house: House) -> None:
    """Who holds as much as they should is passed over, in a turn and a release, and it says so."""
    dana, boss = house.north.dana, house.north.admin
    rosa = await house.patient(care_manager_id=str(dana.id))
    await house.screening(rosa)
    await house.text_in("often")
    ((first,),) = [[one["id"] for one in (await _get(house, dana, "/queue"))["items"]]]
    status, duty = await _do(
        house,
        boss,
        f"/staff/{dana.id}/duty",
        "PUT",
        capacity=1,
        hours={day: [["00:00", "23:59"]] for day in ("mon", "tue", "wed", "thu", "fri")},
        languages=["es"],
    )
    odd = await _do(
        house, boss, f"/staff/{dana.id}/duty", "PUT", hours={"mon": [["09:00", "09:00"]]}
    )
    stale, fresh = [
        await house.client.put(
            f"/v1/staff/{dana.id}/duty",
            json={"capacity": 1, "languages": ["es"]},
            headers=boss.headers | {"If-Match": tag},
        )
        for tag in ('"0"', f'"{duty["version"]}"')
    ]
    await house.text_in("my ride fell through")
    listed = (await _get(house, dana, "/queue"))["items"]
    second = next(one for one in listed if one["id"] != first)

    assert (status, duty["capacity"], duty["languages"]) == (200, 1, ["es"])
    assert odd[0] == 422
    assert (stale.status_code, fresh.status_code) == (412, 200)
    assert fresh.json()["version"] == duty["version"] + 1
    assert second["owner"]["id"] != str(dana.id)
    assert "has as much as they should" in second["owner_why"]
    claimed = await _do(house, dana, f"/queue/{second['id']}/claim")
    released = await _do(house, dana, f"/queue/{second['id']}/release")
    assert claimed[0] == 200
    assert released[1]["owner"]["id"] != str(dana.id)
