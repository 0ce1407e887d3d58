"""What a text did to somebody's consent, and what is owed when it was not theirs."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from engage.people.consent import Purpose, Step, closed_purposes
from engage.people.unsaid import Said, Unsaid, unsaid

AT = datetime(2026, 11, 24, 19, 0, tzinfo=UTC)
TEXT, OTHER = UUID(int=1), UUID(int=2)


def said(
    kind: str, by: UUID | None, hour: int, purpose: Purpose | None = None, how: str = "free-form"
) -> Said:
    """Return a line of the ledger at some hour."""
    return Said(step=Step(kind, how, AT + timedelta(hours=hour), purpose), message_id=by)


def test_what_a_text_alone_closed_is_opened() -> None:
    """A wish in one text ended check-ins; it was another's, so it is taken back."""
    owed = unsaid([said("withdrawn", TEXT, 0, "check-ins")], TEXT)

    assert owed == Unsaid(reopens=("check-ins",))


def test_what_was_closed_before_or_again_stays_closed() -> None:
    """Nobody gets more by a correction than stands without that text."""
    wish = said("withdrawn", TEXT, 1, "check-ins")

    assert unsaid([said("declined", None, 0), wish], TEXT) == Unsaid()
    assert unsaid([wish, said("withdrawn", OTHER, 2, "check-ins")], TEXT) == Unsaid()


def test_a_correction_is_owed_once() -> None:
    """What was given back is not given back again, and what it opens stays open in the fold."""
    ledger = [
        said("withdrawn", TEXT, 0, "check-ins"),
        said("granted", TEXT, 1, "check-ins", "correction"),
    ]

    assert closed_purposes(one.step for one in ledger) == frozenset()
    assert unsaid(ledger, TEXT) == Unsaid()


def test_a_yes_of_somebody_else_leaves_doubt() -> None:
    """Who "1" was said by is not who we asked, unless they have said it again since."""
    asked, yes = said("asked", None, 0, how="enrolment"), said("right-person", TEXT, 1)

    assert unsaid([asked, yes], TEXT).doubts
    assert not unsaid([asked, yes, said("right-person", OTHER, 2)], TEXT).doubts
    assert not unsaid([asked, yes, said("asked", TEXT, 2, how="correction")], TEXT).doubts


def test_a_wrong_number_that_was_not_theirs_to_say() -> None:
    """The number is given back, unless they were found to be strangers once more."""
    no = said("wrong-person", TEXT, 1)

    assert unsaid([no], TEXT).relinks
    assert not unsaid([no, said("wrong-person", OTHER, 2)], TEXT).relinks
