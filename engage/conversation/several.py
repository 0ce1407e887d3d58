"""Reads a reply that may choose several options: "1 3", "1,3", "mold and mice", "all", "none". (p).

The choices stand at the start of the text, with "and", commas or nothing between them; after them
comes the end, or a second thought that is handed on. Whatever casts doubt on a choice makes the
whole unclear: a number that is not offered, "none" beside another, "all but 3", "1 or 3", "1-3", "1
no wait 3". This room refuses to guess which of two contradictory choices was meant.
"""

import re
import unicodedata
from collections.abc import Iterator

from engage.conversation.answers import (
    Answer,
    Reading,
    Unclear,
    Understood,
    as_one,
    chosen_in,
)
from engage.conversation.script import Prompt
from engage.conversation.tokens import Token, table_of, tokens_in
from engage.conversation.words import (
    ALL,
    BETWEEN_CHOICES,
    CONNECTORS,
    DOUBTS,
    EXCEPT,
    FILLERS,
    POLITE,
)

_LISTED = re.compile(r"\d+(?:[.,/]\d+)+")


def read_several(text: str, prompt: Prompt, language: str) -> Reading:
    """Return the options a text chooses, or that it can't be told."""
    return _Reply(text, prompt, language).read()


class _Reply:
    """One text beside one prompt that takes several options."""

    def __init__(self, text: str, prompt: Prompt, language: str) -> None:
        whole = unicodedata.normalize("NFKC", text)
        self.text = "".join(c for c in whole if unicodedata.category(c) != "Cf")
        self.tokens = tuple(_single(tokens_in(self.text)))
        self.prompt = prompt
        self.table = dict(table_of(prompt, language))
        every = tuple(option.key for option in prompt.options if not option.alone)
        self.everything = as_one(every)
        self.table |= dict.fromkeys(ALL, self.everything)
        self.longest = max(map(len, self.table))

    def read(self) -> Reading:
        found, after = self._choices()
        answer = self._one(found)
        if answer is None:
            return Unclear()
        return self._with_rest(answer, after)

    def _choices(self) -> tuple[list[Answer | None], int]:
        """Return what the text names, one after the other, and where that ends."""
        found: list[Answer | None] = []
        at = after = 0
        while at < len(self.tokens):
            match = self._match(at)
            if match is not None:
                found.append(match[0])
                at = after = match[1]
            elif self._is_between(at, begun=bool(found)):
                at += 1
            else:
                break
        return found, after

    def _is_between(self, at: int, *, begun: bool) -> bool:
        word = self.tokens[at].word
        return word in FILLERS or (begun and word in BETWEEN_CHOICES)

    def _match(self, at: int) -> tuple[Answer | None, int] | None:
        words = tuple(token.word for token in self.tokens[at : at + self.longest])
        for length in range(len(words), 0, -1):
            if words[:length] in self.table:
                return self.table[words[:length]], at + length
        if words and words[0][0].isdigit():
            return None, at + 1  # a number that is not offered
        return None

    def _one(self, found: list[Answer | None]) -> Answer | None:
        """Return the one answer that some choices make, None if they contradict each other."""
        named = dict.fromkeys(found)
        if not named or None in named:
            return None
        if len(named) == 1:
            return found[0]
        if self.everything in named:
            return None  # "all 3": three of them, or all and the third?
        keys = {key for one in named for key in chosen_in(one)}
        if any(not chosen_in(one) for one in named):
            return None  # a choice, and "I don't know"
        several = as_one(option.key for option in self.prompt.options if option.key in keys)
        return None if self.prompt.contradicts(several) else several

    def _with_rest(self, answer: Answer, after: int) -> Reading:
        words = [token.word for token in self.tokens[after:]]
        while words and words[0] in POLITE:
            words.pop(0)
        if not words:
            return Understood(answer)
        if any(word in DOUBTS for word in words) or words[0] in {"or", "o"}:
            return Unclear()
        if words[0] in EXCEPT and answer == self.everything:
            return Unclear()
        if self._is_alone(answer) and self._names_another(after):
            return Unclear()  # "none but the stove is broken": written down as none, it would be no
        following = len(self.tokens) - len(words)
        polite = following > after
        if polite or self._apart(after) or words[0] in CONNECTORS:
            return Understood(answer, self.text[self.tokens[after].start :].strip())
        return Unclear()

    def _is_alone(self, answer: Answer) -> bool:
        chosen = chosen_in(answer)
        return any(option.alone and option.key in chosen for option in self.prompt.options)

    def _names_another(self, after: int) -> bool:
        """Say whether the words after "none" speak of one of the others all the same."""
        others = {option.key for option in self.prompt.options if not option.alone}
        matches = (self._match(at) for at in range(after, len(self.tokens)))
        return any(m is not None and others & set(chosen_in(m[0])) for m in matches)

    def _apart(self, at: int) -> bool:
        """Say whether punctuation or a new line stands before a word."""
        gap = self.text[self.tokens[at - 1].end : self.tokens[at].start]
        return "\n" in gap or bool(gap.strip(" \t\r\xa0\"'()"))


def _single(tokens: Iterator[Token]) -> Iterator[Token]:
    """Yield words, and the numbers of "1,3" one by one."""
    for token in tokens:
        if _LISTED.fullmatch(token.word):
            for part in re.finditer(r"\d+", token.word):
                begin = token.start + part.start()
                yield Token(begin, begin + len(part.group()), part.group())
        else:
            yield token
