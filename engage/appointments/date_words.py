"""The words in which people text a day or an hour, in English and Spanish, with typos. (p).

Accents and capitals are gone before a word is looked up. A word that could be two things stands
here only where the words around it say which: "mar" is March or Tuesday, "may" a month or a verb.
This room refuses to guess a word by likeness: what is not written down is not known.
"""

from collections.abc import Mapping
from typing import Final

_DAYS: Final = (
    "monday mon mond munday moday lunes lun",
    "tuesday tues tue tuesd tusday teusday tuseday tuesdy martes marte",
    "wednesday wed weds wensday wendsday wednsday wedsday miercoles miercole mier mie mierc",
    "thursday thurs thur thu thrusday thursdy thurday thirsday jueves jue juev juebes",
    "friday fri firday frday fryday viernes vier vie biernes viernez",
    "saturday sat saterday satuday saturdy sabado sab savado sabdo",
    "sunday sun sundy suday domingo dom",
)
_MONTHS: Final = (
    "january jan januray enero ene",
    "february feb febuary febrero febr",
    "march marzo",
    "april apr abril abr",
    "may mayo",
    "june jun junio",
    "july jul julio",
    "august aug agosto ago",
    "september sept sep setember septiembre setiembre",
    "october oct octubre",
    "november nov noviembre",
    "december dec decemeber diciembre dic",
)
_NUMBERS: Final = (
    "one una un",
    "two dos",
    "three tres",
    "four cuatro",
    "five cinco",
    "six seis",
    "seven siete",
    "eight ocho",
    "nine nueve",
    "ten diez",
    "eleven once",
    "twelve doce",
)
_SPELLED: Final = {
    "tomorrow": "tomorow tommorow tommorrow tomorrw tomorro tmrw tmr tmrrw tmw 2morrow 2moro",
    "today": "tday 2day hoy oy",
    "next": "nxt nex",
    "proximo": "prox proxima",
    "noon": "mediodia",
    "afternoon": "aftrnoon afternon",
    "between": "btwn",
    "week": "wk weeks wks semana semanas",
    "day": "days dia dias",
    "tonight": "tonite 2nite",
    "please": "pls plz porfa porfavor",
    "after": "aftr",
}


def _coded(groups: tuple[str, ...], code: str, first: int) -> dict[str, str]:
    return {
        word: f"{code}{number}"
        for number, words in enumerate(groups, first)
        for word in words.split()
    }


WORDS: Final[Mapping[str, str]] = {
    **_coded(_DAYS, "W", 0),
    **_coded(_MONTHS, "M", 1),
    **{word: known for known, words in _SPELLED.items() for word in words.split()},
}
"""A word as it is texted, and as the grammar knows it: W0 is Monday, M12 December."""

NUMBERS: Final[Mapping[str, int]] = {
    word: number for number, words in enumerate(_NUMBERS, 1) for word in words.split()
}
"""Hours and short counts in words."""

AROUND: Final = (
    # English
    *("please", "thanks", "thank you", "hi", "hello", "the", "on", "for", "ok", "okay"),
    *("can we do", "can i do", "can you do", "can i come", "can we come", "can it be"),
    *("could we do", "could i do", "could you do", "could i come", "could it be"),
    *("i can do", "i can come", "i could do", "i could come", "i can make it"),
    *("how about", "what about", "do you have", "lets do", "lets say", "make it"),
    *("id like", "id prefer", "i would like", "i want", "i would prefer"),
    *("works", "works for me", "would work", "is better", "is best", "is good", "is fine"),
    *("would be good", "would be better", "would be great", "if possible", "sometime"),
    # Spanish
    *("por favor", "gracias", "hola", "el", "para el", "para", "mejor", "mejor el", "esta bien"),
    *("puede ser", "podria ser", "puedo ir", "puedo venir", "podria ir", "podria venir"),
    *("que tal", "quisiera", "quiero", "me gustaria", "prefiero", "tienen", "seria mejor"),
    *("me queda bien", "me conviene", "si es posible", "si se puede", "puedo"),
)
"""What may stand around a day without changing it. No word of what was, of "not", or "from"."""
