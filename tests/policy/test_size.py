"""A file is one thought: about three hundred lines, four hundred at the most."""

from tests.policy.source import Source, sources

MOST_LINES = 400

LONGER: dict[str, str] = {}
"""Modules that are longer, each with the reason why splitting it would hide something."""


def too_long(source: Source) -> bool:
    """Say whether a module is longer than a reader's patience."""
    return len(source.text.splitlines()) > MOST_LINES


def test_files_stay_readable() -> None:
    """A module of more than four hundred lines is split by meaning, or its reason stands here."""
    found = {source.name for source in sources() if too_long(source)}

    assert not found - LONGER.keys(), "Split it by meaning, or give the reason in LONGER"
    assert not LONGER.keys() - found, "Take it out of LONGER: it is short again"


def test_a_long_file_is_found() -> None:
    """The first line too many is found."""
    assert too_long(Source("engage.x", "\n" * (MOST_LINES + 1)))
    assert not too_long(Source("engage.x", "\n" * MOST_LINES))
