"""The locks hold what pyproject.toml asks for, hashed, and nothing about where it came from."""

import re
import tomllib
from dataclasses import dataclass

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.policy.source import ROOT

GROUPS = {
    "bootstrap": ("bootstrap",),
    "run": ("run",),
    "web": ("web",),
    "dev": ("bootstrap", "dev", "run", "web"),
}
"""Which lists of pyproject.toml a lock file answers."""


@dataclass(frozen=True)
class Pin:
    """One locked release: its version, its hashes, and whether we asked for it ourselves."""

    version: str
    hashes: int
    asked_for: bool


def pins(lock: str) -> dict[str, Pin]:
    """Return the pins of a lock file by name."""
    found: dict[str, Pin] = {}
    for block in re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)[1:]:
        name, _, rest = block.partition("==")
        version = re.match(r"\S+", rest)
        assert version, f"{name.split()[0]} is not pinned with =="
        found[canonicalize_name(name.split("[")[0])] = Pin(
            version[0], block.count("--hash=sha256:"), "engage (pyproject.toml" in block
        )
    return found


def mismatches(asked: list[str], lock: str) -> list[str]:
    """Return a sentence for each way in which a lock does not answer what was asked for."""
    locked = pins(lock)
    found = [f"{name} has no hash" for name, pin in locked.items() if not pin.hashes]
    wanted = {canonicalize_name(r.name): r for r in map(Requirement, asked)}
    for name, requirement in wanted.items():
        if name not in locked:
            found.append(f"{name} is asked for and not locked")
        elif not requirement.specifier.contains(locked[name].version, prereleases=True):
            found.append(f"{name} {locked[name].version} is locked, asked is {requirement}")
    found += [
        f"{name} is locked on our behalf and no longer asked for"
        for name, pin in locked.items()
        if pin.asked_for and name not in wanted
    ]
    return found


def addresses(lock: str) -> list[str]:
    """Return the lines that say where packages come from: that is each machine's own affair."""
    told = re.compile(r"https?://|file:|^-i\b|^--(extra-)?index-url|^--find-links|@ ", re.MULTILINE)
    return [line for line in lock.splitlines() if told.search(line)]


def _asked(group: str) -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    if group == "run":
        return project["project"]["dependencies"]
    return project["dependency-groups"][group]


def _lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize("name", sorted(GROUPS))
def test_locks_match_pyproject(name: str) -> None:
    """Each lock pins, with hashes, what pyproject.toml asks for and nothing it no longer does."""
    asked = [line for group in GROUPS[name] for line in _asked(group)]

    assert not mismatches(asked, _lock(name)), "Run `make locks`"


@pytest.mark.parametrize("name", sorted(GROUPS))
def test_locks_name_no_address(name: str) -> None:
    """No lock says which index or directory the packages came from."""
    assert not addresses(_lock(name)), "Run `make locks` without an index in pip's or uv's settings"


def test_dev_holds_the_others() -> None:
    """One environment serves all: dev.txt holds the other locks, pin for pin."""
    dev = {name: pin.version for name, pin in pins(_lock("dev")).items()}
    others = {n: p.version for f in ("bootstrap", "run", "web") for n, p in pins(_lock(f)).items()}

    assert others.items() <= dev.items(), "Run `make locks`"


LOCK = "arq==0.28.0 \\\n    --hash=sha256:00\n    # via engage (pyproject.toml)\nredis==5.3.1 \\\n"


@pytest.mark.parametrize(
    ("asked", "lock", "sentence"),
    [
        (["arq", "click"], LOCK, "click is asked for and not locked"),
        (["arq>=0.29"], LOCK, "arq 0.28.0 is locked, asked is arq>=0.29"),
        ([], LOCK, "arq is locked on our behalf and no longer asked for"),
        (["arq"], LOCK, "redis has no hash"),
    ],
)
def test_a_mismatch_is_found(asked: list[str], lock: str, sentence: str) -> None:
    """A missing, outdated, left-over or unhashed pin is found."""
    assert sentence in mismatches(asked, lock)


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://packages.example/simple",
        "--extra-index-url file:///packages",
        "--find-links /packages",
        "-i packages",
        "arq @ https://packages.example/arq.whl",
    ],
)
def test_an_address_is_found(line: str) -> None:
    """An index, a directory or a direct address in a lock is found."""
    assert addresses(f"{LOCK}{line}\n")
