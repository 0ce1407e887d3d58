"""What a conversation asks, as data: prompts with numbered options. (p).

The words of a prompt are the catalogue's; here are only keys, numbers and the replies that count.
This room refuses a script that can't be followed: no prompts, a key twice, a number twice.
"""

from collections.abc import Container
from typing import Literal, TypeAlias

from msgspec import Struct

from engage.conversation.answers import Answer, Chosen

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

    def __post_init__(self) -> None:
        """Refuse a number that nobody would take for a choice."""
        if self.number < 1:
            message = f"option {self.key}: numbers start at 1"
            raise ValueError(message)


class Prompt(Struct, frozen=True):
    """One thing we ask."""

    #: Also the id of its text: "hvs.worried".
    key: str
    options: tuple[Option, ...]
    #: Never asked, and never echoed, on a phone that somebody else reads.
    sensitive: bool = False

    def __post_init__(self) -> None:
        """Refuse options that can't be told apart."""
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

    def prompt(self, key: str) -> Prompt | None:
        """Return the prompt of this key, if the script has it."""
        return next((prompt for prompt in self.prompts if prompt.key == key), None)

    def first_without(self, answered: Container[str]) -> Prompt | None:
        """Return the first prompt whose key is not among the answered ones."""
        return next((prompt for prompt in self.prompts if prompt.key not in answered), None)

    def offers(self, key: str, answer: Answer) -> bool:
        """Say whether an answer is possible: a prompt of ours and one of its options."""
        prompt = self.prompt(key)
        if prompt is None:
            return False
        return not isinstance(answer, Chosen) or prompt.option(answer.option) is not None
