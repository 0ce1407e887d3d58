"""What a conversation asks, as data: prompts with numbered options, or for a number. (p).

The words of a prompt are the catalogue's; here are only keys, numbers and the replies that count.
This room refuses a script that can't be followed: no prompts, a key twice, a number twice, a
question that depends on one that comes later.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

from engage.conversation.answers import Answer, Chosen, ChosenSeveral, Measured, NotAsked, chosen_in

Meaning: TypeAlias = Literal["yes", "no", "combined-unsure"]


class Option(Struct, frozen=True):
    """One allowed answer."""

    key: str
    #: What the person types on a phone; 0 is never offered.
    number: int
    #: Folded words that mean this option, of all languages.
    words: tuple[str, ...] = ()
    #: "yes" and "no" take the general words; "combined-unsure" is an instrument's one option for
    #: both "don't know" and "won't say", after which we ask which of the two.
    meaning: Meaning | None = None
    #: Whoever says this is asked nothing more: a human takes over.
    stops: bool = False
    #: Contradicts every other option of its prompt: "none of the above".
    alone: bool = False

    def __post_init__(self) -> None:
        """Refuse a number that nobody would take for a choice."""
        if self.number < 1:
            message = f"option {self.key}: numbers start at 1"
            raise ValueError(message)


class Bounds(Struct, frozen=True):
    """Between which numbers a measurement can be true at all, both included."""

    least: float
    most: float

    def __contains__(self, number: float) -> bool:
        """Say whether a number can be true."""
        return self.least <= number <= self.most


class Measure(Struct, frozen=True):
    """A number that is asked for, or several that are told together (a pressure has two)."""

    parts: tuple[Bounds, ...]
    #: Folded names of the unit that a reply may carry; another unit is unclear.
    units: tuple[str, ...] = ()

    def allows(self, numbers: tuple[float, ...]) -> bool:
        """Say whether numbers can be true: as many as are asked for, each within its bounds."""
        return len(numbers) == len(self.parts) and all(
            number in bounds for number, bounds in zip(numbers, self.parts, strict=True)
        )


class Prompt(Struct, frozen=True):
    """One thing we ask."""

    #: Also the id of its text: "hvs.worried".
    key: str
    options: tuple[Option, ...]
    #: Never asked, and never echoed, on a phone that somebody else reads.
    sensitive: bool = False
    #: More than one option may be chosen.
    several: bool = False
    #: A number is asked for; then there are no options.
    measure: Measure | None = None
    #: Asked only after one of these options of an earlier prompt: its key, and theirs.
    only_after: tuple[str, tuple[str, ...]] | None = None

    def __post_init__(self) -> None:
        """Refuse options that can't be told apart or kept, and options beside a number."""
        if any("," in option.key for option in self.options):
            # Several keys are kept with commas between them.
            message = f"prompt {self.key}: an option's key has a comma"
            raise ValueError(message)
        if self.measure is not None and self.options:
            message = f"prompt {self.key}: it asks for a number and offers options"
            raise ValueError(message)
        for name, values in (
            ("key", [option.key for option in self.options]),
            ("number", [option.number for option in self.options]),
        ):
            if len(set(values)) != len(values):
                message = f"prompt {self.key}: an option {name} is used twice"
                raise ValueError(message)

    def option(self, key: str) -> Option | None:
        """Return the option of this key, if the prompt offers it."""
        return next((option for option in self.options if option.key == key), None)

    def chosen(self, answer: Answer) -> tuple[Option, ...]:
        """Return the options that an answer chose, in the order in which they are offered."""
        keys = chosen_in(answer)
        return tuple(option for option in self.options if option.key in keys)

    def contradicts(self, answer: Answer) -> bool:
        """Say whether an answer chose an option beside one that stands alone."""
        chosen = self.chosen(answer)
        return len(chosen) > 1 and any(option.alone for option in chosen)

    def as_offered(self, answer: Answer) -> Answer:
        """Return the same answer with its options in the order of this prompt."""
        if not isinstance(answer, ChosenSeveral) or not self.offers(answer):
            return answer
        return ChosenSeveral(tuple(option.key for option in self.chosen(answer)))

    def offers(self, answer: Answer) -> bool:
        """Say whether an answer is possible: what this prompt asks for, without contradiction."""
        if isinstance(answer, Measured):
            return self.measure is not None and self.measure.allows(answer.numbers)
        keys = chosen_in(answer)
        if len(keys) > 1 and not self.several:
            return False
        return len(self.chosen(answer)) == len(keys) and not self.contradicts(answer)

    def is_combined(self, answer: Answer) -> bool:
        """Say whether an answer is the one option for both "don't know" and "won't say"."""
        option = self.option(answer.option) if isinstance(answer, Chosen) else None
        return option is not None and option.meaning == "combined-unsure"


class Script(Struct, frozen=True):
    """Prompts in order, and how long we wait."""

    id: str
    version: str
    prompts: tuple[Prompt, ...]
    #: The text id before the very first question.
    lead: str | None = "opening"
    #: The text id after the last answer.
    closing: str = "thanks"
    nudge_after_hours: int = 24
    #: Counted from the moment the carrier took the nudge.
    silence_after_hours: int = 24
    #: How long a late answer still counts once silence has become work.
    grace_days: int = 14

    def __post_init__(self) -> None:
        """Refuse a script without questions or with one question twice."""
        keys = [prompt.key for prompt in self.prompts]
        if not keys or len(set(keys)) != len(keys):
            message = f"script {self.id}: prompts must be present, each once"
            raise ValueError(message)
        for place, prompt in enumerate(self.prompts):
            if prompt.only_after is not None and prompt.only_after[0] not in keys[:place]:
                message = f"script {self.id}: {prompt.key} comes before what it depends on"
                raise ValueError(message)

    def prompt(self, key: str) -> Prompt | None:
        """Return the prompt of this key, if the script has it."""
        return next((prompt for prompt in self.prompts if prompt.key == key), None)

    def first_without(self, answered: Mapping[str, Answer]) -> Prompt | None:
        """Return the first prompt that has no answer and, as things stand, is to be asked."""
        return next(
            (
                prompt
                for prompt in self.prompts
                if prompt.key not in answered and _is_asked(prompt, answered)
            ),
            None,
        )

    def without(self, answered: Mapping[str, Answer]) -> tuple[str, ...]:
        """Return all prompts without an answer that, as things stand, are to be asked."""
        return tuple(
            prompt.key
            for prompt in self.prompts
            if isinstance(answered.get(prompt.key, NotAsked()), NotAsked)
            and _is_asked(prompt, answered)
        )

    def offers(self, key: str, answer: Answer) -> bool:
        """Say whether an answer is possible: a prompt of ours and what it asks for."""
        prompt = self.prompt(key)
        return prompt is not None and prompt.offers(answer)


def _is_asked(prompt: Prompt, answered: Mapping[str, Answer]) -> bool:
    if prompt.only_after is None:
        return True
    key, options = prompt.only_after
    return any(chosen in options for chosen in chosen_in(answered.get(key)))
