"""What a process with the real carrier's client needs to start in a storm: a key, signed drafts."""

from pathlib import Path
from typing import Final

from engage.turns.library import Library
from engage.turns.reviews import unsigned

SECRET: Final = "a secret key for storms only; forty characters"


def reviews_file(path: Path) -> None:
    """Write a file in which somebody invented has signed all wordings."""
    entries = [
        f'[[review]]\nid = "{draft.id}"\nlanguage = "{draft.language}"\n'
        f'sha256 = "{draft.sha256}"\nreviewer = "Storm Test"\ndate = 2031-03-04\n'
        for draft in unsigned(Library.shipped())
    ]
    path.write_text("\n".join(entries), "utf-8")
