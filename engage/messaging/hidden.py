"""A base for values that hold a number, a text or a secret: they print as `InboundText(…)`.

Pure (p). Both ways of printing are covered, `repr` and the one that rich's tracebacks ask for. It
refuses to show a part: a half-hidden value leaks its other half.
"""

from typing import Any

from msgspec import Struct


class Hidden(Struct, frozen=True):
    """A frozen value whose fields never show in a log, a traceback or a failed assertion."""

    def __repr__(self) -> str:
        """Show the kind of value and nothing of it."""
        return f"{type(self).__name__}(…)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Show nothing: rich then prints the bare name."""
        return []
