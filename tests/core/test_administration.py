"""What administrators may set, as values: closed days, a practice, rules, wordings, a directory."""

from datetime import UTC, date, datetime, time
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.commands.signing import entry
from engage.ids import PracticeId, ServiceId, StaffId
from engage.needs.own_directory import (
    NotAnOrganization,
    OrganizationSaid,
    ServiceSaid,
    directory_of,
)
from engage.people.closures import (
    Closures,
    NotAHoliday,
    OwnDay,
    closed_days,
    parse,
    read_closures,
)
from engage.people.practice import Practice
from engage.people.practice_change import NotAPractice, PracticeChange, different, revised
from engage.queue.clocks import Calendar, due_at
from engage.queue.escalation import Paging, Policy, Step, next_hop
from engage.queue.routing import CoverSeen, Roster, StaffSeen
from engage.queue.rules import SHIPPED, Rules, faults
from engage.turns.reviews import Draft, Review
from engage.turns.reviews import parse as parse_reviews
from engage.turns.signed import Signed, WordsChanged, signable, standings

ADA, SAM = StaffId(UUID(int=1)), StaffId(UUID(int=2))
NOON = datetime(2026, 11, 24, 19, tzinfo=UTC)
NINE_TO_FIVE = {day: ((time(9), time(17)),) for day in ("mon", "tue", "wed", "thu", "fri")}
HERE = Practice(
    id=PracticeId(UUID(int=9)),
    name="North Clinic",
    texting_name="North",
    support_phone="+16025550101",
    time_zone="America/Phoenix",
    business_hours=NINE_TO_FIVE,
    holidays="US-AZ",
    languages=("en",),
    responsible_id=ADA,
)
_days = st.builds(
    OwnDay,
    day=st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    closed=st.booleans(),
    name=st.text(st.characters(categories=("L", "N"), include_characters=" +-"), max_size=20),
)


@given(st.sampled_from(["", "US", "US-AZ"]), st.lists(_days, max_size=5, unique_by=lambda d: d.day))
def test_closed_days_survive_their_text(calendar: str, days: list[OwnDay]) -> None:
    """What is kept says what was read; what is open is never closed, and the other way round."""
    said = read_closures(calendar, days)
    text = said.spelled()

    assert parse(text) == said
    for one in said.days:
        assert (one.day in closed_days(text, one.day.year)) == one.closed


def test_a_practice_s_own_day_is_the_clock_s() -> None:
    """A clock counts no day that the practice closes, and counts one that it keeps open."""
    own = (
        OwnDay(day=date(2026, 11, 25), name="Move"),
        OwnDay(day=date(2026, 11, 26), closed=False),
    )
    usual = Calendar("America/Phoenix", NINE_TO_FIVE, "US-AZ")
    moved = Calendar("America/Phoenix", NINE_TO_FIVE, Closures("US-AZ", own).spelled())

    # Thanksgiving is the 26th.
    assert due_at("routine", NOON, usual).date() == date(2026, 11, 28)
    assert due_at("routine", NOON, moved).date() == date(2026, 11, 28)
    assert [usual.spans_of(one.day) == () for one in own] == [False, True]
    assert [moved.spans_of(one.day) == () for one in own] == [True, False]
    with pytest.raises(NotAHoliday):
        read_closures("", [own[0], own[0]])


def test_every_field_that_does_not_fit_is_named() -> None:
    """A form is mended at once, not one field after the other; what is left out stays."""
    with pytest.raises(NotAPractice) as refused:
        revised(
            HERE,
            PracticeChange(
                name=" ",
                languages=("fr",),
                business_hours={"sat": [["10:00", "09:00"]]},
                texts_a_day=4,
            ),
        )
    assert [fault.field for fault in refused.value.faults] == [
        "/name",
        "/business_hours/sat",
        "/languages",
        "/texts_a_day",
    ]
    after = revised(HERE, PracticeChange(business_hours={"sat": [["10:00", "12:00"]]}))
    was, now = different(HERE, after)
    assert (set(was), now) == (
        {"business_hours"},
        {"business_hours": {"sat": (("10:00:00", "12:00:00"),)}},
    )


_steps = st.lists(
    st.builds(
        Step,
        st.sampled_from(["owner", "cover", "on-call", "supervisors", "everyone"]),
        st.integers(1, 200),
    ),
    min_size=1,
    max_size=6,
)


@given(_steps, st.integers(1, 200), st.booleans(), st.booleans())
def test_rules_that_pass_reach_everybody_in_time(
    steps: list[Step],
    lease: int,
    rota: bool,  # noqa: FBT001 - given
    away: bool,  # noqa: FBT001 - given
) -> None:
    """Whatever passes has told everyone within two hours, on call or not, whoever is away."""
    policy = Policy(severity="crisis", steps=tuple(steps), lease_minutes=lease)
    if faults(Rules(crisis=policy, possible=SHIPPED.possible)):
        return
    gone = (
        CoverSeen(ADA, SAM, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),
    )
    roster = Roster(
        staff=(StaffSeen(ADA, "Ada"), StaffSeen(SAM, "Sam")),
        covers=gone if away else (),
        responsible_id=ADA,
    )
    step, at, told = 0, NOON, set[StaffId]()
    while (at - NOON).total_seconds() <= 120 * 60 and SAM not in told:
        paging = Paging(owner_id=ADA, next_at=at, step=step, on_call=(ADA,) if rota else ())
        hop = next_hop(paging, policy, roster, at)
        assert hop.staff_ids
        told.update(hop.staff_ids)
        step, at = hop.step + 1, hop.next_at
    assert SAM in told


def test_the_rota_is_asked_for_no_shift() -> None:
    """Who is on call is told first, if here; a rota that names nobody is passed over at once."""
    policy = Policy(
        severity="crisis", steps=(Step("on-call", 5), Step("everyone", 5)), lease_minutes=30
    )
    roster = Roster(staff=(StaffSeen(ADA, "Ada"), StaffSeen(SAM, "Sam")), responsible_id=ADA)

    named = next_hop(Paging(owner_id=ADA, next_at=NOON, on_call=(SAM,)), policy, roster, NOON)
    nobody = next_hop(Paging(owner_id=ADA, next_at=NOON), policy, roster, NOON)
    assert (named.staff_ids, named.why) == ((SAM,), "is on call")
    assert nobody.staff_ids == (ADA, SAM)


def test_other_words_are_not_signed() -> None:
    """A signature of earlier words holds nothing, and says so; the file's is as good."""
    words = [Draft(name, "en", digit * 64, "Call 988.") for name, digit in (("a", "1"), ("b", "2"))]
    signed = [
        Signed(
            id=UUID(int=n),
            text_id=name,
            language="en",
            sha256="1" * 64,
            reviewer="R",
            signed_by=ADA,
            signed_at=NOON,
        )
        for n, name in enumerate("ab")
    ]
    filed = Review("b", "en", "2" * 64, "R", date(2026, 1, 1))

    assert [one.state for one in standings(words, signed, ())] == ["signed", "changed"]
    assert [one.state for one in standings(words, (), [filed])] == ["draft", "signed"]
    assert [one.number for one in standings(words, (), ())[0].numbers] == ["988"]
    told = msgspec.structs.replace(signed[0], reviewer='José "Pepe" Ruiz, Ñuñoa 𝛽')
    (filed,) = parse_reviews(entry(told, HERE.id))
    assert (filed.id, filed.reviewer, filed.practice) == ("a", told.reviewer, HERE.id)
    assert standings(words, (), [filed])[0].state == "signed"
    with pytest.raises(WordsChanged):
        signable(words, "a", "en", "2" * 64)


def test_an_organization_by_hand_is_a_directory_of_one() -> None:
    """What is retired is an empty directory; a need that nobody knows is named by its place."""
    pantry = ServiceSaid(
        name=" Food  pantry", needs=("food-insecurity",), covers=("Tempe, AZ", " ")
    )
    said = OrganizationSaid(name="Grace", services=(pantry,))
    (offer,) = directory_of(said, ["k"], date(2026, 11, 24)).services

    assert (offer.name, offer.covers, offer.source_id) == ("Food pantry", ("tempe az",), "k")
    assert directory_of(OrganizationSaid(name="", retired=True), []).organizations == ()
    strange = ServiceSaid(id=ServiceId(UUID(int=3)), name="X", needs=("food-insecurity", "gold"))
    with pytest.raises(NotAnOrganization) as refused:
        directory_of(OrganizationSaid(name="Grace", services=(strange,)), ["k"])
    assert refused.value.field == "/services/0/needs/1"
