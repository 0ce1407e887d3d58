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
    r"\b(cant|cannot|can not|couldnt|wont|not able to|unable to|not gonna|not going to)"
    r"( be able to)? (make|come|go|attend|be there|get there)\b"
    r"|\bno (puedo|podre|podemos|voy a poder|vamos a poder|voy a) (ir|llegar|venir|asistir)\b"
    r"|\bno voy a (ir|poder)\b"
)
_CHANGE = re.compile(
    r"\b(reschedul|reprogram|pospon|postpon)\w*"
    r"|\b(change|move|switch|different|another) (\w+ )?(appointment|appt|visit|time|day|date)\b"
    r"|\b(cambiar|mover|cambio de|otra|otro) (\w+ ){0,2}(cita|visita|hora|dia|fecha)\b"
    r"|\b(instead|en vez|en lugar|mejor)\b"
)
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


def says_how(text: str) -> bool:
    """Say whether a text speaks of how somebody gets there, or does not."""
    return not _WAY_THERE.isdisjoint(words(text))
