"""What happened in a transcript so far, held against what its lines expect of it. (p).

Effects of one event may stand in any order, texts may not. This room refuses to let anything
happen: transcript.py does.
"""

from msgspec import Struct

from engage.conversation.states import State
from engage.conversation.transcript_format import Effected, Outgoing, Stands
from engage.ids import ConversationId
from engage.turns.decision import TextOut
from engage.turns.expected import in_full, same_text, shown_like
from engage.turns.library import Library
from engage.turns.scene import shown, state_words
from engage.turns.world import World


class Difference(Struct, frozen=True):
    """Where a transcript and the core part ways."""

    line: int
    expected: str
    happened: str

    def __str__(self) -> str:
        """Three lines, like a diff."""
        return f"line {self.line}\n- {self.expected}\n+ {self.happened}"


class Played(Struct, frozen=True):
    """How a transcript went: its lines as they happened, and the differences."""

    lines: tuple[str, ...]
    differences: tuple[Difference, ...]


class Effect(Struct, frozen=True):
    """Something that happened, spelled as a line; with the text itself if it is one."""

    shown: str
    text: TextOut | None = None


class Compared:
    """The lines as they happened, what of it was not expected yet, and the differences."""

    def __init__(self, world: World, library: Library) -> None:
        """Begin before the first line."""
        self._world = world
        self._library = library
        self._differences: list[Difference] = []
        self.pending: list[Effect] = []
        self.lines: list[str] = []
        self.settled: dict[ConversationId, State] = {}

    def played(self) -> Played:
        """Return how it went."""
        return Played(tuple(self.lines), tuple(self._differences))

    def expect(self, line: Outgoing | Effected) -> None:
        """Find what a line expects among what happened, or note the difference."""
        wanted = shown(line)
        for place, effect in enumerate(self.pending):
            text = effect.text
            if isinstance(line, Outgoing) and text is not None:
                # Texts come in order: only the next one may match.
                if same_text(line, text, self._library, self._about(text)):
                    self.lines.append(wanted)
                    self.pending.pop(place)
                    return
                break
            if (
                isinstance(line, Effected)
                and text is None
                and effect.shown.split() == wanted.split()
            ):
                self.lines.append(wanted)
                self.pending.pop(place)
                return
        self._differences.append(Difference(line.line, in_full(line), self._instead_of(line)))

    def _instead_of(self, line: Outgoing | Effected) -> str:
        """Return what happened where a line was expected: of its kind, if anything of it did."""
        for effect in self.pending:
            if isinstance(line, Outgoing) and effect.text is not None:
                return shown_like(line, effect.text, self._library, self._about(effect.text))
            if isinstance(line, Effected) and effect.shown.split()[:2] == ["*", line.verb]:
                return effect.shown
        return next((effect.shown for effect in self.pending), "nothing")

    def _about(self, text: TextOut) -> str:
        threads = (t for context in self._world.contexts for t in context.threads)
        return next((t.given_name for t in threads if t.id == text.thread_id), "")

    def nothing_left(self, line_no: int) -> None:
        """Note as differences what happened before a line and nobody expected."""
        for effect in self.pending:
            self._differences.append(Difference(line_no, "nothing", effect.shown))
            self.lines.append(effect.shown)
        self.pending.clear()

    def stands(self, line: Stands) -> None:
        """Compare the state of the conversations with the one a line names."""
        wanted = f"{line.state} {line.prompt}".strip()
        states = [state_words(state) for state in self.settled.values()] or ["idle"]
        if any(wanted in (state, state.partition(" ")[0]) for state in states):
            self.lines.append(f"= {wanted}")
        elif wanted == "opted-out" and any(
            c.line and c.line.opted_out for c in self._world.contexts
        ):
            self.lines.append("= opted-out")
        else:
            self._differences.append(Difference(line.line, f"= {wanted}", f"= {states[-1]}"))
            self.lines.append(f"= {states[-1]}")
