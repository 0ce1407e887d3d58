"""Whom a decision has told: a crisis at once, a possible one when its clock runs out."""

from datetime import timedelta

import pytest

from engage.conversation.severity import Severity
from engage.queue.flag import Flag
from engage.turns.context import ItemSeen
from engage.turns.decision import PageSet
from engage.turns.draft import Draft
from tests.core.cast import AT, LIBRARY, ROSA, item, scene, text

CRISIS = "crisis"
MINUTE = timedelta(minutes=1)


def draft(*items: ItemSeen) -> Draft:
    """Begin a decision about a text of Rosa's."""
    return Draft(scene(ROSA, items=items), text("words"), LIBRARY)


def flag(severity: Severity, rule: str = "redflag/one") -> Flag:
    """Return a red flag."""
    return Flag(reason="red-flag", severity=severity, rule=rule, quote=True)


@pytest.mark.parametrize(
    ("severity", "minutes"), [("crisis", 0), ("possible", 15), ("urgent", None), ("routine", None)]
)
def test_what_pages(severity: Severity, minutes: int | None) -> None:
    """A crisis pages now, a possible one in fifteen minutes, everything else nobody."""
    made = draft()
    made.flag(flag(severity), ROSA)
    decision = made.decision()
    (opened,) = decision.items

    expected = () if minutes is None else (PageSet(opened.id, AT + minutes * MINUTE),)
    assert decision.pages == expected


def test_open_work_is_paged_about_once() -> None:
    """Flags that join open work page about that work, at the earliest of their moments."""
    known = item(ROSA, CRISIS, "possible")
    made = draft(known)
    made.flag(flag("possible"), ROSA)
    made.flag(flag("crisis", "redflag/two"), ROSA)
    made.triage.page_about(CRISIS, ROSA, AT + 5 * MINUTE)

    assert made.decision().pages == (PageSet(known.id, AT),)


def test_a_page_is_set_sooner_and_called_off() -> None:
    """A question that stays without an answer pages sooner; a "no" calls the page off."""
    made = draft()
    made.flag(flag("possible"), ROSA)
    made.triage.page_about(CRISIS, ROSA, AT + 5 * MINUTE)
    (sooner,) = made.decision().pages
    made.triage.unpage_about(CRISIS, ROSA)
    off = made.decision()

    assert sooner.at == AT + 5 * MINUTE
    assert (off.pages, off.unpaged) == ((), (sooner.item_id,))
    made.flag(flag("crisis", "redflag/two"), ROSA)
    assert made.decision().pages == (PageSet(sooner.item_id, AT),)
    assert made.decision().unpaged == ()


def test_nothing_is_paged_about_what_is_not_there() -> None:
    """Without such work a page, or calling one off, says nothing."""
    made = draft(item(ROSA, "texts"))
    made.triage.page_about(CRISIS, ROSA, AT)
    made.triage.unpage_about(CRISIS, None)

    assert (made.decision().pages, made.decision().unpaged) == ((), ())
