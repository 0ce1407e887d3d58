"""How sure we are who wrote a text, and why: the words that are kept with it. (p).

Who wrote it is decided in turns/attribution.py. This room refuses to decide anything.
"""

from typing import Literal, TypeAlias

Sure: TypeAlias = Literal["certain", "likely", "doubtful", "none"]
"""certain: nobody else is on record here. likely: somebody else might be. doubtful: somebody else
may well be. none: it is attached to nobody."""

Why: TypeAlias = Literal[
    "only-user-of-phone",
    "last-asked",
    "late-answer",
    "early-text",
    "continuation",
    "caregiver-of-one",
    "no-longer-in-care",
    "several-could-be-meant",
    "unknown-number",
    "not-read",
    "corrected-by-staff",
    "claimed-by-staff",
    "signed-in",
]
"""Why a text is where it is; the pages have words for each."""
