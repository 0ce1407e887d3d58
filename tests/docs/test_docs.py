"""What the documents say is so: settings, commands, links, targets."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import pytest

from engage.conversation.effects import Effect
from engage.conversation.events import Event
from engage.jobs.loops import NAMES
from tests.policy.authorization_page import page

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path
    for path in (
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "deploy").rglob("*.md"),
    )
    if ".venv" not in path.parts
)
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
SETTING = re.compile(r"\bENGAGE_[A-Z][A-Z0-9_]*[A-Z0-9]")


def undocumented(code: str, guide: str) -> set[str]:
    """Return the settings that the code reads and the guide does not name."""
    return set(SETTING.findall(code)) - set(SETTING.findall(guide))


def invented(code: str, guide: str) -> set[str]:
    """Return the settings that the guide names and the code does not read."""
    named = {name.removesuffix("_FILE") for name in SETTING.findall(guide)}
    return named - set(SETTING.findall(code))


def dead_links(document: Path, text: str) -> list[str]:
    """Return the links of a document that lead to no file or heading of the repository."""
    dead: list[str] = []
    for target in re.findall(r"\]\(([^)\s]+)\)", _without_code(text)):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        there = (document.parent / path).resolve() if path else document
        if not there.exists() or (anchor and anchor not in _anchors(there)):
            dead.append(f"{document.relative_to(ROOT)}: {target}")
    return dead


def unknown_targets(text: str, makefile: str) -> set[str]:
    """Return the `make` targets a document names that the Makefile does not have."""
    named = re.findall(r"(?:`|^\s*\$? ?)make ([a-z][a-z-]*)", text, re.MULTILINE)
    return {target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)}


def absent_paths(text: str) -> set[str]:
    """Return the paths under engage/ and tests/ that a document names and the repository lacks."""
    named = re.findall(r"`((?:engage|tests)/[\w./-]*)`", text)
    return {path for path in named if not (ROOT / path).exists()}


def absent_documents(text: str) -> set[str]:
    """Return the documents that a source names and the repository lacks."""
    named = re.findall(r"\bdocs/[\w/-]+\.md\b", text)
    return {path for path in named if not (ROOT / path).exists()}


def unheld(decision: str) -> list[str]:
    """Return what a decision claims is enforced without naming a file or target that does it."""
    claims = decision.partition("## What enforces it\n")[2].split("\n- ")[1:]
    return [
        one for one in claims if not re.search(r"`(?:(?:engage|tests)/[\w./-]+|make \w+)`", one)
    ]


def table_of_rooms(page: str) -> list[set[str]]:
    """Return the rooms of each line of the table in docs/architecture.md, from the top."""
    table = page.partition("| rooms | what they hold |\n|---|---|\n")[2].partition("\n\n")[0]
    return [set(re.findall(r"`(\w+)`", row.split("|")[1])) for row in table.splitlines()]


def layers(pyproject: str) -> list[set[str]]:
    """Return import-linter's floors from the top, without the rooms that are still to come."""
    (contract,) = tomllib.loads(pyproject)["tool"]["importlinter"]["contracts"]
    floors = [set(re.findall(r"\w+", layer)) for layer in contract["layers"]]
    return [built for floor in floors if (built := {room for room in floor if _is_built(room)})]


def _is_built(room: str) -> bool:
    place = ROOT / "engage" / room
    return place.with_suffix(".py").exists() or (place / "__init__.py").exists()


def _without_code(text: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


def _anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


def _read(*parts: str) -> str:
    path = ROOT.joinpath(*parts)
    return path.read_text("utf-8") if path.exists() else ""


def test_every_setting_is_documented() -> None:
    """Every setting that engage reads stands in docs/settings.md."""
    missing = undocumented(_read("engage", "settings.py"), _read("docs", "settings.md"))

    assert not missing, f"Say in docs/settings.md what it does and its default: {sorted(missing)}"


def test_every_documented_setting_exists() -> None:
    """docs/settings.md names no setting that engage does not read."""
    extra = invented(_read("engage", "settings.py"), _read("docs", "settings.md"))

    assert not extra, f"Take it out of docs/settings.md, or read it: {sorted(extra)}"


def test_readme_says_how_to_begin() -> None:
    """The README names the two commands a newcomer needs."""
    readme = _read("README.md")

    assert "make demo" in readme
    assert "make test" in readme


def test_links_lead_somewhere() -> None:
    """Every relative link in a document leads to a file, and to a heading if it names one."""
    dead = [link for path in DOCUMENTS for link in dead_links(path, path.read_text("utf-8"))]

    assert not dead, "\n".join(dead)


def test_targets_exist() -> None:
    """Every `make` target that a document names is in the Makefile."""
    named = {
        str(path.relative_to(ROOT)): missing
        for path in DOCUMENTS
        if (missing := unknown_targets(path.read_text("utf-8"), _read("Makefile")))
    }

    assert not named


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_decisions_have_every_part(path: Path) -> None:
    """A decision gives context, a line to quote, consequences, alternatives and what holds it."""
    assert not missing_parts(path.read_text("utf-8"))
    assert path.name in _read("docs", "decisions", "README.md")


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_what_enforces_a_decision_exists(path: Path) -> None:
    """Each claim that something holds a decision in place names it, and it is there."""
    decision = path.read_text("utf-8")

    assert not unheld(decision), "Name the test or module that does it, or strike the claim."
    assert not absent_paths(decision)


def test_sources_point_at_documents_that_exist() -> None:
    """A document that a module, a test or a migration names is in the repository."""
    missing = {
        str(path.relative_to(ROOT)): absent
        for folder in ("engage", "tests")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".sql"} and path != Path(__file__).resolve()
        if "node_modules" not in path.parts
        if (absent := absent_documents(path.read_text("utf-8")))
    }

    assert not missing


def test_the_table_of_rooms_is_the_contract() -> None:
    """docs/architecture.md shows the floors that import-linter holds, in their order."""
    page = _read("docs", "architecture.md")

    assert table_of_rooms(page) == layers(_read("pyproject.toml"))


def told(readme: str) -> list[str]:
    """Return what is texted in the story at the README's head: words, without who says them."""
    story = readme.partition("```\n")[2].partition("```")[0]
    spoken = [line.strip() for line in story.splitlines() if "->" not in line]
    return [re.sub(r"^(?:Rosa|Dana): +", "", line).removesuffix(" …") for line in spoken]


def unplayed(readme: str, transcript: str) -> list[str]:
    """Return the lines of the README's story that a transcript does not play."""
    played = re.sub(r"\\n|\s+", " ", transcript)
    return [line for line in told(readme) if line not in played]


def test_the_story_of_the_readme_is_played() -> None:
    """What the README shows first stands, word for word, in a transcript that is played."""
    played = _read("tests", "transcripts", "screening", "readme.sms")

    assert len(told(_read("README.md"))) >= 8
    assert not unplayed(_read("README.md"), played)


def test_the_demo_says_the_words_of_the_readme() -> None:
    """The demo's care manager writes what the README quotes."""
    words = told(_read("README.md"))[-1].removeprefix("This is Dana. ")

    assert words in _read("engage", "demo", "story.py")


def numbers_without_a_page(index: str) -> set[int]:
    """Return the numbers below the last decision that have no page and are not said to be empty."""
    numbers = {int(path.name[:4]) for path in DECISIONS}
    return {
        number
        for number in range(1, max(numbers))
        if number not in numbers and f"as {number:04} does" not in index
    }


def test_decisions_are_numbered_without_a_gap() -> None:
    """A number that is missing is said to be missing."""
    assert not numbers_without_a_page(_read("docs", "decisions", "README.md"))


def test_every_room_is_in_the_table() -> None:
    """docs/architecture.md names every room there is, and none that is not."""
    there = {
        path.stem
        for path in (ROOT / "engage").iterdir()
        if path.stem != "__init__"
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }

    assert set().union(*table_of_rooms(_read("docs", "architecture.md"))) == there


def strangers(page: str, loops: Iterable[str]) -> set[str]:
    """Return what the picture in docs/architecture.md names and engage does not have."""
    picture = page.partition("```mermaid\nflowchart")[2].partition("```")[0]
    # Not what stands outside of the house, nor the processes: frames around rooms.
    labels = [
        label
        for label in re.findall(r"\w+\[([^\](]+)\]", picture)
        if not label.startswith("carrier:") and not label.endswith(" process")
    ]
    named = {label.partition(":")[0] for label in labels}
    rooms = {one for name in named for one in re.split(r"[ ·]+", name)}
    waiting = {
        one.strip()
        for label in labels
        if label.startswith("jobs:")
        for one in label.partition(":")[2].split(",")
    }
    return {room for room in rooms if not _is_built(room.replace(".", "/"))} | (
        waiting ^ set(loops)
    )


def test_the_picture_shows_what_there_is() -> None:
    """Every room, module and loop in the picture exists, and no loop is missing."""
    assert not strangers(_read("docs", "architecture.md"), NAMES)


def table_of(page: str, title: str) -> dict[str, str]:
    """Return a table of the glossary: what a name in code stands for."""
    section = page.partition(f"### {title}\n")[2].partition("\n#")[0]
    return dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", section, re.MULTILINE))


@pytest.mark.parametrize(("title", "union"), [("Events", Event), ("Effects", Effect)])
def test_every_event_and_effect_is_told(title: str, union: object) -> None:
    """The glossary lists each with the sentence that stands in the code."""
    there = {one.__name__: str(one.__doc__).strip().splitlines()[0] for one in get_args(union)}

    assert table_of(_read("docs", "glossary.md"), title) == there


def missing_parts(decision: str) -> list[str]:
    """Return the parts that a decision lacks; its line to quote is a quotation of one paragraph."""
    parts = ("Context", "Decision", "Consequences", "Alternatives", "What enforces it")
    missing = [part for part in parts if f"## {part}\n" not in decision]
    if not re.search(r"## Decision\n\n> \S", decision):
        missing.append("the line to quote")
    return missing


def test_a_gap_is_found() -> None:
    """Each of these tests can fail: a gap of every kind is found."""
    here = ROOT / "CHANGELOG.md"

    assert undocumented('env["ENGAGE_NEW"]', "ENGAGE_OLD") == {"ENGAGE_NEW"}
    assert invented('env["ENGAGE_NEW"]', "ENGAGE_NEW_FILE ENGAGE_OLD") == {"ENGAGE_OLD"}
    assert dead_links(here, "[a](docs/none.md) [b](docs/glossary.md#none)") == [
        "CHANGELOG.md: docs/none.md",
        "CHANGELOG.md: docs/glossary.md#none",
    ]
    assert not dead_links(here, "[a](docs/glossary.md#work) [b](https://loinc.org) `[c](none)`")
    assert unknown_targets("`make tea`, `make test`\nmake sure", "test: lint") == {"tea", "sure"}
    assert absent_paths("`engage/none.py` `tests/docs/` engage/x `tests/…`") == {"engage/none.py"}
    assert absent_documents("see docs/none.md, docs/api.md") == {"docs/none.md"}
    assert unheld("## What enforces it\n\n- A test.\n- `make test`\n- `tests/docs`: so") == [
        "A test."
    ]
    assert unplayed("```\nHello\n  Rosa:  1\nand so …\n```", "> patient: 1 and so") == ["Hello"]
    assert numbers_without_a_page("") >= {13}
    assert strangers("```mermaid\nflowchart\na[turns.nowhere: x]\nb[jobs: tea]\n```", ["tea"]) == {
        "turns.nowhere"
    }
    assert strangers("```mermaid\nflowchart\nb[jobs: tea]\n```", ["milk"]) == {"tea", "milk"}
    assert missing_parts("## Context\n\n## Decision\n\nWell.") == [
        "Consequences",
        "Alternatives",
        "What enforces it",
        "the line to quote",
    ]


def test_who_may_do_what_is_written_down() -> None:
    """The page of roles and operations is the one that the declared table draws."""
    written = (ROOT / "docs" / "authorization.md").read_text("utf-8")

    assert written == page(), "python -m tests.policy.authorization_page > docs/authorization.md"
