"""What the console calls things: a word in each language for all that the queue can say."""

import inspect
import re
from functools import cache
from typing import get_args

import pytest

from engage.conversation.severity import Severity
from engage.queue import flag, item
from engage.queue.board.store import View
from engage.queue.notes.store import Kind
from tests.policy.source import ROOT

WORDS = ROOT / "engage" / "web" / "client" / "src" / "shared" / "words"
SUBJECTS = dict(
    re.findall(r'^    "([a-z-]+)": "([a-z-]+)",', inspect.getsource(flag), re.MULTILINE)
)
OWNED = ("handed over by a colleague", "opened it again", "claimed it", "assigned care manager")


@cache
def said(language: str) -> frozenset[str]:
    """Return what has a word in a language."""
    texts = [file.read_text("utf-8") for file in (WORDS / language).glob("*.ts")]
    return frozenset(re.findall(r'^  "([^"]+)":', "\n".join(texts), re.MULTILINE))


@pytest.mark.parametrize("language", ["en", "es"])
def test_everything_the_queue_says_has_a_word(language: str) -> None:
    """No outcome, severity, list, note, reason or subject is shown as its code."""
    wanted = {
        "outcome": (*get_args(item.Outcome), *get_args(item.Withdrawal), "merged"),
        "severity": get_args(Severity),
        "view": get_args(View),
        "note.kind": get_args(Kind),
        "reason": SUBJECTS.keys(),
        "subject": set(SUBJECTS.values()),
        "because": OWNED,
    }

    assert SUBJECTS
    for kind, codes in wanted.items():
        missing = [code for code in codes if f"{kind}.{code}" not in said(language)]
        assert missing == [], kind
