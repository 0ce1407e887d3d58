"""What a page says, by whichever way: that one urgent item waits, in two languages.

The words are the same for every page: nothing about a person can get into them, nor about a
practice. This room refuses to word a page otherwise for anybody.
"""

from typing import assert_never

from engage.queue.paging.channel import Notice, Opened, Said, Trial

SUBJECT = "1 urgent item is waiting / 1 asunto urgente espera"
OPENED = "1 restricted record was opened / Se abrio 1 expediente restringido"


def subject_of(said: Said) -> str:
    """Return the one sentence."""
    match said:
        case Notice():
            return SUBJECT
        case Opened():
            return OPENED
        case Trial(code=code):
            return f"Test page, code {code} / Aviso de prueba, codigo {code}"
        case _ as never:
            assert_never(never)


def path_of(said: Said) -> str:
    """Return where it leads, below our own address: an id tells nothing without a sign-in."""
    match said:
        case Notice(item_id=item):
            return f"/console/queue/{item}"
        case Opened():
            return "/console/restricted"
        case Trial():
            return "/console"
        case _ as never:
            assert_never(never)
