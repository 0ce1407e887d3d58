"""The guide "How a text travels" shows the machine that the code runs on, and names real tests."""

import re
from pathlib import Path

from engage.jobs.leases import LEASE_SECONDS
from engage.messaging.delivery import diagram

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "how-a-text-travels.md").read_text("utf-8")


def test_the_diagram_is_the_machine() -> None:
    """The states of a text are drawn from the table of the delivery machine, arrow by arrow."""
    drawn = PAGE.partition("<!-- states -->\n```mermaid\n")[2].partition("\n```")[0]
    assert drawn == diagram().strip()


def test_the_lease_is_the_code_s() -> None:
    """The seconds that the guide promises are the ones that workers keep."""
    assert f"a lease of {LEASE_SECONDS:.0f} seconds" in PAGE


def test_the_tests_it_names_exist() -> None:
    """Each claim of the guide names a test that is there."""
    named = set(re.findall(r"tests/[a-z_/]+\.py", PAGE))
    assert named
    assert not [path for path in named if not (ROOT / path).exists()]
