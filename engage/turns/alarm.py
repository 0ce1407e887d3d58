"""The alarm about ourselves: a text that the reader could not read.

Its writer is safe, since a failed reading is POSSIBLE; but somebody must repair the reader. A count
and a line in the log say so, by the id of the text. This room refuses to show any word of it.
"""

import structlog
from prometheus_client import Counter

from engage.reading.reader import FAILED_RULE
from engage.turns.decision import Decision

RULE = f"redflag/{FAILED_RULE}"

_FAILED = Counter("engage_reader_failed", "Texts that the reader failed on: each is POSSIBLE")

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def told(decision: Decision) -> Decision:
    """Return the decision, once whoever watches has been told of a reading that failed."""
    for flag in decision.flags:
        if flag.rule == RULE:
            _FAILED.inc()
            _log.error("reader failed", message=str(flag.message_id), rule=flag.rule)
    return decision
