"""Whether a text that went out is the one a transcript expects, and what to show if not. (p).

This room refuses leniency: a lead, an option or a person that a line names must be there.
"""

import json
import re

from msgspec.structs import replace

from engage.conversation.transcript_format import (
    Effected,
    Outgoing,
    Transcript,
    print_transcript,
)
from engage.messaging.texts import Catalogue
from engage.turns.decision import TextOut
from engage.turns.library import Library

_PLACEHOLDER = re.compile(r"\\\{[a-z_]+\\\}")


def same_text(line: Outgoing, text: TextOut, library: Library, about: str) -> bool:
    """Say whether a text, about somebody, is what a line says in every detail it names."""
    if line.sentence is not None:
        return text.body == line.sentence
    *leads, text_id = line.texts
    names = {note.removeprefix("for ") for note in line.notes if note.startswith("for ")}
    return (
        text.text_id == text_id
        and all(_begins_with(text.body, lead, library.catalogue) for lead in leads)
        and set(_offered(text, library)).issuperset(line.options)
        and names <= {about}
    )


def in_full(line: Outgoing | Effected) -> str:
    """Spell an expected line with everything it asks for, without its remark."""
    return print_transcript(Transcript((replace(line, remark=None),))).rstrip("\n")


def shown_like(line: Outgoing, text: TextOut, library: Library, about: str) -> str:
    """Spell a text that went out in the details that a line asks for."""
    if line.sentence is not None:
        return f"< system: {json.dumps(text.body, ensure_ascii=False)}"
    parts = [f"< system: {text.text_id}"]
    if line.options:
        options = ", ".join(f"{number} {key}" for number, key in _offered(text, library))
        parts.append(f"[{options}]")
    if line.notes:
        parts.append(f"[for {about}]")
    return " ".join(parts)


def _offered(text: TextOut, library: Library) -> list[tuple[int, str]]:
    return [
        (option.number, option.key)
        for script in library.scripts.values()
        for prompt in script.prompts
        if prompt.key == text.prompt
        for option in prompt.options
    ]


def _begins_with(body: str, lead: str, catalogue: Catalogue) -> bool:
    """Say whether the first line is the lead in one of its wordings, whatever fills its holes."""
    known = catalogue.get(lead)
    if known is None:
        return False
    first = body.partition("\n")[0]
    wordings = (*known.text.values(), *(known.one or {}).values())
    return any(
        re.fullmatch(_PLACEHOLDER.sub(".*", re.escape(wording)), first) for wording in wordings
    )
