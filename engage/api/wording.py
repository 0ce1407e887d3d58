"""What a decoder's complaint means, in words that repeat nothing of the input.

msgspec's messages quote values and unknown keys. Those that speak of types and bounds alone are
passed on; every other is replaced by a sentence of ours. A complaint ends in its place (`$.a[0]`),
which becomes a JSON pointer.
"""

import re
from typing import Final

from engage.api.refusals import FieldError

_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `(?:key in )?\$(?P<place>.*)`)?$", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `([a-z_]{1,40})`")
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]{0,60})|\[(\d+)\]|\[\.\.\.\]")
# "Expected `int` <= 100", "Expected `str` of length >= 1": types and bounds, never a value.
_BOUND = re.compile(r"Expected `[a-z| ]+`(?:, got `[a-z]+`| (?:of length )?[<>]=? -?[\d.]+)?")
_SENTENCES: Final = (
    (re.compile(r"Object contains unknown field"), "unknown-field", "A field is not known here."),
    (
        re.compile(r"Invalid (?:enum )?value"),
        "not-a-choice",
        "Must be one of the values that the description of this address lists.",
    ),
    (re.compile(r"Invalid UUID"), "not-a-uuid", "Must be a UUID."),
    (
        re.compile(r"(?:Invalid RFC3339 encoded datetime|Expected `datetime`)"),
        "not-a-moment",
        "Must be an RFC 3339 date and time with a zone.",
    ),
    (
        re.compile(r"Invalid RFC3339 encoded date$"),
        "not-a-date",
        "Must be a date: year-month-day.",
    ),
    (
        re.compile(r"Expected `\w+` matching regex"),
        "wrong-form",
        "Does not have the form asked for.",
    ),
)


def complaint(message: str) -> FieldError:
    """Return the place and the meaning of msgspec's message about a body."""
    parts = _PLACE.match(message)
    what = parts["what"] if parts else ""
    pointer = _pointer(parts["place"] or "" if parts else "")
    if missing := _MISSING.match(what):
        return FieldError(f"{pointer}/{missing[1]}", "required", "This field is needed.")
    code, detail = sentence_of(what)
    return FieldError(pointer, code, detail)


def sentence_of(message: str) -> tuple[str, str]:
    """Return code and sentence for a complaint, with nothing of the value in it."""
    what = _PLACE.match(message)
    said = what["what"] if what else ""
    for pattern, code, detail in _SENTENCES:
        if pattern.match(said):
            return code, detail
    if _MISSING.match(said) or said.startswith("Missing required"):
        return "required", "This is needed."
    if _BOUND.fullmatch(said):
        code = "wrong-type" if ", got " in said else "out-of-bounds"
        return code, said.replace("`", "").split(", got ")[0].replace("Expected", "Must be") + "."
    return "invalid", "This is not valid here."


def _pointer(place: str) -> str:
    return "".join(f"/{name or number}" for name, number in _STEP.findall(place) if name or number)
