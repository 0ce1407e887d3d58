"""The screenings of one turn: their answers, and the verdict that those allow. (p).

A risk is flagged with its answer, not at the end: "not safe at home" does not wait for the last
question. This room refuses to score what was not asked; missing is never "no".
"""

from collections.abc import Callable

from msgspec.structs import replace

from engage.conversation.answers import Answer
from engage.ids import AnswerId, ScreeningId, derived
from engage.needs.scoring import flag_for, score
from engage.queue.flag import Flag
from engage.turns.context import ThreadSeen, Turn, TurnContext
from engage.turns.decision import AnswerGiven, InboundRead, ScreeningSaved
from engage.turns.library import Library
from engage.turns.under_way import under_way


class Screenings:
    """What one turn answers, begins and ends."""

    def __init__(
        self,
        context: TurnContext,
        turn: Turn,
        library: Library,
        flag: Callable[[Flag, ThreadSeen | None], None],
    ) -> None:
        """Begin with nothing answered; `flag` is told of a risk."""
        self.context = context
        self.turn = turn
        self.library = library
        self.saved: dict[ScreeningId, ScreeningSaved] = {}
        self.answers: list[AnswerGiven] = []
        self._flag = flag

    def answer(
        self,
        screening: ScreeningId,
        instrument: str,
        item: str,
        answer: Answer,
        thread: ThreadSeen,
        inbound: InboundRead | None,
    ) -> None:
        """Record an answer, and flag it at once if it is a risk."""
        by_staff = self.turn.text is None
        by_caregiver = inbound is not None and inbound.author == "caregiver"
        reporter = "staff" if by_staff else "caregiver" if by_caregiver else "patient"
        self.answers.append(
            AnswerGiven(
                id=AnswerId(derived(self.turn.at, self.turn.cause, f"answer/{item}")),
                screening_id=screening,
                item=item,
                answer=answer,
                loinc=self.library.item_codes(instrument, item),
                reporter=reporter,
                reporter_id=self.turn.staff_id if by_staff else None,
                message_id=inbound.id if inbound else None,
            )
        )
        domain = flag_for(self.library.instruments[instrument], item, answer)
        if domain is not None:
            rule = f"{instrument}/{item}"
            self._flag(Flag(reason=domain, severity="routine", rule=rule, kind="need"), thread)

    def begin(self, saved: ScreeningSaved) -> None:
        """Save a screening that did not exist before."""
        self.saved[saved.id] = saved

    def end(
        self, screening: ScreeningId, instrument: str, known: dict[str, Answer], *, completed: bool
    ) -> None:
        """Close a screening with the verdict that its answers allow."""
        tool = self.library.instruments[instrument]
        begun = self.saved.get(screening) or under_way(
            self.context, self.turn, screening, tool.version
        )
        if begun is not None:
            self.saved[screening] = replace(
                begun,
                status="completed" if completed else "stopped",
                verdict=score(tool, known),
            )
