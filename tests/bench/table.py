"""The figures as a page to read, on the screen and in docs/performance.md."""

import platform
import re
from pathlib import Path

from msgspec import Struct

from engage.jobs.loops import NAMES as LOOPS
from tests.bench.beside import PAGE, TEXTS_PER_SECOND, WAITING, Beside
from tests.bench.consoles import CONSOLES, ConsolesSeen
from tests.bench.consoles import TEXTS_PER_SECOND as ARRIVING
from tests.bench.hot import LEVELS, Hot
from tests.bench.plans import DUE, PLANS
from tests.bench.reading import ReaderSeen
from tests.bench.signing import EACH, SignInSeen
from tests.bench.sync import ITEMS, PEOPLE, SyncSeen
from tests.bench.visits import REMINDED, VISITS

BEGIN, END = "<!-- figures -->", "<!-- /figures -->"
NAMES = {
    "engage": "engage: webhook to flag and item",
    "six": "PostgreSQL, six statements",
    "one": "PostgreSQL, one function",
}


class Machine(Struct, frozen=True):
    """Where and when it was measured."""

    day: str
    cores: int
    postgres: str
    fsync: str
    synchronous_commit: str
    load_before: float


def table(
    machine: Machine,
    hot: Hot | None,
    beside: Beside | None,
    reader: ReaderSeen | None = None,
    consoles: ConsolesSeen | None = None,
    sync: SyncSeen | None = None,
    signing: SignInSeen | None = None,
) -> str:
    """Return the page's part between its marks."""
    lines = [
        f"### Figures of {machine.day}, {machine.cores} cores",
        "",
        (
            f"Python {platform.python_version()}, PostgreSQL {machine.postgres}, "
            f"fsync {machine.fsync}, synchronous_commit {machine.synchronous_commit}; "
            f"load of the machine before the run {machine.load_before:.1f}. "
            "Load generator, API process and database share the cores."
        ),
        "",
    ]
    if hot is not None:
        lines += _hot(hot)
    if beside is not None:
        lines += _beside(beside)
    if consoles is not None:
        lines += _consoles(consoles)
    if sync is not None:
        lines += _sync(sync)
    if reader is not None:
        lines += _reader(reader)
    if signing is not None:
        lines += _signing(signing)
    return "\n".join(lines).rstrip() + "\n"


def write(page: Path, text: str) -> None:
    """Replace the part between the marks of a page."""
    before = page.read_text("utf-8")
    part = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    if not part.search(before):
        message = f"{page} has no place for figures"
        raise ValueError(message)
    page.write_text(part.sub(lambda _: f"{BEGIN}\n{text}{END}", before), "utf-8")


def _signing(seen: SignInSeen) -> list[str]:
    return [
        (
            f"| {EACH:,} known, {EACH:,} unknown | known p50, p95 ms | unknown p50, p95 ms"
            " | medians apart ms | distributions in common |"
        ),
        "|---|---:|---:|---:|---:|",
        *(
            f"| {one.way} | {one.known:.2f}, {one.known_95:.2f} | {one.unknown:.2f},"
            f" {one.unknown_95:.2f} | {one.apart:.2f} | {100 * one.overlap:.0f} % |"
            for one in seen.ways
        ),
        "",
    ]


def _hot(hot: Hot) -> list[str]:
    lines = [
        "| what | connections | per second (range) | of six statements | p50 ms | p99 ms |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for level in LEVELS:
        base = hot.levels["six", level].per_second
        for kind, name in NAMES.items():
            one = hot.levels[kind, level]
            lines.append(
                f"| {name} | {level} | {one.per_second:,.0f} ({one.least:,.0f}-{one.most:,.0f})"
                f" | {one.per_second / base:.2f} | {one.p50:.1f} | {one.p99:.1f} |"
            )
    counted = hot.counted
    verdict = "; ".join(counted.wrong) or "nothing lost, nothing doubled"
    rows = ", ".join(f"{count:,} {table}" for table, count in counted.rows.items())
    lines += [
        "",
        (
            f"{counted.answered:,} texts answered with 204, "
            f"other answers: {dict(hot.others) or 'none'}. Counted afterwards: {rows}: {verdict}."
        ),
        "",
    ]
    return lines


def _beside(beside: Beside) -> list[str]:
    plans, visits = beside.plans, beside.visits
    ratio = beside.page_api.per_second / beside.page_bare.per_second
    return [
        "| beside it | |",
        "|---|---|",
        (
            f"| a text out: queued to carrier called, {beside.out_sent} texts at "
            f"{TEXTS_PER_SECOND} a second | p50 {beside.out_p50:.0f} ms, "
            f"p99 {beside.out_p99:.0f} ms |"
        ),
        (
            f"| queue page of {PAGE} from 100,000 open items, API, 8 readers | "
            f"{beside.page_api.per_second:,.0f} a second, p50 {beside.page_api.p50:.1f} ms, "
            f"p99 {beside.page_api.p99:.1f} ms |"
        ),
        (
            f"| the same page, bare query as the app's login | "
            f"{beside.page_bare.per_second:,.0f} a second: ratio {ratio:.2f} |"
        ),
        (
            f"| a tick of all {len(LOOPS)} loops, nothing due: 0 rows, {WAITING:,} rows | "
            f"{beside.tick_none:.2f} ms, {beside.tick_many:.2f} ms |"
        ),
        (
            f"| a look for check-ins, none due: no plan, {PLANS:,} patients on plans | "
            f"{plans.tick_none:.2f} ms and {plans.pages_none} pages, "
            f"{plans.tick_plans:.2f} ms and {plans.pages_plans} pages |"
        ),
        (
            f"| {DUE:,} check-ins due in one minute, claimed: alone, among {PLANS:,} | "
            f"{plans.claim_alone:.0f} us each, {plans.claim_among:.0f} us each: "
            f"ratio {plans.claim_among / plans.claim_alone:.2f} |"
        ),
        (
            f"| {REMINDED:,} reminders due, claimed and planned: alone, among {VISITS:,} visits | "
            f"{visits.alone:.0f} us each, {visits.among:.0f} us each: "
            f"ratio {visits.among / visits.alone:.2f} |"
        ),
        f"| memory (RSS): API process, worker | {beside.api:.0f} MiB, {beside.worker:.0f} MiB |",
        "",
    ]


def _consoles(consoles: ConsolesSeen) -> list[str]:
    return [
        f"| {CONSOLES} open consoles, {ARRIVING} texts a second, one API process | |",
        "|---|---|",
        (
            f"| text sent to console read again, {consoles.texts} texts seen by each | "
            f"p50 {consoles.seen_p50:.0f} ms, p95 {consoles.seen_p95:.0f} ms |"
        ),
        (
            f"| claim, {consoles.claims} of which {consoles.lost} were a colleague's | "
            f"p50 {consoles.claim_p50:.0f} ms, p95 {consoles.claim_p95:.0f} ms |"
        ),
        "",
    ]


def _sync(sync: SyncSeen) -> list[str]:
    return [
        f"| `GET /v1/sync`, one caregiver, {PEOPLE} people, {ITEMS:,} things to see | |",
        "|---|---|",
        (
            f"| all {ITEMS:,} changed since | p50 {sync.changed.p50:.0f} ms, "
            f"p95 {sync.changed.p95:.0f} ms |"
        ),
        (
            f"| everything, {sync.kibibytes:.0f} KiB | p50 {sync.everything.p50:.0f} ms, "
            f"p95 {sync.everything.p95:.0f} ms |"
        ),
        (f"| nothing changed | p50 {sync.nothing.p50:.0f} ms, p95 {sync.nothing.p95:.0f} ms |"),
        "",
    ]


def _reader(reader: ReaderSeen) -> list[str]:
    return [
        "| the reader, in a process of its own | |",
        "|---|---|",
        (
            f"| one text, {reader.texts:,} replies, processor time | p50 {reader.p50:.2f} ms, "
            f"p99 {reader.p99:.2f} ms |"
        ),
        (
            f"| memory (RSS): with the model, at most while it loads | "
            f"{reader.resident:.0f} MiB, {reader.peak:.0f} MiB |"
        ),
        f"| importing it and loading the model | {reader.loading:.2f} s |",
        "",
    ]
