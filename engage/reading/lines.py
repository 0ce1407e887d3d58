"""One line of JSON in, one out: what `engage read --jsonl` prints (p).

The room refuses to raise: a line that is no reply comes out as POSSIBLE, like everything else that
cannot be read.
"""

import msgspec

from engage.reading.answers import Context
from engage.reading.linear import Model
from engage.reading.reader import Asked, Reading, read


class Line(msgspec.Struct, frozen=True):
    """A reply to read. Fields of a labelled reply that say what it is are not looked at."""

    text: str
    id: str = ""
    lang: str = ""
    context: Context = "none"


def answer(line: bytes | str, model: Model | None = None) -> bytes:
    """Return what the reader makes of one line, as a line without its end."""
    try:
        asked = msgspec.json.decode(line, type=Line)
        reading = read(asked.text, Asked(asked.context), model)
    except msgspec.MsgspecError:
        asked, reading = Line(text=""), read("", steps=-1)
    return msgspec.json.encode(shown(asked.id, reading))


def shown(identity: str, reading: Reading) -> dict[str, object]:
    """Return a reading as the fields that interfaces promise."""
    return {
        "id": identity,
        "tier": reading.tier,
        "urgency": reading.urgency,
        "labels": reading.labels,
        "spans": [[one.start, one.end] for one in reading.findings if one.stands],
        "rules": [
            {"id": one.rule, "severity": one.severity, "standing": one.standing}
            for one in reading.findings
        ],
        "model": {"probability": reading.probability, "terms": reading.terms},
        "version": reading.version,
    }
