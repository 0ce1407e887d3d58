"""What the pages are built from, and what is built: types, locks, sizes, nothing inline."""

import gzip
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from engage.web.pages import BUILT
from tests.policy.source import ROOT

CLIENT = ROOT / "engage" / "web" / "client"
PAGES = ("index.html", "console/index.html", "family/index.html", "phone/index.html")
LOCKS = tuple(
    folder / "package-lock.json"
    for folder in (
        CLIENT,
        ROOT / "tests" / "web" / "chromium",
        ROOT / "tests" / "contract" / "prism",
    )
)
COUNT = """
import { readFileSync } from "node:fs";
import { transformWithOxc } from "vite";
const source = readFileSync("src/shared/segments.ts", "utf8");
const { code } = await transformWithOxc(source, "segments.ts");
const packed = Buffer.from(code).toString("base64");
const { count } = await import(`data:text/javascript;base64,${packed}`);
const texts = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(texts.map(text => count(text))));
"""

WALK = """
import { readFileSync } from "node:fs";
import { transformWithOxc } from "vite";
const source = readFileSync("src/family/ahead.ts", "utf8");
const { code } = await transformWithOxc(source, "ahead.ts");
const packed = Buffer.from(code).toString("base64");
const { standing } = await import(`data:text/javascript;base64,${packed}`);
const option = key => ({ key, label: key, stops: key === "danger" });
const question = (key, only_after = null) =>
  ({ key, only_after, options: ["yes", "no", "danger"].map(option) });
const asked = {
  id: "c", left: 3, question: question("one"),
  ahead: [question("two", { prompt: "one", options: ["yes"] }), question("three")],
};
const saved = answers => answers.map(([prompt, key], id) => ({
  kind: "answer", id, patient: "p", checkIn: "c", prompt, answer: { type: "chosen", option: key },
}));
const walks = JSON.parse(readFileSync(0, "utf8")).map(answers => {
  const found = standing(asked, saved(answers), "p");
  return [found.asked?.question.key ?? null, found.asked?.left ?? 0, found.danger];
});
console.log(JSON.stringify(walks));
"""


STAYS = """
import { readFileSync } from "node:fs";
import { transformWithOxc } from "vite";
const source = readFileSync("src/family/mine.ts", "utf8");
const { code } = await transformWithOxc(source, "mine.ts");
const packed = Buffer.from(code).toString("base64");
const { stays } = await import(`data:text/javascript;base64,${packed}`);
const day = 86_400_000;
const asked = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(asked.map(([who, by, days]) =>
  stays("ana", who, by === null ? undefined : { by, at: 0 }, days * day))));
"""


def node(*arguments: str, said: str = "") -> str:
    """Run the Node that builds the pages in their folder, and return what it prints."""
    chosen = ROOT / ".venv" / ".node"
    found = shutil.which("node")
    place = chosen.read_text("utf-8").strip() if chosen.exists() else str(Path(found or "").parent)
    done = subprocess.run(
        (str(Path(place) / "node"), *arguments),
        cwd=CLIENT,
        check=True,
        capture_output=True,
        text=True,
        input=said,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
    )
    return done.stdout


def loaded(document: Path) -> list[Path]:
    """Return the files that a page loads."""
    names = re.findall(r'(?:src|href)="/assets/([^"]+)"', document.read_text("utf-8"))
    return [BUILT / "assets" / name for name in names]


def test_the_types_are_those_of_the_api(tmp_path: Path) -> None:
    """The checked-in types are what docs/openapi.json says today; otherwise: npm run types."""
    made = tmp_path / "schema.d.ts"
    options = re.findall(r"--default-non-nullable \w+", (CLIENT / "package.json").read_text())
    node(
        "node_modules/openapi-typescript/bin/cli.js",
        str(ROOT / "docs" / "openapi.json"),
        *options[0].split(),
        "--output",
        str(made),
    )

    kept = CLIENT / "src" / "api" / "schema.d.ts"
    assert made.read_text("utf-8") == kept.read_text("utf-8"), (
        f"The API changed: run `npm run types` in {CLIENT.relative_to(ROOT)}"
    )


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
def test_the_locks_name_no_address(lock: Path) -> None:
    """A lock pins by hash and says nothing about where a package comes from."""
    packages = json.loads(lock.read_text("utf-8"))["packages"]

    assert "://" not in lock.read_text("utf-8"), "Run `make locks-of-pages`"
    assert all("integrity" in one for name, one in packages.items() if name)


def sized(*scripts: Path) -> int:
    """Return how many bytes some scripts, each once, and what they import come to on the wire."""
    wanted, all_of_them = list(scripts), set[Path]()
    while wanted:
        one = wanted.pop()
        if one not in all_of_them:
            all_of_them.add(one)
            names = re.findall(r'(?:from|import)\s*"\./([^"]+\.js)"', one.read_text("utf-8"))
            wanted += [one.with_name(name) for name in names]
    return sum(len(gzip.compress(one.read_bytes())) for one in all_of_them)


def chunk(name: str) -> Path:
    """Return the part of the program of this name."""
    (found,) = (BUILT / "assets").glob(f"{name}-????????.js")
    return found


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(
    ("page", "beside", "most"),
    [
        ("phone", ("{}",), 40),
        ("console", ("{}",), 40),
        # What somebody loads who also looks at people: the pages beside the queue, and their words.
        ("console", ("{}", "pages", "{}-more"), 60),
        # All of it at once: a phone keeps it, and has it without a network.
        ("family", ("family-{}",), 60),
    ],
)
def test_a_page_is_small(page: str, beside: tuple[str, ...], most: int, language: str) -> None:
    """The scripts of a page, with the words of one language: it opens on an old laptop, too."""
    scripts = [file for file in loaded(BUILT / page / "index.html") if file.suffix == ".js"]
    more = [chunk(name.format(language)) for name in beside]

    assert scripts
    assert sized(*scripts, *more) <= most * 1000


@pytest.mark.parametrize("page", PAGES)
def test_a_page_holds_nothing_inline(page: str) -> None:
    """No script, style or foreign address stands in a page: its policy would refuse them."""
    text = (BUILT / page).read_text("utf-8")

    assert all(file.is_file() for file in loaded(BUILT / page))
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|https?://", text)


def test_a_phone_keeps_the_whole_app_and_nothing_else() -> None:
    """The worker keeps what the app loads, in both languages, and never touches the API."""
    worker = (BUILT / "family" / "sw.js").read_text("utf-8")
    kept = set(re.findall(r"/assets/[\w.-]+", worker))
    wanted = {
        *loaded(BUILT / "family" / "index.html"),
        chunk("family-en"),
        chunk("family-es"),
    }

    assert {f"/assets/{file.name}" for file in wanted} <= kept
    assert all((BUILT / one.removeprefix("/")).is_file() for one in kept)
    assert not any("console" in one or "phone" in one for one in kept)
    assert "__" not in worker
    assert "export" not in worker, "a worker that is a script has none"
    assert "/v1/" not in worker


@pytest.mark.parametrize("language", ["", ".es"])
def test_the_manifest_names_files_that_are_there(language: str) -> None:
    """Icons of every kind, and shortcuts to places of the app."""
    name = f"manifest{language}.webmanifest"
    manifest = json.loads((BUILT / "family" / name).read_text("utf-8"))

    assert manifest["scope"] == manifest["start_url"] == "/family/"
    assert {one["purpose"] for one in manifest["icons"]} == {"any", "maskable"}
    assert all((BUILT / one["src"].removeprefix("/")).is_file() for one in manifest["icons"])
    assert [one["url"] for one in manifest["shortcuts"]] == ["/family/check-in", "/family/visits"]


def test_segments_are_counted_as_the_server_counts_them() -> None:
    """What the page says a text costs is what is billed, for every row of the vectors."""
    rows = json.loads((ROOT / "tests/data/segment-vectors.json").read_text("utf-8"))["vectors"]

    counted = json.loads(
        node("--input-type=module", "-e", COUNT, said=json.dumps([row["text"] for row in rows]))
    )

    for row, found in zip(rows, counted, strict=True):
        assert (found["segments"], found["units"]) == (row["segments"], row["units"]), row["text"]
        assert (found["costly"] == []) == (row["encoding"] == "GSM-7"), row["text"]


def test_a_check_in_goes_on_without_a_network() -> None:
    """What depends on an answer is asked after it, what is behind us is not, danger ends it."""
    walks: list[tuple[list[tuple[str, str]], list[object]]] = [
        ([], ["one", 3, False]),
        ([("one", "yes")], ["two", 2, False]),
        ([("one", "no")], ["three", 1, False]),
        ([("one", "yes"), ("two", "no")], ["three", 1, False]),
        ([("one", "no"), ("three", "no")], [None, 0, False]),
        # Sent already, and the server has not said so: it is another question's answer.
        ([("zero", "no"), ("one", "no")], ["three", 1, False]),
        ([("one", "danger")], [None, 0, True]),
    ]
    said = json.dumps([answers for answers, _ in walks])

    found = json.loads(node("--input-type=module", "-e", WALK, said=said))

    assert found == [standing for _, standing in walks]


def test_what_was_written_waits_for_its_writer_alone() -> None:
    """A week after a sign-in that ended by itself, and never past somebody else's sign-in."""
    asked: list[tuple[tuple[str | None, str | None, float], bool]] = [
        # Who signs in now, whose sign-in ended, days ago: does it stay?
        (("ana", None, 0), True),
        (("ana", "ana", 7), True),
        (("ana", "ana", 7.01), False),
        ((None, "ana", 7), True),
        ((None, "ana", 7.01), False),
        (("olga", "ana", 0), False),
        (("olga", None, 0), False),
        # Another one's week is nothing to her.
        (("ana", "olga", 30), True),
        ((None, None, 30), True),
    ]
    said = json.dumps([one for one, _ in asked])

    found = json.loads(node("--input-type=module", "-e", STAYS, said=said))

    assert found == [stays for _, stays in asked]
