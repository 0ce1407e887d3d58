"""To whom a restricted record is open, by which way, until when; and who hears of it."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from engage.ids import PageId, PatientId, PracticeId, StaffId
from engage.messaging.segments import count
from engage.people.access import ALLOWED
from engage.people.restriction import (
    HOLDS,
    Colleague,
    Glass,
    Standing,
    Way,
    WordsNeeded,
    refuse_unsaid,
    said_whole,
    way_in,
    who_is_told,
)
from engage.people.staff import Role
from engage.queue.paging.channel import Opened
from engage.queue.paging.email import message_of
from engage.queue.paging.push import payload_of
from engage.queue.paging.sms import body_of
from engage.queue.paging.words import OPENED

AT = datetime(2026, 11, 22, 15, tzinfo=UTC)
_WAYS: dict[str, Way] = {
    "assigned": "assigned",
    "covers": "cover",
    "owns": "owner",
    "paged": "paged",
    "on_team": "care-team",
}


def _staff(number: int) -> StaffId:
    return StaffId(UUID(int=number))


def _standing(glass: Glass | None = None, **holds: bool) -> Standing:
    return Standing(
        practice_id=PracticeId(UUID(int=1)), patient_id=PatientId(UUID(int=2)), glass=glass, **holds
    )


def test_it_is_open_exactly_to_whoever_is_theirs() -> None:
    """Of everything that can be true of a reader at once, any one opens it, and nothing none."""
    for truths in product((False, True), repeat=len(_WAYS)):
        holds = dict(zip(_WAYS, truths, strict=True))
        way = way_in(_standing(None, **holds), AT)

        expected = next((_WAYS[name] for name, true in holds.items() if true), None)
        assert way == expected, holds


@pytest.mark.parametrize(
    ("after", "way"),
    [
        (timedelta(0), "break-glass"),
        (HOLDS - timedelta(microseconds=1), "break-glass"),
        (HOLDS, None),
        (HOLDS + timedelta(days=1), None),
    ],
)
def test_a_broken_glass_holds_for_sixty_minutes(after: timedelta, way: Way | None) -> None:
    """To the microsecond: in the sixtieth minute it is open, and then it is not."""
    assert timedelta(minutes=60) == HOLDS
    assert way_in(_standing(Glass(UUID(int=9), AT + HOLDS)), AT + after) == way


def test_who_is_theirs_does_not_read_by_the_glass() -> None:
    """The report shows the way that needed no reason, if there is one."""
    glass = Glass(UUID(int=9), AT + HOLDS)

    assert way_in(_standing(glass, owns=True), AT) == "owner"


def test_nobody_is_let_in_by_rank() -> None:
    """Marking is for who directs the work; no right of any role reads a restricted record."""
    assert {role for role, rights in ALLOWED.items() if "patient.restrict" in rights} == {
        "supervisor",
        "practice_admin",
    }
    assert way_in(_standing(), AT) is None


_PEOPLE: list[tuple[StaffId, tuple[Role, ...]]] = [
    (_staff(1), ("care_manager",)),
    (_staff(2), ("supervisor",)),
    (_staff(3), ("care_manager", "supervisor")),
    (_staff(4), ("practice_admin",)),
]


@pytest.mark.parametrize(
    ("here", "by", "told"),
    [
        ((1, 2, 3, 4), 1, (2, 3)),
        ((1, 2, 3, 4), 2, (3,)),
        ((1, 2, 4), 2, (4,)),
        ((1, 2), 2, (1,)),
        ((1, 4), 1, (4,)),
        ((4,), 4, ()),
    ],
)
def test_every_supervisor_is_told_or_who_comes_next(
    here: tuple[int, ...], by: int, told: tuple[int, ...]
) -> None:
    """All supervisors but who did it; else administrators; else whoever else works here."""
    people = [Colleague(one, roles) for one, roles in _PEOPLE if one.int in here]

    assert who_is_told(people, _staff(4), _staff(by)) == tuple(_staff(one) for one in told)


def test_other_needs_words() -> None:
    """A reason that says nothing by itself is refused without words, blank ones too."""
    for words in (None, "", "  \n"):
        with pytest.raises(WordsNeeded):
            refuse_unsaid("other", words)
    refuse_unsaid("other", "She called the front desk.")
    refuse_unsaid("treatment", None)


@pytest.mark.parametrize(
    ("typed", "finds"),
    [
        ("Rosa Delgado", True),
        ("delgado, rosa", True),
        ("A-17", True),
        ("Rosa", False),
        ("Ros Delg", False),
        ("", False),
        ("Rosa Delgado Ruiz", False),
    ],
)
def test_a_closed_record_is_found_by_a_whole_name_alone(typed: str, finds: bool) -> None:  # noqa: FBT001 - a column
    """Less than the whole name, or the practice's own id, does not tell that they are here."""
    assert said_whole(typed, "Rosa Delgado", "A-17") == finds


def test_the_notice_says_nothing_of_anybody() -> None:
    """By e-mail, SMS and push: one sentence, where the report is, no id but its own."""
    said = Opened(PageId(UUID(int=77)), PracticeId(UUID(int=1)))
    mail = message_of("sue@example.org", "engage@example.org", said, "https://e.example", AT)
    texted, pushed = body_of(said, "https://e.example"), payload_of(said).decode()

    assert texted == f"{OPENED}: https://e.example/console/restricted"
    assert count(texted).encoding == "GSM-7"
    assert mail["Subject"] == OPENED
    assert "https://e.example/console/restricted" in mail.get_content()
    for one in (texted, mail.get_content(), pushed):
        assert str(said.practice_id) not in one
        assert "urgent" not in one
