"""A need that somebody speaks of unasked: "my ride fell thru again" belongs to their ride. (p).

The reader's labels say which need, at the threshold that each ships with; here is which of them
count, and when. Words that only thank for what came are not held against anybody. This room refuses
to look for needs in an answer to a question about the same thing, and to say that help is wanted.
"""

from collections.abc import Collection, Iterable, Mapping

from engage.reading.fold import words
from engage.reading.keywords import programme_stop
from engage.reading.reader import NOTHING
from engage.turns.advancing import in_crisis
from engage.turns.attribution import Attributed, Unplaced
from engage.turns.checks import is_check
from engage.turns.clarify import is_clarifying
from engage.turns.coming import is_coming
from engage.turns.context import ConversationSeen
from engage.turns.draft import Draft
from engage.turns.intents import intent_of, says_how
from engage.turns.meeting import is_meeting
from engage.turns.needing import is_helping, is_need

DOMAINS: Mapping[str, str] = {
    "food": "food-insecurity",
    "transportation": "transportation-insecurity",
    "housing": "housing-instability",
    "utilities": "utility-insecurity",
}
"""What the reader calls a need, and its domain; medicines are no social need."""

_SAY_NO_MORE = frozenset({"help_request", "yes", "no", NOTHING})
"""Labels of a text that says nothing beside its need: whoever reads of the need has read it."""

FELL_THROUGH, VERSION = "ride-fell-through", "1"
"""A rule of our own, and its version: the model hears too little of it in Spanish."""

_RIDES = frozenset({"ride", "raite", "rait", "transporte", "taxi", "van"})
_FAILED = frozenset({"fell", "fallo", "fallaron", "cancelo", "cancelaron", "cayo"})

_REACH = 3
"""So many words a no reaches."""

_THANKS = frozenset(
    [
        *("thank", "thanks", "thanx", "thnx", "thx", "ty", "appreciate", "received", "delivered"),
        *("gracias", "grasias", "agradezco", "agradecida", "agradecido", "recibi", "recibimos"),
    ]
)
_TROUBLE = frozenset(
    [
        *("not", "no", "never", "none", "nothing", "nobody", "dont", "didnt", "doesnt", "cant"),
        *("couldnt", "wont", "isnt", "wasnt", "havent", "hasnt", "without", "out", "fell", "but"),
        *("cancel", "cancelled", "canceled", "late", "still", "again", "need", "needs", "broke"),
        *("broken", "lost", "nunca", "nada", "nadie", "ni", "pero", "sin", "falta", "faltan"),
        *("fallo", "cancelo", "cancelaron", "tarde", "todavia", "aun", "necesito", "necesitamos"),
        *("ocupo", "ocupamos", "otra", "perdi", "perdimos", "tampoco"),
    ]
)
"""With one of these, thanks are manners."""

_BARE = frozenset(
    [
        *("often", "sometimes", "never", "always", "true", "yes", "no", "not", "sure"),
        *("a", "menudo", "veces", "aveces", "nunca", "siempre", "cierto", "si", "se", "know"),
        *("i", "dont"),
    ]
)
"""An answer to a question that nobody asks now says nothing of what it was about."""


_MANNERS = _THANKS - {"received", "delivered", "recibi", "recibimos"} | frozenset(
    [
        *("ok", "okay", "k", "you", "u", "so", "very", "much", "a", "lot", "great", "good", "god"),
        *("bless", "perfect", "alright", "dear", "we", "i", "it", "that", "all", "for"),
        *("muchas", "muchisimas", "mil", "vale", "bueno", "bien", "perfecto", "se", "lo", "le"),
        *("dios", "bendiga", "la", "los", "las", "por", "todo", "su", "your"),
    ]
)
"""Words of which thanks alone are made; with any other it is more."""


def only_thanks(text: str) -> bool:
    """Say whether a text is thanks and nothing else: "ok thanks", "muchas gracias"."""
    said = frozenset(words(text))
    return not said.isdisjoint(_THANKS) and said <= _MANNERS


def says_nothing(text: str) -> bool:
    """Say whether a text only thanks, without a word of trouble, or is an answer alone."""
    said = frozenset(one for one in words(text) if not one.isdecimal())
    thanks = not said.isdisjoint(_THANKS) and said.isdisjoint(_TROUBLE)
    return thanks or said <= _BARE


def fell_through(text: str) -> bool:
    """Say whether a text says that a ride fell through: "me falló el raite otra vez"."""
    spoken = words(text)
    if _RIDES.isdisjoint(spoken):
        return False
    failed = (place for place, one in enumerate(spoken) if one in _FAILED)
    # "No me falló", "no se me cayó"; but not "me falló el raite y no tengo cómo ir".
    return any("no" not in spoken[max(place - _REACH, 0) : place] for place in failed)


def stated(
    draft: Draft, who: Attributed | Unplaced, text: str, labels: Iterable[str], *, danger: bool
) -> Mapping[str, str]:
    """Return the needs that a text may speak of, by the reader's label; of nobody, none.

    During a check-in its script says which; our own questions about needs hear their answers. What
    may be a danger is seen to as that, within minutes, by a person who reads all of it.
    """
    if isinstance(who, Unplaced) or not who.thread.active:
        return {}
    if in_crisis(draft, who.thread.patient_id) or says_nothing(text):
        return {}
    if programme_stop(text) is not None:
        return {}  # "no more food questions" is about the questions
    asked = who.conversation
    known: Mapping[str, str] = {} if danger else DOMAINS
    if asked is not None:
        script = asked.script
        if any(own(script) for own in (is_check, is_clarifying, is_helping, is_coming)):
            return {}
        plan = draft.library.check_in(script)
        if plan is not None:
            known = plan.words
    found = {label: known[label] for label in labels if label in known}
    if _is_of_a_visit(asked, text):
        # "None of these", "tuesday at 3", "i can't come": of a visit, and of no need.
        found = {}
    if "transportation" in known and "transportation" not in found and fell_through(text):
        found[FELL_THROUGH] = known["transportation"]
    return {label: domain for label, domain in found.items() if is_need(domain)}


def _is_of_a_visit(asked: ConversationSeen | None, text: str) -> bool:
    """Say whether a text is about when somebody comes, and not about how they get there."""
    about = intent_of(text) is not None if asked is None else is_meeting(asked.script)
    return about and not says_how(text)


def wholly(who: Attributed | Unplaced, labels: Iterable[str], needs: Collection[str]) -> bool:
    """Say whether a text is nothing but these needs, as far as the reader sees, and no answer."""
    unasked = isinstance(who, Attributed) and who.conversation is None
    return unasked and bool(needs) and frozenset(labels) <= _SAY_NO_MORE.union(needs)
