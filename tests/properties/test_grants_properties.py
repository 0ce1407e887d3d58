"""Nothing leaks: whatever is granted, a reader sees what a world without the rest would show.

CI draws 1,000 cases; LONG draws 10,000.
"""

import os
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from engage.people.sharing.grant import (
    CATEGORIES,
    NARROWED,
    NARROWS_AT,
    NOTHING,
    OF_AGE,
    SENSITIVE,
    THEMSELVES,
    VERBS,
    Held,
    Scope,
    Whose,
    birthday,
    scope_of,
)
from engage.people.sharing.shown import Field, Record, all_shown, shown

CASES = 10_000 if os.environ.get("LONG") else 1_000
NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
moments = st.integers(-2000, 2000).map(lambda days: NOW + timedelta(days=days, hours=days % 24))
kinds = st.none() | st.sampled_from(SENSITIVE)
held = st.builds(
    Held,
    category=st.sampled_from(CATEGORIES),
    verbs=st.frozensets(st.sampled_from(VERBS), min_size=1),
    sensitive=st.frozensets(st.sampled_from(SENSITIVE)),
    how=st.sampled_from(("verbal", "written", "page")),
    granted_at=moments,
    until_at=st.none() | moments,
)
whose = st.builds(
    Whose,
    birth_date=st.none() | st.dates(date(1940, 1, 1), date(2025, 1, 1)),
    zone=st.sampled_from(("America/Phoenix", "America/Chicago", "Pacific/Apia")),
    active=st.booleans(),
)
fields = st.builds(
    Field,
    value=st.integers(),
    sensitive=kinds,
    category=st.none() | st.sampled_from(CATEGORIES),
    own=st.booleans(),
)
records = st.builds(
    Record,
    kind=st.sampled_from(("visit", "ride", "need")),
    id=st.uuids(version=4),
    category=st.sampled_from(CATEGORIES),
    sensitive=kinds,
    own=st.booleans(),
    fields=st.dictionaries(st.sampled_from("abcd"), st.integers() | fields, max_size=4),
)


def _allowed(grants: list[Held], about: Whose, now: datetime, *, safe: bool) -> Scope:
    return scope_of(grants, about, now, safe=safe)


def _may_read(scope: Scope, record: Record, value: object) -> bool:
    """Say, another way than `shown` does, whether a field may be read."""
    needed = [(record.category, "see")]
    kinds_of = [(record.category, record.sensitive)]
    own = record.own
    if isinstance(value, Field):
        needed.append((value.category or record.category, "see"))
        kinds_of.append((value.category or record.category, value.sensitive))
        own = own or value.own
    rights = all(one in scope.rights for one in needed)
    sensitive = all(kind is None or (where, kind) in scope.sensitive for where, kind in kinds_of)
    return rights and sensitive and (scope.own or not own)


@settings(max_examples=CASES, deadline=None)
@given(st.lists(held, max_size=4), whose, moments, st.booleans(), st.lists(records, max_size=4))
def test_random_grants_and_fields_leak_nothing(
    grants: list[Held],
    about: Whose,
    now: datetime,
    safe: bool,  # noqa: FBT001 - drawn
    written: list[Record],
) -> None:
    """No field is read without its right, and bytes are those of a world without the hidden."""
    scope = _allowed(grants, about, now, safe=safe)
    found = all_shown(scope, written)
    for record, seen in found:
        for name, value in record.fields.items():
            real = value.value if isinstance(value, Field) else value
            expected = real if _may_read(scope, record, value) else None
            assert seen[name] == expected
    visible = [record for record, _ in found]
    assert all(_may_read(scope, record, 0) for record in visible)
    assert all(not _may_read(scope, one, 0) for one in written if one not in visible)
    # The world in which what is hidden was never written down.
    never = [
        msgspec.structs.replace(
            record,
            fields={
                name: value if _may_read(scope, record, value) else Field(None)
                for name, value in record.fields.items()
            },
        )
        for record in written
        if _may_read(scope, record, 0)
    ]
    assert msgspec.json.encode([one for _, one in all_shown(scope, never)]) == msgspec.json.encode(
        [one for _, one in found]
    )


@settings(max_examples=CASES // 5, deadline=None)
@given(st.lists(held, max_size=4), whose, moments, st.booleans())
def test_a_scope_never_exceeds_its_grants(
    grants: list[Held],
    about: Whose,
    now: datetime,
    safe: bool,  # noqa: FBT001 - drawn
) -> None:
    """What is allowed was said by a grant that holds; of who left, or is not safe, nothing."""
    scope = _allowed(grants, about, now, safe=safe)
    live = [g for g in grants if g.granted_at <= now and (not g.until_at or g.until_at > now)]
    for category, verb in scope.rights:
        assert any(g.category == category and (verb == "see" or verb in g.verbs) for g in live)
    for category, kind in scope.sensitive:
        assert any(g.category == category and kind in g.sensitive for g in live)
    if not (about.active and safe):
        assert scope == NOTHING
    assert all((kind != "staff-notes") for _, kind in THEMSELVES.sensitive)
    assert all((category, "see") in scope.rights for category, _ in scope.rights)


@settings(max_examples=200, deadline=None)
@given(
    st.dates(date(2004, 1, 1), date(2014, 12, 31)) | st.just(date(2012, 2, 29)),
    st.sampled_from((NARROWS_AT, OF_AGE)),
    st.sampled_from(("America/Phoenix", "America/Chicago", "America/Havana", "Pacific/Apia")),
)
def test_a_birthday_narrows_at_local_midnight(born: date, years: int, zone: str) -> None:
    """A second before the person's midnight all of it holds, at midnight it has shrunk."""
    day, clock = birthday(born, years), ZoneInfo(zone)
    before = datetime(day.year, day.month, day.day, tzinfo=clock) - timedelta(seconds=1)
    midnight = (before.astimezone(UTC) + timedelta(seconds=1)).astimezone(UTC)
    while midnight.astimezone(clock).date() < day:
        midnight += timedelta(minutes=15)
    grants = [
        Held(
            category=one,
            verbs=frozenset(VERBS),
            sensitive=frozenset(SENSITIVE),
            how="verbal",
            granted_at=midnight - timedelta(days=30),
        )
        for one in CATEGORIES
    ]
    about = Whose(birth_date=born, zone=zone)
    whole = scope_of(grants, about, midnight - timedelta(days=1), narrows_at=min(years, OF_AGE))
    grown = scope_of(grants, about, midnight, narrows_at=min(years, OF_AGE))
    assert whole.rights > grown.rights
    assert grown.rights == (NARROWED if years < OF_AGE else frozenset())
    assert grown.sensitive == frozenset()
    # What they allow themselves from then on counts in full.
    own = [msgspec.structs.replace(g, how="page", granted_at=midnight) for g in grants]
    assert scope_of(own, about, midnight + timedelta(seconds=1)).rights == whole.rights


def test_nothing_is_shown_by_default() -> None:
    """Without a grant there is nothing, not even that there is a record."""
    record = Record(kind="visit", id=UUID(int=7), category="visits", fields={"a": 1})
    assert shown(NOTHING, record) is None
    assert shown(scope_of([], Whose(birth_date=None, zone="UTC"), NOW), record) is None
