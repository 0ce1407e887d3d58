"""QR codes as a path of squares: a page draws them itself, so no picture is loaded from anywhere.

This room refuses to know what the code says.
"""

from typing import Annotated

import segno
from msgspec import Meta, Struct

_QUIET = 4


class QrOut(Struct, frozen=True):
    """A QR code: `<svg viewBox="0 0 size size"><path d="path"/></svg>`, dark on light."""

    size: Annotated[int, Meta(description="Squares on a side, with the quiet edge.")]
    path: str

    def __repr__(self) -> str:
        """Hide what it says."""
        return f"QrOut({self.size})"


def drawn(text: str) -> QrOut:
    """Return the QR code of a text."""
    rows = [bytes(row) for row in segno.make_qr(text, error="m").matrix]
    squares = (
        f"M{x + _QUIET} {y + _QUIET}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, dark in enumerate(row)
        if dark
    )
    return QrOut(len(rows) + 2 * _QUIET, "".join(squares))
