"""How long the reader takes for a text, and what it holds in memory: in a process of its own.

`python -m tests.bench.reading` reads the independent writers' replies of the corpus three times and
says as JSON what it saw: processor time, the least of the three for each text, since what else a
machine does meanwhile is no work of the reader.
"""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from time import thread_time

import msgspec
from msgspec import Struct

from engage.clock import monotonic_seconds
from tests.bench.measure import percentile

ROOT = Path(__file__).parents[2]
TIMES = 3
CORPUS = ROOT / "engage" / "reading" / "corpus"


class ReaderSeen(Struct, frozen=True, kw_only=True):
    """What the reader costs."""

    texts: int
    p50: float
    p99: float
    loading: float
    resident: float
    peak: float


class _Row(Struct, frozen=True):
    text: str


async def measure() -> ReaderSeen:
    """Measure in a process that holds nothing else."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.reading", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await child.communicate()
    return msgspec.json.decode(said, type=ReaderSeen)


def _mib(name: str) -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines[name].split()[0]) / 1024


def _milliseconds(read: Callable[[str], object], text: str) -> float:
    start = thread_time()
    read(text)
    return 1000 * (thread_time() - start)


def _seen() -> ReaderSeen:
    began = monotonic_seconds()
    from engage.reading.reader import read, shipped_model  # noqa: PLC0415 - its loading is measured

    shipped_model()
    loading = monotonic_seconds() - began
    read("hello")
    resident, peak = _mib("VmRSS"), _mib("VmHWM")
    texts = [
        msgspec.json.decode(line, type=_Row).text
        for file in sorted(CORPUS.glob("w*.jsonl"))
        for line in file.read_bytes().splitlines()
    ]
    took = sorted(min(_milliseconds(read, text) for _ in range(TIMES)) for text in texts)
    return ReaderSeen(
        texts=len(texts),
        p50=percentile(took, 0.5),
        p99=percentile(took, 0.99),
        loading=loading,
        resident=resident,
        peak=peak,
    )


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(_seen()).decode())
