"""What people complain of in the clocks of other systems, each as a property that holds here.

It escalates after an answer. A "thanks" starts the clock again. It does not know the holidays. An
old clock survives a move. It wakes somebody at midnight for work that has until Thursday. It is an
hour off twice a year. And nobody can say why a time is what it is.
"""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import holidays
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from engage.conversation.severity import SEVERITIES, Severity
from engage.ids import StaffId
from engage.queue.clocks import Calendar, due_at
from engage.queue.due import Ground, Told, answer_by, due_why, is_late, retimed
from engage.queue.escalation import POLICIES, End, Paging, judge
from engage.queue.routing import Roster, StaffSeen
from engage.turns.decide import decide
from tests.core import cast

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = ("mon", "tue", "wed", "thu", "fri")
ZONES = ("America/Chicago", "America/Phoenix", "America/New_York", "Pacific/Honolulu", "UTC")
SOMEBODY = StaffId(UUID(int=1))

severities = st.sampled_from(SEVERITIES)
by_the_calendar = st.sampled_from(("urgent", "routine"))
# Two and a half years: every holiday, a New Year that is kept in December, five nights of clocks.
moments = st.integers(0, 900 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
waits = st.integers(1, 90 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
opens = st.integers(6 * 4, 11 * 4).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
closes = st.integers(12 * 4, 21 * 4).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Draw a practice that opens on some days of the week, some of them with a break at noon."""
    hours: dict[str, tuple[tuple[time, time], ...]] = {}
    for day in draw(st.lists(st.sampled_from(DAYS), min_size=2, unique=True)):
        opening, closing = draw(opens), draw(closes)
        broken = draw(st.booleans()) and opening < time(11, 30) and closing > time(12, 30)
        noon = ((opening, time(11, 30)), (time(12, 30), closing))
        hours[day] = noon if broken else ((opening, closing),)
    return Calendar(draw(st.sampled_from(ZONES)), hours, draw(st.sampled_from(("", "US", "US-AZ"))))


@st.composite
def works(draw: st.DrawFn, calendar: Calendar, severity: Severity) -> Told:
    """Draw work that a flag opened, and perhaps others joined."""
    first = draw(moments)
    after = draw(st.lists(waits, max_size=3))
    grounds = (Ground(severity, first), *(Ground(severity, first + wait) for wait in after))
    return Told(
        due_at=min(due_at(one.severity, one.at, calendar) for one in grounds),
        opened_at=first,
        grounds=grounds,
        waiting_since=first,
    )


@given(st.data(), calendars(), severities, waits)
def test_it_escalates_after_an_answer(
    data: st.DataObject, calendar: Calendar, severity: Severity, wait: timedelta
) -> None:
    """Zammad 3140: who has been answered waits for nobody, is never late, and pages nobody."""
    work = data.draw(works(calendar, severity))
    answered = replace(work, touched_at=work.opened_at, waiting_since=None)
    roster = Roster(staff=(StaffSeen(SOMEBODY, "A"),), responsible_id=SOMEBODY)
    paged = Paging(owner_id=SOMEBODY, next_at=work.opened_at, answered=True)

    for at in (work.opened_at + wait, work.due_at + wait):
        assert not is_late(answered, severity, calendar, at)
        assert judge(paged, POLICIES["crisis"], roster, at) == End("answered")
    assert due_why(answered, calendar).rule == "answered"
    assert is_late(work, severity, calendar, work.due_at + wait)


@given(st.data(), calendars(), severities, waits)
def test_it_escalates_at_once_when_they_write_again(
    data: st.DataObject, calendar: Calendar, severity: Severity, wait: timedelta
) -> None:
    """Zammad 3140: who writes again after an answer starts a clock of their own."""
    work = data.draw(works(calendar, severity))
    answered_at = work.opened_at + timedelta(minutes=1)
    again = answered_at + wait
    work = replace(work, touched_at=answered_at, waiting_since=again)

    assert answer_by(work, severity, calendar) == max(
        work.due_at, due_at(severity, again, calendar)
    )
    assert not is_late(work, severity, calendar, again)


@given(
    st.sampled_from(("ok thanks", "Thank you!", "thanks", "gracias", "ok", "👍", "muchas gracias")),
    st.sampled_from(("need:food-insecurity", "need:transportation-insecurity", "silence")),
    by_the_calendar,
    st.integers(-48, 48),
)
def test_a_thanks_starts_the_clock_again(
    words: str, subject: str, severity: Severity, hours: int
) -> None:
    """FreeScout 3584: kind words join no work, open none, and move no due time."""
    known = cast.item(cast.ROSA, subject, severity, timedelta(hours=hours))
    decided = decide(cast.scene(cast.ROSA, items=(known,)), cast.text(words), cast.LIBRARY)

    assert known.id not in {one.id for one in decided.raised}
    assert all(one.severity == "routine" for one in decided.items)
    assert decided.pages == ()


@given(by_the_calendar, moments, calendars())
@example("urgent", datetime(2027, 12, 31, 12, tzinfo=UTC), cast.PRACTICE.calendar)
def test_it_does_not_know_the_holidays(
    severity: Severity, at: datetime, calendar: Calendar
) -> None:
    """Zammad 390: no work is due on a holiday, and each that lay between is named."""
    due = due_at(severity, at, calendar)
    country, _, state = calendar.holidays.partition("-")
    kept = set[date]()
    if country:
        kept = set(
            holidays.country_holidays(country, subdiv=state or None, years=range(2025, 2031))
        )
    why = due_why(
        Told(due_at=due, opened_at=at, grounds=(Ground(severity, at),), waiting_since=at), calendar
    )
    first, last = (moment.astimezone(ZoneInfo(calendar.zone)).date() for moment in (at, due))
    between = [first + timedelta(days=day) for day in range((last - first).days + 1)]

    assert last not in kept
    assert list(why.closed_on) == [
        day for day in between if day in kept and calendar.hours.get(f"{day:%a}".lower())
    ]


@given(st.data(), calendars(), calendars(), by_the_calendar)
def test_an_old_clock_survives_a_move(
    data: st.DataObject, before: Calendar, after: Calendar, severity: Severity
) -> None:
    """Zammad 5624: new hours move what the old ones explained, exactly there and exactly back."""
    work = data.draw(works(before, severity))
    moved = replace(work, due_at=retimed(work, before, after))

    assert moved.due_at == min(due_at(one.severity, one.at, after) for one in work.grounds)
    assert due_why(moved, after).rule in {"business-day", "business-days"}
    assert retimed(moved, after, before) == work.due_at
    assert retimed(moved, after, after) == moved.due_at


@given(st.data(), calendars(), calendars(), st.sampled_from(("crisis", "possible")), waits)
def test_a_move_slows_what_can_not_wait(
    data: st.DataObject, before: Calendar, after: Calendar, severity: Severity, wait: timedelta
) -> None:
    """Zammad 5624: new hours move neither what runs around the clock nor what its cause set."""
    work = data.draw(works(before, severity))
    told = replace(work, due_at=work.due_at + wait, grounds=())

    assert retimed(work, before, after) == work.due_at
    if due_why(told, before).rule == "kept":
        assert retimed(told, before, after) == told.due_at


@given(by_the_calendar, moments, calendars())
def test_it_wakes_somebody_at_midnight(
    severity: Severity, at: datetime, calendar: Calendar
) -> None:
    """Zammad 4432: work of business hours falls due while somebody is there, or just leaves."""
    local = due_at(severity, at, calendar).astimezone(ZoneInfo(calendar.zone))

    assert any(start < local.time() <= end for start, end in calendar.spans_of(local.date()))


@given(
    st.sampled_from(("i have no food", "my ride fell through", "no tengo comida", "what time?")),
    st.integers(0, 23),
)
def test_it_pages_somebody_at_midnight(words: str, hour: int) -> None:
    """Zammad 4432: whatever the hour, work that has until the close of business pages nobody."""
    at = cast.AT.replace(hour=hour)
    decided = decide(cast.scene(cast.ROSA), cast.text(words, at=at), cast.LIBRARY)

    assert decided.items
    assert {one.severity for one in decided.items} <= {"urgent", "routine"}
    assert decided.pages == ()


@given(by_the_calendar, moments, calendars())
def test_it_is_an_hour_off_twice_a_year(
    severity: Severity, at: datetime, calendar: Calendar
) -> None:
    """Zammad 5177: due is at the hour on the door, and business time is that of its clock."""
    due = due_at(severity, at, calendar)
    local = due.astimezone(ZoneInfo(calendar.zone))
    day = calendar.spans_of(local.date())
    midnight = datetime.combine(local.date(), time(), local.tzinfo)
    # Nobody opens at the hour that is skipped or comes twice, so the faces of the clock count.
    faces = sum(
        (datetime.combine(date.min, end) - datetime.combine(date.min, begin) for begin, end in day),
        timedelta(),
    )

    assert local.time() == max(end for _, end in day)
    assert calendar.business_between(midnight, due) == faces


@given(st.data(), calendars(), severities)
def test_nobody_can_say_why(data: st.DataObject, calendar: Calendar, severity: Severity) -> None:
    """Behaviour 32: every due time names its rule and the event it follows from, and both agree."""
    work = data.draw(works(calendar, severity))
    why = due_why(work, calendar)
    rules = {"crisis": "at-once", "possible": "at-once", "urgent": "business-day"}

    assert why.rule == rules.get(severity, "business-days")
    assert due_at(severity, why.from_at, calendar) == work.due_at
    assert why.from_at in {one.at for one in work.grounds}
    assert (why.business_minutes is None) == (severity in {"crisis", "possible"})


def test_nine_to_five_before_thanksgiving() -> None:
    """What a person reads: come on Tuesday at noon, due on Friday, closed on Thursday."""
    phoenix, noon = cast.PRACTICE.calendar, datetime(2026, 11, 24, 19, tzinfo=UTC)
    due = due_at("routine", noon, phoenix)
    why = due_why(
        Told(due_at=due, opened_at=noon, grounds=(Ground("routine", noon),), waiting_since=noon),
        phoenix,
    )

    assert why.rule == "business-days"
    assert why.closed_on == (date(2026, 11, 26),)
    assert why.business_minutes == (5 + 8 + 8) * 60
    assert why.zone == "America/Phoenix"
