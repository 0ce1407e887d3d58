"""What a text says of a visit, by a few phrases: late, can't come, another time. (p).

Phrases of English and Spanish that a nurse can read, and no model: each of them may move somebody's
visit. This room refuses to say which visit is meant, and to read a number.
"""

import re
from typing import Literal, TypeAlias

from engage.reading.fold import words

Intent: TypeAlias = Literal["late", "cannot", "change"]

_LATE = re.compile(
    r"\b(running|be|im|i am|little|bit|min|mins|minutes|minutos|hour|hora) (\w+ )?late\b"
    r"|\blate (by )?\d+|\b(stuck in traffic|on my way but)\b"
    r"|\b(voy|llego|llegare|vamos|llegamos|llegar|llegando) (\w+ ){0,3}(tarde|retrasad\w|atrasad\w)"
    r"|\b(se me hizo tarde|con retraso|voy con \d+ minutos)\b|\b(voy|estoy) (re|a)trasad\w\b"
)
_NOT_LATE = re.compile(
    r"\b(not|never|wont|no) (\w+ )?(be |llego |voy )?(late|tarde)\b|\b(rent|bill)\b"
)
_CANNOT = re.compile(
    r"\b(cant|cannot|can not|wont|not able to|unable to|not gonna|not going to)( be able to)? "
    r"(make it( to (my|the) (appointment|appt|visit))?(?! (to|through|up|happen|stop|work))\b"
    r"|make (my|the|our|that|this) (appointment|appt|visit)\b"
    r"|(go|get) to (my|the) (appointment|appt|visit|doctor|clinic)\b"
    r"|come( in)?\b(?! (up|out|down|off|back|over))|attend\b|be there\b|get there\b)"
    r"|\bno (puedo|podre|podemos|voy a poder|vamos a poder|voy a) (ir|llegar|venir|asistir)"
    r"( (el|ese|esta|este|hoy|manana|porque|por|pero|ahi|alla|con)\b"
    r"| a (la|mi|esa) (cita|visita|clinica)\b| al (doctor|medico)\b|$)"
)
_CHANGE = re.compile(
    r"\b(reschedul|reprogram|pospon|postpon)\w*"
    r"|\b(change|move|switch|different|another) (\w+ )?(appointment|appt|visit|time|day|date)\b"
    r"|\b(cambiar|mover|cambio de|otra|otro) (\w+ ){0,2}(cita|visita|hora|dia|fecha)\b"
    r"|\b(can|could) (we|i) (do|come|make) .*\binstead\b|\bpuede ser .*\bmejor\b"
)
_VISIT = re.compile(
    r"\b(appointment|appointments|appt|visit|cita|citas|visita)\b"
    r"|\b(reschedul|reprogram|pospon|postpon)\w*"
)
_POLITELY = frozenset(
    [
        *("", "i ", "we ", "sorry ", "sorry i ", "im sorry i ", "i am sorry i ", "sorry but i "),
        *("perdon ", "perdone ", "disculpe ", "lo siento ", "lo siento pero ", "no ", "no i "),
    ]
)
_SHORT = 5
"""In so few words "can't make it" is about a visit; in more it says of what."""
_WAY_THERE = frozenset(
    [
        *("ride", "rides", "car", "bus", "drive", "drives", "driver", "taxi", "uber", "van", "gas"),
        *("raite", "rait", "carro", "coche", "auto", "camion", "maneja", "manejar", "transporte"),
        *("gasolina", "lleva", "lleve", "llevar", "transportation", "lift", "stranded"),
    ]
)


def intent_of(text: str) -> Intent | None:
    """Return what a text says of a visit, as far as a few phrases tell."""
    said = " ".join(words(text))
    if _LATE.search(said) and not _NOT_LATE.search(said):
        return "late"
    if _CANNOT.search(said):
        return "cannot"
    return "change" if _CHANGE.search(said) else None


def is_only_cannot(text: str) -> bool:
    """Say whether a text says that somebody can't come, and nothing else."""
    said = " ".join(words(text))
    found = _CANNOT.search(said)
    return found is not None and not said[found.end() :] and said[: found.start()] in _POLITELY


def says_how(text: str) -> bool:
    """Say whether a text speaks of how somebody gets there, or does not."""
    return not _WAY_THERE.isdisjoint(words(text))


def speaks_of_a_visit(text: str, intent: Intent) -> bool:
    """Say whether a text is about a visit by itself, without our having asked about one.

    "Can't come thursday" and "no puedo ir" are; "another day of this" and a body's "I can't go" are
    not.
    """
    said = words(text)
    if intent == "late" or _VISIT.search(" ".join(said)):
        return True
    return intent == "cannot" and len(said) <= _SHORT
