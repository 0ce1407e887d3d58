"""Who owns an item: the order of candidates, and who counts as present when."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from engage.conversation.severity import Severity
from engage.ids import StaffId
from engage.queue.routing import CoverSeen, Owner, Roster, StaffSeen, owner_for

AT = datetime(2026, 11, 24, 17, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DUE = AT + 2 * DAY

NAMES = ("dana", "marcus", "priya", "sam", "ada", "olga")
DANA, MARCUS, PRIYA, SAM, ADA, OLGA = (StaffId(UUID(int=n)) for n in range(1, 7))
ROLES = {
    DANA: "care_manager",
    MARCUS: "care_manager",
    PRIYA: "care_manager",
    SAM: "supervisor",
    ADA: "practice_admin",
    OLGA: "practice_admin",
}
"""Olga is responsible for the practice."""

ASSIGNED, COVERS = "assigned care manager", "covers for the assigned care manager"
TEAM, RESPONSIBLE = "on the patient's care team", "responsible for the practice"


def away(
    person: StaffId, cover: StaffId, since: timedelta = -HOUR, until: timedelta = 7 * DAY
) -> CoverSeen:
    """Return who is away, who covers, and from when to when, counted from now."""
    return CoverSeen(person, cover, AT + since, AT + until)


def practice(*covers: CoverSeen, without: tuple[StaffId, ...] = ()) -> Roster:
    """Return the practice's people but for some who have left."""
    staff = tuple(
        StaffSeen(person, name, (ROLES[person],))
        for person, name in zip(ROLES, NAMES, strict=True)
        if person not in without
    )
    return Roster(staff=staff, covers=covers, responsible_id=OLGA)


def owner(
    roster: Roster,
    severity: Severity = "routine",
    manager: StaffId | None = DANA,
    team: tuple[StaffId, ...] = (),
) -> Owner:
    """Return the owner of an item opened now and due in two days."""
    return owner_for(severity, at=AT, due=DUE, manager=manager, team=team, roster=roster)


EVERYBODY = tuple(away(person, OLGA) for person in ROLES)

TABLE: dict[str, tuple[Roster, StaffId | None, tuple[StaffId, ...], Owner]] = {
    "the assigned care manager": (practice(), DANA, (MARCUS,), Owner(DANA, ASSIGNED)),
    "who covers for an absent one": (
        practice(away(DANA, MARCUS)),
        DANA,
        (PRIYA,),
        Owner(MARCUS, COVERS),
    ),
    "who covers for the cover": (
        practice(away(DANA, MARCUS), away(MARCUS, PRIYA)),
        DANA,
        (),
        Owner(PRIYA, COVERS),
    ),
    "a circle of cover ends at the team": (
        practice(away(DANA, MARCUS), away(MARCUS, DANA)),
        DANA,
        (PRIYA,),
        Owner(PRIYA, TEAM),
    ),
    "covering for oneself is no cover": (
        practice(away(DANA, DANA)),
        DANA,
        (PRIYA,),
        Owner(PRIYA, TEAM),
    ),
    "a cover who has left covers nobody": (
        practice(away(DANA, MARCUS), without=(MARCUS,)),
        DANA,
        (PRIYA,),
        Owner(PRIYA, TEAM),
    ),
    "who covers for one who has left": (
        practice(away(DANA, MARCUS), without=(DANA,)),
        DANA,
        (PRIYA,),
        Owner(MARCUS, COVERS),
    ),
    "a cover that is over when the work is due covers nobody": (
        practice(away(DANA, MARCUS, until=2 * DAY), without=(DANA,)),
        DANA,
        (PRIYA,),
        Owner(PRIYA, TEAM),
    ),
    "a cover that begins when the work is due": (
        practice(away(DANA, MARCUS, since=2 * DAY), without=(DANA,)),
        DANA,
        (PRIYA,),
        Owner(MARCUS, COVERS),
    ),
    "the first of the team who is there": (
        practice(away(MARCUS, SAM)),
        None,
        (MARCUS, PRIYA),
        Owner(PRIYA, TEAM),
    ),
    "the team of one who has left without cover": (
        practice(without=(DANA,)),
        DANA,
        (PRIYA,),
        Owner(PRIYA, TEAM),
    ),
    "nobody's patient: a care manager of the practice": (
        practice(),
        None,
        (),
        Owner(DANA, "care manager of the practice"),
    ),
    "no care manager: a supervisor": (
        practice(without=(DANA, MARCUS, PRIYA)),
        None,
        (),
        Owner(SAM, "supervisor of the practice"),
    ),
    "no supervisor: an administrator": (
        practice(without=(DANA, MARCUS, PRIYA, SAM)),
        None,
        (),
        Owner(ADA, "practice admin of the practice"),
    ),
    "everybody is away: the assigned care manager all the same": (
        practice(*EVERYBODY),
        DANA,
        (),
        Owner(DANA, f"{ASSIGNED}, though away"),
    ),
    "nobody is here by then: who is here until then, and not who is away already": (
        practice(
            away(DANA, OLGA),
            *(away(one, OLGA, since=DAY) for one in ROLES if one != DANA),
        ),
        DANA,
        (),
        Owner(OLGA, f"{COVERS}; when it is due nobody is here"),
    ),
    "everybody is away and the care manager has left: the first colleague": (
        practice(*EVERYBODY, without=(DANA, OLGA)),
        DANA,
        (),
        Owner(MARCUS, "care manager of the practice, though away"),
    ),
    "everybody has left: whoever answers for the practice": (
        practice(without=tuple(ROLES)),
        DANA,
        (MARCUS,),
        Owner(OLGA, RESPONSIBLE),
    ),
}


@pytest.mark.parametrize(("roster", "manager", "team", "expected"), TABLE.values(), ids=TABLE)
def test_the_order_of_owners(
    roster: Roster, manager: StaffId | None, team: tuple[StaffId, ...], expected: Owner
) -> None:
    """Behaviour 28: each item has the first present owner in the order, and the reason in words."""
    assert owner(roster, manager=manager, team=team) == expected


def test_the_responsible_person_comes_last() -> None:
    """Who is responsible without having another role owns an item when nobody else can."""
    roster = Roster(staff=(StaffSeen(OLGA, "olga"),), responsible_id=OLGA)

    assert owner(roster, manager=None) == Owner(OLGA, RESPONSIBLE)


@pytest.mark.parametrize("severity", ["routine", "urgent"])
def test_back_by_the_due_time_is_early_enough(severity: Severity) -> None:
    """Behaviour 28: routine and urgent work waits for who is away now and back when it is due."""
    assert owner(practice(away(DANA, MARCUS, until=DAY)), severity).staff_id == DANA


@pytest.mark.parametrize("severity", ["routine", "urgent"])
def test_who_leaves_before_the_due_time_is_away(severity: Severity) -> None:
    """Behaviour 28: work due on a holiday belongs to who covers it, although it comes today."""
    assert owner(practice(away(DANA, MARCUS, since=DAY)), severity).staff_id == MARCUS


@pytest.mark.parametrize("severity", ["crisis", "possible"])
def test_a_crisis_needs_somebody_now(severity: Severity) -> None:
    """Behaviour 28: a crisis goes to who is here now, not to who is back by tomorrow."""
    assert owner(practice(away(DANA, MARCUS, until=DAY)), severity).staff_id == MARCUS
    assert owner(practice(away(DANA, MARCUS, since=DAY)), severity).staff_id == DANA


def test_an_absence_ends_at_its_end() -> None:
    """The moment at which somebody is back, they are back."""
    back_now = practice(away(DANA, MARCUS, until=timedelta()))

    assert owner(back_now, "crisis").staff_id == DANA


def test_an_absence_begins_at_its_beginning() -> None:
    """The moment at which somebody leaves, they are away."""
    leaves_now = practice(away(DANA, MARCUS, since=timedelta()))

    assert owner(leaves_now, "crisis").staff_id == MARCUS


def test_overdue_work_needs_somebody_now() -> None:
    """A due time in the past asks for who is here now."""
    roster = practice(away(DANA, MARCUS))
    late = owner_for("routine", at=AT, due=AT - 2 * DAY, manager=DANA, team=(), roster=roster)

    assert late.staff_id == MARCUS
