"""What the reader and the screenings are called in the pages, in each language of the pages."""

import re

import pytest

from engage.needs.instrument import load_all
from engage.reading.explained import reasons
from tests.policy.source import ROOT

WORDS = ROOT / "engage/web/client/src/shared/words"
KEY = re.compile(r'^  "([^"]+)": "[^"]+",$', re.MULTILINE)


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_rule_and_every_screening_has_a_name(language: str) -> None:
    """Nobody reads a slug: a rule of danger words or a screening without a name is noticed here."""
    rules = {f"rule.{one}" for one in reasons()}
    assert all(one.en and one.es for one in reasons().values())
    tools = {f"instrument.{one}" for one in load_all()}
    folder = WORDS / language

    assert rules <= set(KEY.findall((folder / "rules.ts").read_text("utf-8")))
    assert tools == set(KEY.findall((folder / "instruments.ts").read_text("utf-8")))
