"""`engage read` and the alarm about a reader that fails."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
from click.testing import CliRunner
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from engage.cli import main
from engage.ids import FlagId, MessageId, PracticeId, QueueItemId
from engage.turns.alarm import RULE, told
from engage.turns.decision import Decision, FlagRaised

LINES = b"""{"id": "x1", "text": "me duele el pecho", "lang": "es", "context": "checkin_feeling"}

{"id": "x2", "text": "2", "lang": "en", "context": "hvs_food", "labels": ["food", "yes"]}
no reply at all
"""


def test_each_line_in_is_a_line_out(tmp_path: Path) -> None:
    """Replies come out in their order with the promised fields; what is no reply is POSSIBLE."""
    file = tmp_path / "replies.jsonl"
    file.write_bytes(LINES)

    done = CliRunner().invoke(main, ["read", "--jsonl", str(file)])
    rows = [msgspec.json.decode(line) for line in done.stdout.splitlines()]

    assert done.exit_code == 0
    assert [(row["id"], row["tier"]) for row in rows] == [
        ("x1", "emergency"),
        ("x2", "none"),
        ("", "possible"),
    ]
    assert rows[1]["labels"] == ["food", "yes"]
    assert all(
        row.keys() == {"id", "tier", "urgency", "labels", "spans", "rules", "model", "version"}
        for row in rows
    )


def test_unnamed_it_reads_standard_input() -> None:
    """A pipe is read like a file, and no sentence that was written is printed."""
    done = CliRunner().invoke(main, ["read"], input=LINES)

    assert len(done.stdout.splitlines()) == 3
    assert "me duele el pecho" not in done.stdout


def test_a_reading_that_failed_is_counted_and_logged_without_words() -> None:
    """Behaviour 36: the text is POSSIBLE, and who watches hears by its id that the reader broke."""
    message = MessageId(UUID(int=7))
    flag = FlagRaised(
        id=FlagId(UUID(int=1)),
        item_id=QueueItemId(UUID(int=2)),
        patient_id=None,
        reason="red-flag",
        severity="possible",
        rule=RULE,
        source_id=message,
        message_id=message,
    )
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    decision = Decision(practice_id=PracticeId(UUID(int=3)), line_id=None, at=at, flags=(flag,))
    before = counted()

    with capture_logs() as lines:
        assert told(decision) is decision
        told(msgspec.structs.replace(decision, flags=()))

    assert counted() == before + 1
    assert [line["event"] for line in lines] == ["reader failed"]
    assert lines[0].keys() == {"event", "log_level", "message", "rule"}


def counted() -> float:
    """Return how often the reader failed in this process."""
    return REGISTRY.get_sample_value("engage_reader_failed_total") or 0.0
