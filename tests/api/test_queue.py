"""The queue: ordered, claimed by exactly one, closed with what became of it."""

import asyncio
from datetime import UTC, datetime
from typing import get_args
from uuid import UUID

import httpx
import pytest
from sqlalchemy import bindparam, update

from engage.conversation.severity import Severity
from engage.db.session import Query
from engage.db.tables import flag
from engage.ids import FlagId
from engage.queue.board.store import LONGEST_EXCERPT, View, beginning, excerpt_of
from engage.queue.store import FlagSeen
from tests.api.conftest import House, Member


async def _do(house: House, who: Member, step: str, item: object, **more: object) -> httpx.Response:
    headers = who.headers | {k: str(v) for k, v in more.items() if k == "If-Match"}
    body = {k: v for k, v in more.items() if k != "If-Match"} or None
    return await house.client.post(f"/v1/queue/{item}/{step}", json=body, headers=headers)


async def test_of_many_claims_one_wins_and_the_others_hear_who(house: House) -> None:
    """Twenty claims at once: one person has it, every other is told who and since when."""
    item, people = await house.item(), (house.north.dana, house.north.sam)

    answers = await asyncio.gather(*(_do(house, people[n % 2], "claim", item) for n in range(20)))

    won = {one.json()["owner"]["id"] for one in answers if one.status_code == 200}
    lost = [one.json() for one in answers if one.status_code == 409]
    assert len(won) == 1
    assert len(lost) == 10
    for problem in lost:
        assert problem["code"] == "already-claimed"
        assert problem["held_by"]["staff_id"] in won
        assert problem["held_by"]["name"].endswith("Whitfield")
        assert problem["held_by"]["since"]


async def test_a_released_item_has_an_owner(house: House) -> None:
    """What is given back is nobody's claim, but always somebody's work."""
    item = await house.item()
    early = await _do(house, house.north.dana, "release", item)
    await _do(house, house.north.dana, "claim", item)
    theirs = await _do(house, house.north.sam, "release", item)
    given = await _do(house, house.north.dana, "release", item)

    assert (early.status_code, theirs.status_code) == (409, 409)
    assert given.json()["status"] == "ready"
    assert given.json()["owner"]["id"]
    assert given.json()["owner_why"]
    assert given.json()["claimed_at"] is None


async def test_closing_needs_an_outcome(house: House) -> None:
    """An item closes once, with an outcome from the list."""
    item = await house.item()
    without = await _do(house, house.north.dana, "complete", item, note="done")
    unknown = await _do(house, house.north.dana, "complete", item, outcome="fine")
    closed = await _do(house, house.north.dana, "complete", item, outcome="reached-patient")
    again = await _do(house, house.north.dana, "complete", item, outcome="reached-patient")

    assert (without.status_code, unknown.status_code) == (400, 400)
    assert closed.json()["status"] == "completed"
    assert closed.json()["closed_at"]
    assert (again.status_code, again.json()["code"]) == (409, "already-closed")
    left = await house.client.get("/v1/queue", headers=house.north.dana.headers)
    assert str(item) not in left.text


async def test_a_crisis_needs_what_became_of_the_person(house: House) -> None:
    """A crisis can't be closed as "no action needed"."""
    await house.item()
    await house.text_in("I want to kill myself")
    dana = house.north.dana
    (crisis,) = (await house.client.get("/v1/queue?view=crises", headers=dana.headers)).json()[
        "items"
    ]
    first = (await house.client.get("/v1/queue", headers=dana.headers)).json()["items"][0]

    lightly = await _do(house, dana, "complete", crisis["id"], outcome="no-action-needed")
    rightly = await _do(house, dana, "complete", crisis["id"], outcome="reached-patient")

    assert first["id"] == crisis["id"]
    assert (lightly.status_code, lightly.json()["code"]) == (422, "needs-crisis-outcome")
    assert rightly.status_code == 200


async def test_a_change_on_an_old_version_is_refused(house: House) -> None:
    """If-Match holds for steps of the queue, too."""
    item = await house.item()
    stale = await _do(house, house.north.dana, "claim", item, **{"If-Match": '"99"'})
    fresh = await _do(house, house.north.dana, "claim", item, **{"If-Match": '"1"'})

    assert stale.status_code == 412
    assert fresh.status_code == 200
    assert fresh.headers["etag"] == '"2"'


async def test_views(house: House) -> None:
    """Each view shows its part: mine, my patients', nobody's yet, everything."""
    item = await house.item()
    await _do(house, house.north.dana, "claim", item)

    async def ids(who: Member, query: str) -> set[str]:
        answer = await house.client.get(f"/v1/queue?{query}", headers=who.headers)
        return {one["id"] for one in answer.json()["items"]}

    dana, sam, it = house.north.dana, house.north.sam, {str(item)}
    assert it <= await ids(dana, "view=mine")
    assert not it & await ids(sam, "view=mine")
    assert it <= await ids(dana, "view=team")
    assert not it & await ids(sam, "view=team")
    assert not it & await ids(sam, "view=unclaimed")
    assert it <= await ids(sam, "view=all")
    assert it <= await ids(sam, f"owner={dana.id}")
    assert not it & await ids(sam, "severity=crisis")


async def test_pages_lose_and_repeat_nothing(house: House) -> None:
    """All items come once, the most severe and the soonest due first, however small the page."""
    for number in range(5):
        phone = f"+1602555{110 + number:04}"
        patient = await house.patient(external_id=f"A-{number}", phone=phone)
        await house.screening(patient)
        await house.text_in("often", sender=phone)
    whole = (await house.client.get("/v1/queue", headers=house.north.dana.headers)).json()
    seen: list[str] = []
    cursor = ""
    while True:
        page = (
            await house.client.get(f"/v1/queue?limit=2{cursor}", headers=house.north.dana.headers)
        ).json()
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"

    assert seen == [one["id"] for one in whole["items"]]
    assert len(seen) == len(set(seen)) >= 5


async def test_what_was_written_and_asked_stands_beside_the_flag(house: House) -> None:
    """A flag shows the patient's words and the question they answered."""
    item = await house.item("2")
    detail = await house.client.get(f"/v1/queue/{item}", headers=house.north.dana.headers)

    (flag,) = detail.json()["flags"]
    assert flag["words"] == "2"
    assert flag["prompt"] == "hvs.worried"
    assert "worried" in flag["question"]


async def test_a_row_shows_the_first_words(house: House) -> None:
    """A page and the item itself quote the same beginning of the text, on one line and cut."""
    await house.patient()
    written = "no puedo ir\n al doctor " + "porque no tengo carro ni dinero para el camión " * 3
    await house.text_in(written)

    page = (await house.client.get("/v1/queue", headers=house.north.dana.headers)).json()
    (row,) = page["items"]
    alone = await house.client.get(f"/v1/queue/{row['id']}", headers=house.north.dana.headers)

    words = row["excerpt"]["words"]
    assert words.startswith("no puedo ir al doctor porque")
    assert words.endswith("…")
    assert len(words) <= LONGEST_EXCERPT
    assert alone.json()["excerpt"] == row["excerpt"]
    assert alone.json()["flags"][0]["words"] == written


async def test_the_question_stands_beside_a_bare_number(house: House) -> None:
    """A row says what had been asked, so that "1" can be read without opening it."""
    await house.item("1")

    page = (await house.client.get("/v1/queue", headers=house.north.dana.headers)).json()

    (said,) = [one["excerpt"] for one in page["items"]]
    assert (said["words"], said["prompt"]) == ("1", "hvs.worried")
    assert said["at"]


async def test_another_practice_reads_no_words(house: House) -> None:
    """The words of a text are opened for the practice it was written to, and for nobody else."""
    await house.item("1")

    theirs = await house.client.get("/v1/queue", headers=house.south.dana.headers)
    counts = await house.client.get("/v1/queue/counts", headers=house.south.dana.headers)

    assert theirs.json()["items"] == []
    assert set(counts.json().values()) == {0}


async def test_work_about_no_text_has_no_words(house: House) -> None:
    """A row whose reason quotes nothing is on the page all the same."""
    item = await house.item()
    async with house.databases.worker.work([house.north.id], house.north.id) as work:
        await work.run(
            Query(update(flag).values(message_id=None).where(flag.c.practice_id == bindparam("p"))),
            p=house.north.id,
        )

    page = (await house.client.get("/v1/queue", headers=house.north.dana.headers)).json()

    assert [(one["id"], one["excerpt"]) for one in page["items"]] == [(str(item), None)]


async def test_counts_are_those_of_the_views(house: House) -> None:
    """Each view's count is the number of items that its list has, before and after a claim."""
    item = await house.item()
    for claimed in (False, True):
        if claimed:
            await _do(house, house.north.dana, "claim", item)
        for who in (house.north.dana, house.north.sam):
            counts = (await house.client.get("/v1/queue/counts", headers=who.headers)).json()
            for view, count in counts.items():
                found = await house.client.get(f"/v1/queue?view={view}", headers=who.headers)
                assert count == len(found.json()["items"]), view
    assert set(counts) == set(get_args(View))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1", "1"),
        ("  two \n\t lines ", "two lines"),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 79 + "…"),
        ("word " * 20, "word " * 14 + "word…"),
        ("", ""),
    ],
)
def test_a_beginning_is_short_and_whole_words(text: str, shown: str) -> None:
    """A quote fits a row, breaks between words where it can, and marks what it leaves out."""
    assert beginning(text) == shown
    assert len(beginning(text)) <= LONGEST_EXCERPT


def test_the_gravest_words_are_quoted_and_of_those_the_newest() -> None:
    """A later "ok" never covers the words that made it a crisis."""

    def raised(place: int, severity: Severity, words: str | None) -> FlagSeen:
        return FlagSeen(
            id=FlagId(UUID(int=place)),
            reason="red-flag",
            severity=severity,
            rule="r",
            at=datetime(2026, 11, 22, 9, place, tzinfo=UTC),
            words=words,
        )

    newest_first = [
        raised(4, "routine", "ok"),
        raised(3, "crisis", None),
        raised(2, "possible", "the later of the grave ones"),
        raised(1, "possible", "the first"),
    ]

    found = excerpt_of(newest_first)

    assert found is not None
    assert found.words == "the later of the grave ones"
    assert excerpt_of([raised(1, "crisis", None)]) is None
