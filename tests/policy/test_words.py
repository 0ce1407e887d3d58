"""The code speaks the words of docs/glossary.md."""

import ast
import re

import pytest

from tests.policy.source import ROOT, Source, sources

GLOSSARY = ROOT / "docs" / "glossary.md"


def refused_words(glossary: str) -> dict[str, str]:
    """Return the words the glossary refuses, each with what to say instead."""
    table = glossary.partition("## Words we do not use")[2]
    rows = re.findall(r"^\| ([a-z]+) \| (.+?) \|$", table, re.MULTILINE)
    return dict(rows)


def misnamed(source: Source, refused: dict[str, str]) -> list[str]:
    """Return a sentence for each module, class or function that bears a refused word alone."""
    named = [(source.name.rpartition(".")[2], 1)]
    named += [
        (node.name, node.lineno)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    found: list[str] = []
    for name, line in named:
        word = _singular(name.lower().strip("_"), refused)
        if word == "session" and source.name.startswith("engage.db"):
            continue
        if word in refused:
            found.append(f"{source.name}:{line} {name}: say {refused[word]}")
    return found


def _singular(word: str, refused: dict[str, str]) -> str:
    singulars = (word, word.removesuffix("s"), word.removesuffix("es"))
    return next((singular for singular in singulars if singular in refused), word)


def test_names_come_from_the_glossary() -> None:
    """No module, class or function is named by a word that says nothing, or something else."""
    refused = refused_words(GLOSSARY.read_text("utf-8"))
    found = [sentence for source in sources() for sentence in misnamed(source, refused)]

    assert not found, "docs/glossary.md, Words we do not use:\n" + "\n".join(found)


def test_the_glossary_refuses_words() -> None:
    """The table is where this test looks for it, with a better word in each row."""
    refused = refused_words(GLOSSARY.read_text("utf-8"))

    assert {"user", "task", "alert", "manager", "process"} <= refused.keys()


def test_the_glossary_defines_a_word_once() -> None:
    """A word has one meaning, and no defined word is a refused one."""
    glossary = GLOSSARY.read_text("utf-8")
    words = re.findall(r"^\| \*\*(.+?)\*\* \|", glossary, re.MULTILINE)

    assert len(words) == len(set(words))
    assert not {word.lower() for word in words} & refused_words(glossary).keys()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("engage.people.user", ""),
        ("engage.people.utils", ""),
        ("engage.queue.item", "class Task: ..."),
        ("engage.queue.item", "class Alerts: ..."),
        ("engage.queue.work", "def process() -> None: ..."),
        ("engage.queue.work", "async def handler() -> None: ..."),
        ("engage.queue.work", "def _helper() -> None: ..."),
        ("engage.api.auth", "class Session: ..."),
    ],
)
def test_a_refused_word_is_found(name: str, text: str) -> None:
    """A refused word is found as module, class or function, plural and private ones included."""
    assert misnamed(Source(name, text), refused_words(GLOSSARY.read_text("utf-8")))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("engage.db.session", "class Session: ..."),
        ("engage.queue.item", "class CareManager: ...\ndef delivery_status() -> None: ..."),
    ],
)
def test_a_word_with_its_noun_passes(name: str, text: str) -> None:
    """A word inside a longer name, and the database's session, are no one's business."""
    assert not misnamed(Source(name, text), refused_words(GLOSSARY.read_text("utf-8")))
