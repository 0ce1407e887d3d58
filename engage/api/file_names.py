"""Addresses that end as a file does: "/v1/appointments/{id}.ics".

Calendar programs go by the ending, and the router knows whole segments only: inside, the ending
stands as a segment of its own. This room refuses to change any other address.
"""

import re
from typing import Final

_ENDING: Final = ".ics"
_INSIDE: Final = "/file.ics"
_FILES: Final = re.compile(r"(/v1/(?:appointments|calendars|family/[^/]+/visits)/[^/]+?)\.ics")


def inside(path: str) -> str:
    """Return where the router finds what is asked for."""
    found = _FILES.fullmatch(path)
    return path if found is None else found[1] + _INSIDE


def outside(template: str) -> str:
    """Return a route as the description names it."""
    return template.removesuffix(_INSIDE) + _ENDING if template.endswith(_INSIDE) else template
