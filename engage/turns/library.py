"""What a decision may say and ask: scripts, instruments and the catalogue of texts, as values. (p).

This room refuses wording of its own; it only puts the right one together.
"""

from collections.abc import Mapping
from typing import Self

from msgspec import Struct

from engage.conversation.script import Script
from engage.messaging import texts
from engage.needs import instrument as instruments
from engage.needs.instrument import Instrument
from engage.needs.screening import questions_of, script_of
from engage.turns.checks import CHECKS


class Library(Struct, frozen=True):
    """Loaded once, passed in."""

    instruments: Mapping[str, Instrument]
    scripts: Mapping[str, Script]
    catalogue: texts.Catalogue
    questions: Mapping[str, texts.Question]

    @classmethod
    def of(cls, tools: Mapping[str, Instrument], catalogue: texts.Catalogue) -> Self:
        """Build the scripts and questions of every instrument that may be texted, and our own."""
        return cls(
            instruments=tools,
            scripts={
                **CHECKS,
                **{t.id: script_of(t) for t in tools.values() if t.sms_policy == "ok"},
            },
            catalogue=catalogue,
            questions={
                key: question
                for tool in tools.values()
                for key, question in questions_of(tool).items()
            },
        )

    @classmethod
    def shipped(cls) -> Self:
        """Return what ships with the package."""
        return cls.of(instruments.load_all(), texts.load())

    def words(
        self, text_id: str, language: str, values: Mapping[str, str], lead: str | None = None
    ) -> str:
        """Return the whole message of a text id."""
        return texts.compose(self.catalogue, self.questions, text_id, language, values, lead)

    def item_codes(self, instrument: str, item: str) -> str | None:
        """Return the LOINC code of an item, if the instrument has it."""
        tool = self.instruments.get(instrument)
        found = tool.item(item) if tool else None
        return found.loinc if found else None
