"""The source of engage as values that policy tests judge: parsed once, never imported."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The repository."""


@dataclass(frozen=True)
class Source:
    """One module: its dotted name and its text. A bad example in a test is one, too."""

    name: str
    text: str

    @property
    def tree(self) -> ast.Module:
        """The parsed text."""
        return ast.parse(self.text)


@cache
def sources() -> tuple[Source, ...]:
    """Return every module under engage/, by name."""
    found = sorted((ROOT / "engage").rglob("*.py"))
    return tuple(Source(dotted(path), path.read_text("utf-8")) for path in found)


def dotted(path: Path) -> str:
    """Return the dotted name of a module from its path; a package is named without __init__."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def matches(name: str, pattern: str) -> bool:
    """Say whether a dotted name is the pattern, or lies below one that ends in ".**"."""
    base = pattern.removesuffix(".**")
    return name == base or (base != pattern and name.startswith(f"{base}."))


def matches_any(name: str, patterns: Iterable[str]) -> bool:
    """Say whether a dotted name matches one of the patterns."""
    return any(matches(name, pattern) for pattern in patterns)


def imported(source: Source) -> set[str]:
    """Return the dotted names a module imports directly: modules, and names from modules."""
    names: set[str] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names
