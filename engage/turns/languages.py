"""Which of our languages a text is in, and whether it asks for the other one. (p).

The words counted are those that every sentence needs and the other language does not have; a name,
a number or one borrowed word says nothing. This room refuses to switch anything by itself: a person
is offered the other language, and says so.
"""

from engage.reading.fold import fold
from engage.turns.context import Language

_ONLY: dict[Language, str] = {
    "en": (
        "the and i my is are was were have has had do does did not dont cant will would can you "
        "your we they he she it this that with for what when where how of to thanks thank "
        "often sometimes never need help today tomorrow please yes"
    ),
    "es": (
        "el los las y yo mi es son era estoy esta tengo tiene tenemos hay hace muy pero porque "
        "que con para cuando donde como de del al gracias por favor si una un le lo se nos "
        "nunca siempre veces menudo algunas necesito ayuda hoy manana quiero puedo"
    ),
}
_SETS = {language: frozenset(words.split()) for language, words in _ONLY.items()}
_ASKS: dict[str, Language] = {
    "espanol": "es",
    "en espanol": "es",
    "espanol por favor": "es",
    "en espanol por favor": "es",
    "prefiero espanol": "es",
    "spanish": "es",
    "in spanish": "es",
    "spanish please": "es",
    "in spanish please": "es",
    "english": "en",
    "in english": "en",
    "english please": "en",
    "in english please": "en",
    "i prefer english": "en",
    "ingles": "en",
    "en ingles": "en",
    "ingles por favor": "en",
}
_ENOUGH = 2
"""So many words of one language, and none of the other, before we offer to switch."""


def spoken(text: str) -> Language | None:
    """Return the language a text is plainly in; None if it is short, mixed or neither."""
    words = _words(text)
    counts = {language: len(words & only) for language, only in _SETS.items()}
    pairs: tuple[tuple[Language, Language], ...] = (("en", "es"), ("es", "en"))
    for language, other in pairs:
        if counts[language] >= _ENOUGH and not counts[other]:
            return language
    return None


def asked_for(text: str) -> Language | None:
    """Return the language that a text, as a whole, asks for."""
    return _ASKS.get(" ".join("".join(c if c.isalnum() else " " for c in fold(text)).split()))


def _words(text: str) -> frozenset[str]:
    kept = "".join(c if c.isalnum() or c in "'\u2019" else " " for c in fold(text))
    return frozenset(kept.replace("'", "").replace("\u2019", "").split())
