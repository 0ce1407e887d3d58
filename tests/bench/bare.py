"""Bare PostgreSQL: pgbench writes the rows of one webhook, as six statements and as one function.

The same tables with the same keys, indexes and foreign keys, the same durability, one row for one
row. What the product does besides is what the comparison is about: no signature, no reading and
deciding, no sealing, no row security (the superuser is not held by it), no lock, and each row is
written once in its last form.
"""

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from string import Template
from urllib.parse import parse_qs, unquote, urlsplit

from msgspec import Struct

from engage.embedded.binaries import postgres_programs
from tests.bench.world import PATIENT_IDS, WRITTEN_IDS, World, id_sql

# The rows that the statements below write, per table; the bench compares them with the product's.
WRITTEN: Mapping[str, int] = {
    "receipt": 1,
    "message": 2,
    "answer": 1,
    "text_key": 1,
    "queue_item": 1,
    "flag": 1,
    "due": 1,
    "feed": 3,
}

_STATE = (
    '{"step": 2, "type": "asking", "tries": 0, "which": false, "nudged": false, "paused": false, '
    '"prompt": "hvs.ran-out", "silent": false, "answers": [["hvs.worried", {"type": "chosen", '
    '"option": "often"}]], "asked_at": "2026-11-22T02:51:59.624389Z", "introduced": true, '
    '"accepted_at": null, "nudge_accepted_at": null}'
)


FEW_CLIENTS = 16


class Bare(Struct, frozen=True):
    """One run of pgbench; milliseconds of each transaction, sorted."""

    per_second: float
    milliseconds: list[float]
    #: The first patient that no client has reached.
    next: int
    #: All transactions, the uncounted ones of the beginning too.
    total: int


def statements(world: World, number: str) -> list[str]:
    """Return the six statements for a number, an expression of type bigint."""
    known = f"(1 + {number} % {world.count})"
    values = {kind: id_sql(world.prefix, kind, number) for kind in WRITTEN_IDS}
    values |= {kind: id_sql(world.prefix, kind, known) for kind in PATIENT_IDS}
    values |= {
        "number": number,
        "practice": f"'{world.practice}'::uuid",
        "manager": f"'{world.manager}'::uuid",
        "account": world.account.account_sid,
        "state": _literal(_STATE),
        "subject": _literal("need:food-insecurity"),
        # As long as the sealed "1" and the sealed next question are.
        "one": f"decode('{'5a' * 38}', 'hex')",
        "next_question": f"decode('{'5a' * 190}', 'hex')",
    }
    text = Path(__file__).with_name("six_statements.sql").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    whole = Template("\n".join(lines)).substitute(values)
    return [" ".join(one.split()) for one in whole.split(";") if one.strip()]


def function(world: World) -> str:
    """Return the one function that runs the six statements."""
    body = ";\n".join(statements(world, "p_number"))
    return (
        "CREATE FUNCTION bench_write(p_number bigint) RETURNS void LANGUAGE plpgsql AS $f$\n"
        f"BEGIN\n{body};\nEND $f$"
    )


class Pgbench:
    """pgbench with two scripts; each patient is used once, client by client."""

    def __init__(self, url: str, world: World) -> None:
        """Find the program and write the scripts."""
        self.program = _program()
        self._folder = Path(tempfile.mkdtemp(prefix="engage-pgbench-"))
        parts = urlsplit(url)
        self._environment = {
            **os.environ,
            "PGHOST": parse_qs(parts.query)["host"][0],
            "PGUSER": unquote(parts.username or ""),
            "PGPASSWORD": unquote(parts.password or ""),
            "PGDATABASE": parts.path.lstrip("/"),
        }
        own = "\\set turn :turn + 1\n\\set n :base + (:turn - 1) * :clients + :client_id\n"
        # A cast tells the server the type of what pgbench binds.
        six = ";\n".join(statements(world, ":n::bigint"))
        scripts = {
            "six": f"{own}BEGIN;\n{six};\nEND;\n",
            "one": f"{own}SELECT bench_write(:n::bigint);\n",
        }
        for name, script in scripts.items():
            (self._folder / f"{name}.sql").write_text(script)

    async def run(self, script: str, clients: int, seconds: float, base: int) -> Bare:
        """Run a script with so many clients, on patients from `base` on.

        What ends in the first second or two is not counted: a new connection has to learn the
        schema and prepare its statements, which the product's pool did long ago.
        """
        warm = 1 if clients <= FEW_CLIENTS else 2
        lasts = warm + max(1, round(seconds))
        prefix = self._folder / "log"
        ran = await asyncio.create_subprocess_exec(
            str(self.program),
            *("--no-vacuum", "--protocol=prepared", f"--client={clients}", "--jobs=1"),
            *(f"--time={lasts}", f"--file={self._folder / script}.sql"),
            *("--log", f"--log-prefix={prefix}", "-Dturn=0", f"-Dbase={base}"),
            f"-Dclients={clients}",
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _, wrong = await ran.communicate()
        if ran.returncode:
            raise RuntimeError(wrong.decode()[-2000:])
        turns: Counter[str] = Counter()
        took: list[tuple[float, float]] = []
        for log in self._folder.glob("log.*"):
            for line in log.read_text().splitlines():
                client, _, microseconds, _, second, microsecond = line.split()[:6]
                ended = int(second) + int(microsecond) / 1e6
                took.append((ended, int(microseconds) / 1000))
                turns[client] += 1
            log.unlink()
        # The first transaction of the first client ended soon after the beginning.
        first = min(ended - milliseconds / 1000 for ended, milliseconds in took)
        counted = sorted(ms for ended, ms in took if first + warm < ended <= first + lasts)
        # Clients are not equally fast, and each has one more under way when time is up.
        reached = base + (max(turns.values()) + 1) * clients
        return Bare(len(counted) / (lasts - warm), counted, reached, len(took))


def _literal(text: str) -> str:
    # pgbench takes a colon in a literal for the beginning of a variable.
    return "U&'" + text.replace(":", "\\003a") + "'"


def _program() -> Path:
    for found in postgres_programs():
        beside = found.path.parent / "pgbench"
        if beside.exists():
            return beside
    message = "no PostgreSQL here brings pgbench"
    raise LookupError(message)
