"""The conversations about visits, as scripts: coming, another time, a free time, a missed one. (p).

How many visits or times a question lists stands in the script's name; which they are, in its talk.
Digits answer, and the words people use instead. No text names a need, a place or what a visit is
for. A question that nobody answers gives the floor back within hours: the next reminder asks again.
This room refuses to say what follows from an answer; choosing.py does.
"""

from collections.abc import Mapping

from engage.appointments.appointment import Reason
from engage.conversation.engine import NUDGE, SILENCE
from engage.conversation.events import Cancelled, Event, StaffWrote, TimerFired
from engage.conversation.script import Option, Prompt, Script
from engage.turns.talks import Kind

VERSION = "1"
PREFIX = "visit."
CONFIRM, CHANGE, CANNOT = "confirm", "change", "cannot"
NONE, YES, NO, TAKE, PASS = "none", "yes", "no", "take", "pass"
MOST_VISITS, MOST_TIMES = 4, 3

_CONFIRM = (
    *("ill be there", "i will be there", "will be there", "coming", "im coming", "i am coming"),
    *("i can make it", "ill come", "confirm", "confirmed", "i confirm", "see you then"),
    *("ahi estare", "ahi estaremos", "alli estare", "si ahi estare", "si voy", "voy", "ahi voy"),
    *("confirmo", "confirmado", "confirmada", "alla voy", "ahi nos vemos"),
)
_CHANGE = (
    *("change", "change it", "reschedule", "i need to reschedule", "need to reschedule"),
    *("can we reschedule", "can i reschedule", "another time", "another day", "different time"),
    *("a different time", "different day", "move it", "can we move it"),
    *("cambiar", "cambiarla", "otra hora", "otro dia", "otra fecha", "reprogramar", "cambio"),
    *("necesito cambiar", "necesito cambiarla", "quiero cambiarla", "la puedo cambiar"),
)
_CANNOT = (
    *("cant", "i cant", "cant come", "i cant come", "cant make it", "i cant make it", "cannot"),
    *("not coming", "im not coming", "i wont be there", "wont be there", "i wont make it"),
    *("no puedo", "no puedo ir", "no voy a poder", "no voy a poder ir", "no podre", "no podre ir"),
    *("no voy", "no voy a ir"),
)
_NONE = (
    *("none", "none of them", "none of these", "none of those", "neither", "none works"),
    *("ninguna", "ninguno", "ninguna me sirve", "ninguna de esas", "no me sirve ninguna"),
)
_TAKE = ("ill take it", "i take it", "i want it", "la tomo", "la quiero", "lo tomo")
_PASS = ("no thanks", "no thank you", "not for me", "no gracias")
_MISSED: Mapping[str, tuple[str, ...]] = {
    "ride": (
        *("ride", "no ride", "my ride", "i had no ride", "i didnt have a ride", "getting there"),
        *("couldnt get there", "no tenia como ir", "no tuve como ir", "no tenia raite", "raite"),
        *("transporte", "no tuve transporte", "como llegar", "el transporte"),
    ),
    "work": ("work", "i had to work", "had to work", "trabajo", "el trabajo", "tuve que trabajar"),
    "felt-ill": (
        *("sick", "i was sick", "i felt sick", "felt sick", "ill", "i felt ill", "felt ill"),
        *("enferma", "enfermo", "estaba enferma", "estaba enfermo", "me senti mal"),
    ),
    "forgot": (
        *("i forgot", "forgot", "i forgot about it", "se me olvido", "me olvide", "lo olvide"),
    ),
    "other": ("other", "something else", "another reason", "otra cosa", "otra razon", "otro"),
}
REASONS: Mapping[str, Reason] = {
    "ride": "ride",
    "work": "work",
    "felt-ill": "felt-ill",
    "forgot": "forgot",
    "other": "other",
}
"""What the options of "what kept you?" say."""

_COMING = (
    Option(CONFIRM, 1, _CONFIRM, "yes"),
    Option(CHANGE, 2, _CHANGE),
    Option(CANNOT, 3, _CANNOT, "no"),
)
_KINDS: tuple[Kind, ...] = ("remind", "which", "change", "echo", "offer", "missed", "ride")
_HOURS: Mapping[Kind, int] = {
    "remind": 12,
    "which": 2,
    "change": 2,
    "echo": 2,
    "offer": 2,
    "missed": 24,
    "ride": 12,
}
"""After so many hours without an answer a question is silent, and gives the floor back."""


def script_id(kind: Kind, count: int = 1, variant: str = "") -> str:
    """Return the name of a conversation: `variant` is cannot, gone, several or sooner."""
    counted = kind in {"remind", "which", "change"}
    name = f"{PREFIX}{kind}" + (f"-{variant}" if variant else "")
    return f"{name}:{count}" if counted else name


def is_meeting(script: str) -> bool:
    """Say whether a conversation is about visits."""
    return script.startswith(PREFIX)


def kind_of(script: str) -> Kind:
    """Return what such a conversation asks."""
    own = script.removeprefix(PREFIX).partition(":")[0].partition("-")[0]
    return next(kind for kind in _KINDS if kind == own)


def answers(script: str) -> bool:
    """Say whether a conversation only ever follows from the person's own text."""
    return is_meeting(script) and kind_of(script) in {"which", "change", "echo", "ride"}


def says_cannot(script: str) -> bool:
    """Say whether the question which visit is meant follows from "I can't come"."""
    return script.startswith(f"{PREFIX}which-cannot")


def scripts() -> Mapping[str, Script]:
    """Return every conversation about visits, by name."""
    made: list[Script] = []
    for count in range(1, MOST_VISITS + 1):
        key = "visit.coming" if count == 1 else "visit.coming.several"
        made.append(_script("remind", Prompt(key, _COMING), count))
        if count > 1:
            which = Prompt(f"visit.which.{count}", _numbered(count))
            made += [_script("which", which, count), _script("which", which, count, "cannot")]
    for count in range(1, MOST_TIMES + 1):
        none = Option(NONE, count + 1, _NONE, "no")
        times = Prompt(f"visit.change.{count}", (*_numbered(count), none))
        # With one time to choose, a yes takes it.
        made.append(_script("change", times, count))
        made.append(_script("change", times, count, "gone", lead="visit.gone"))
    yes_no = (Option(YES, 1, (), "yes"), Option(NO, 2, (), "no"))
    offer = (Option(TAKE, 1, _TAKE, "yes"), Option(PASS, 2, _PASS, "no"))
    made.append(_script("echo", Prompt("visit.echo", yes_no)))
    made.append(_script("offer", Prompt("visit.offer", offer)))
    made.append(_script("offer", Prompt("visit.offer.sooner", offer), variant="sooner"))
    made.append(_script("ride", Prompt("visit.ride", yes_no)))
    why = tuple(
        Option(key, place, words) for place, (key, words) in enumerate(_MISSED.items(), start=1)
    )
    made.append(_script("missed", Prompt("visit.missed", why)))
    return {one.id: one for one in made}


def place_of(option: str) -> int | None:
    """Return which of what was listed an option means, from 0; None for none of it."""
    return int(option) - 1 if option.isdecimal() else None


def as_lived(script: str, event: Event) -> Event:
    """Return an event as such a conversation lives it.

    Nobody is nudged about a visit, but for why they missed one: the next reminder does that. When a
    human writes, the visit is theirs to talk about.
    """
    if not is_meeting(script):
        return event
    if isinstance(event, StaffWrote):
        return Cancelled(event.at)
    if isinstance(event, TimerFired) and event.name == NUDGE and kind_of(script) != "missed":
        return TimerFired(event.at, SILENCE, event.step)
    return event


def _script(
    kind: Kind, prompt: Prompt, count: int = 1, variant: str = "", lead: str | None = None
) -> Script:
    return Script(
        script_id(kind, count, variant),
        VERSION,
        (prompt,),
        lead=lead,
        nudge_after_hours=_HOURS[kind],
        grace_days=7,
    )


def _numbered(count: int) -> tuple[Option, ...]:
    yes = "yes" if count == 1 else None
    return tuple(Option(str(number), number, (), yes) for number in range(1, count + 1))
