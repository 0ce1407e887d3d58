"""What a decision may say and ask: scripts, instruments and the catalogue of texts, as values. (p).

This room refuses wording of its own; it only puts the right one together.
"""

from collections.abc import Mapping
from typing import Self

from msgspec import Struct

from engage.checkins import script as checkins
from engage.checkins.script import CheckInScript
from engage.conversation.answers import Answer, NotAsked
from engage.conversation.script import Prompt, Script
from engage.messaging import texts
from engage.messaging.kinds import TextKind
from engage.needs import instrument as instruments
from engage.needs.instrument import Instrument
from engage.needs.screening import prompt_of, questions_of, script_of
from engage.turns import clarify, coming, invite, meeting, needing
from engage.turns.checks import CHECKS


class Library(Struct, frozen=True):
    """Loaded once, passed in."""

    instruments: Mapping[str, Instrument]
    scripts: Mapping[str, Script]
    catalogue: texts.Catalogue
    questions: Mapping[str, texts.Question]
    #: What plans ask, by id; beside the instruments, since none of it is a validated tool.
    checkins: Mapping[str, CheckInScript] = {}

    @classmethod
    def of(
        cls,
        tools: Mapping[str, Instrument],
        catalogue: texts.Catalogue,
        planned: Mapping[str, CheckInScript] | None = None,
    ) -> Self:
        """Build the scripts and questions of every instrument that may be texted, and our own."""
        sets: Mapping[str, CheckInScript] = planned or {}
        return cls(
            instruments=tools,
            checkins=sets,
            scripts={
                **{
                    one.id: one for plan in sets.values() for one in checkins.conversations_of(plan)
                },
                **CHECKS,
                **clarify.SCRIPTS,
                **needing.scripts_of(tools.values(), sets.values()),
                **coming.scripts(),
                **invite.SCRIPTS,
                **meeting.scripts(),
                **{t.id: script_of(t) for t in tools.values() if t.sms_policy == "ok"},
            },
            catalogue=catalogue,
            questions={
                key: question
                for tool in tools.values()
                if tool.sms_policy == "ok"
                for key, question in questions_of(tool).items()
            }
            | {
                key: question
                for one in sets.values()
                for key, question in checkins.questions_of(one).items()
            },
        )

    @classmethod
    def shipped(cls, phq2_cut_off: int | None = None) -> Self:
        """Return what ships with the package; the cut-off of the PHQ-2 is the operator's."""
        tools = instruments.load_all()
        if phq2_cut_off is not None:
            tools = instruments.with_cut_off(tools, "phq-2", phq2_cut_off)
        return cls.of(tools, texts.load(), checkins.load_all())

    def check_in(self, script: str) -> CheckInScript | None:
        """Return the set of questions of a check-in, whoever is asked; None if it is none."""
        return self.checkins.get(checkins.own_id(script))

    def version_of(self, asked: str) -> str:
        """Return the version of an instrument, or of a check-in's set of questions."""
        plan = self.check_in(asked)
        return self.instruments[asked].version if plan is None else plan.version

    def asks_all(self, asked: str, known: Mapping[str, Answer]) -> bool:
        """Say whether nothing is left to ask, as things stand."""
        script = self.scripts.get(asked)
        if script is None:
            return all(item.key in known for item in self.instruments[asked].items)
        return script.first_without(known) is None

    def prompt_of(self, asked: str, item: str) -> Prompt | None:
        """Return what answers a question takes, also where it may not be texted."""
        script = self.scripts.get(asked)
        if script is not None:
            return script.prompt(item)
        tool = self.instruments.get(asked)
        found = tool.item(item) if tool else None
        return None if found is None else prompt_of(found)

    def missing(self, asked: str, known: Mapping[str, Answer]) -> tuple[str, ...]:
        """Return the questions that have no answer and, as things stand, are to be asked."""
        script = self.scripts.get(asked)
        if script is not None:
            return script.without(known)
        tool = self.instruments.get(asked)
        items = tool.items if tool is not None else ()
        return tuple(
            one.key for one in items if isinstance(known.get(one.key, NotAsked()), NotAsked)
        )

    def kind_of(self, script: str) -> TextKind:
        """Return the kind of a conversation's questions: who asked for them decides."""
        plan = self.check_in(script)
        if coming.is_coming(script):
            return "check-in"
        return "screening" if plan is None else plan.kind

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
