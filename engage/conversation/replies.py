"""Reads a reply to a prompt: leniently in form, strictly in meaning. (p).

"1", "1.", "#1", "uno", "often true", "1 often", "I'd say sometimes" are answers; so is "2 and I
fell again", whose second half is handed on as `rest`. The answer stands at the start of the text,
after small words at most: a number inside a sentence is no choice. After it comes the end,
punctuation, a polite word or the beginning of a second thought; anything else ("3 days without
food", "no car", "never mind") is unclear: a wrong answer kept is worse than one more question. What
takes several options at once is read by several.py.

This room refuses to guess, to read danger or opt-outs (reading does), and to say what an answer
means for the person (needs does).
"""

import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from engage.conversation.answers import (
    Answer,
    Chosen,
    Declined,
    DidNotKnow,
    Reading,
    Unclear,
    Understood,
)
from engage.conversation.numbers import read_number
from engage.conversation.script import Option, Prompt
from engage.conversation.several import read_several
from engage.conversation.tokens import table_of, tokens_in
from engage.conversation.words import (
    CONNECTORS,
    DENIALS,
    ECHO_NO,
    ECHO_YES,
    FILLERS,
    MARKERS,
    NEGATIONS,
    POLITE,
)

WHICH_ONE = Prompt(
    "which-one",
    (
        Option("did-not-know", 1, ("i dont know", "no se")),
        Option("declined", 2, ("i would rather not say", "id rather not say", "prefiero no decir")),
    ),
)
"""What is asked after an option that means both "don't know" and "won't say"."""


class _Match(NamedTuple):
    answer: Answer | None
    after: int


def read_answer(text: str, prompt: Prompt, language: str) -> Reading:
    """Return the answer a text gives to a prompt, or that it can't be told."""
    if prompt.measure is not None:
        number = read_number(text, prompt.measure)
        if number is not None:
            return number
    if prompt.several:
        return read_several(text, prompt, language)
    return _Reply(text, prompt, language).read()


def read_which_one(text: str, language: str) -> Reading:
    """Return whether the person did not know or would rather not say."""
    reading = read_answer(text, WHICH_ONE, language)
    match reading:
        case Understood(Chosen("did-not-know"), rest):
            return Understood(DidNotKnow(), rest)
        case Understood(Chosen("declined"), rest):
            return Understood(Declined(), rest)
        case _:
            return reading


class _Reply:
    """One text beside one prompt."""

    def __init__(self, text: str, prompt: Prompt, language: str) -> None:
        whole = unicodedata.normalize("NFKC", text)
        self.text = "".join(c for c in whole if unicodedata.category(c) != "Cf")
        self.tokens = tuple(tokens_in(self.text))
        self.prompt = prompt
        self.table = table_of(prompt, language)
        self.longest = max(map(len, self.table))

    def read(self) -> Reading:
        first = self._first()
        if first is None or first.answer is None:
            return Unclear()
        answer = self._settled(first)
        if answer is None:
            return Unclear()
        return self._with_rest(answer, first)

    def _first(self) -> _Match | None:
        """Return what the text begins with, after small words."""
        for at, token in enumerate(self.tokens):
            match = self._match(at)
            if match is not None:
                return match
            if token.word not in FILLERS:
                return None
        return None

    def _match(self, at: int, until: int | None = None) -> _Match | None:
        """Return the longest known phrase that begins at a token."""
        words = tuple(token.word for token in self.tokens[at:until][: self.longest])
        for length in range(len(words), 0, -1):
            if words[:length] in self.table:
                return _Match(self.table[words[:length]], at + length)
        if words and words[0].isdigit():
            return _Match(None, at + 1)  # a number that is not offered
        return None

    def _settled(self, first: _Match) -> Answer | None:
        """Return the answer, made finer by what follows; None if what follows contradicts it."""
        finer: set[Answer] = set()
        for begin, end in self._clauses(first.after):
            words = tuple(token.word for token in self.tokens[begin:end])
            if words in NEGATIONS and not self._means(first.answer, "no"):
                return None
            named = self._match(begin, end)
            if named is None or named.after != end or named.answer == first.answer:
                continue
            # "4, I don't know": the number means both, the words say which.
            combined = self._means(first.answer, "combined-unsure")
            if not combined or not isinstance(named.answer, Declined | DidNotKnow):
                return None
            finer.add(named.answer)
        return finer.pop() if len(finer) == 1 else first.answer

    def _clauses(self, begin: int) -> Iterator[tuple[int, int]]:
        """Yield the stretches after the answer, without small words at their ends."""
        cuts = [begin]
        for at in range(begin, len(self.tokens)):
            if self._apart(at) or self.tokens[at].word in MARKERS:
                cuts.append(at)
            if self.tokens[at].word in MARKERS and self._match(at) is None:
                cuts.append(at + 1)
        cuts.append(len(self.tokens))
        for left, right in pairwise(cuts):
            start, end = left, right
            while start < end and self._is_small(start, FILLERS | POLITE):
                start += 1
            while end > start and self._is_small(end - 1, POLITE):
                end -= 1
            if start < end:
                yield start, end

    def _is_small(self, at: int, small: frozenset[str]) -> bool:
        word = self.tokens[at].word
        return word in small and (word,) not in self.table

    def _apart(self, at: int) -> bool:
        """Say whether punctuation or a new line stands before a token."""
        if at == 0:
            return False
        gap = self.text[self.tokens[at - 1].end : self.tokens[at].start]
        return "\n" in gap or bool(gap.strip(" \t\r\xa0\"'()"))

    def _with_rest(self, answer: Answer, first: _Match) -> Reading:
        begin = first.after
        while (again := self._match(begin)) is not None and again.answer in {first.answer, answer}:
            begin = again.after
        after_polite = begin
        while after_polite < len(self.tokens) and self.tokens[after_polite].word in POLITE:
            after_polite += 1
        if after_polite == len(self.tokens) or self._echoes(answer, begin):
            return Understood(answer)
        following = self.tokens[after_polite].word
        if after_polite > begin or self._apart(begin) or following in CONNECTORS:
            return Understood(answer, self.text[self.tokens[begin].start :].strip())
        return Unclear()

    def _echoes(self, answer: Answer, begin: int) -> bool:
        words = {token.word for token in self.tokens[begin:]}
        if self._means(answer, "yes"):
            return words <= ECHO_YES
        return self._means(answer, "no") and words <= ECHO_NO | DENIALS and bool(words & DENIALS)

    def _means(self, answer: Answer | None, meaning: str) -> bool:
        option = self.prompt.option(answer.option) if isinstance(answer, Chosen) else None
        return option is not None and option.meaning == meaning
