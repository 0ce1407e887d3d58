"""Lists: keyset pages with opaque cursors.

A cursor says where the next page begins, in ids, moments and ranks; never in names, since it stands
in a URL. It refuses whatever this list did not hand out; what it points at is still only seen
through the caller's own practices.
"""

import base64
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Final, TypeAlias, TypeVar

import msgspec
from litestar.params import QueryParameter
from msgspec import Struct

from engage.api.refusals import WrongCursor

MOST: Final = 100
USUAL: Final = 50
_LONGEST_CURSOR: Final = 400

Cursor: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        max_length=_LONGEST_CURSOR,
        required=False,
        description="Where the page begins: `next` of the page before.",
    ),
]
Limit: TypeAlias = Annotated[
    int, QueryParameter(ge=1, le=MOST, description="How many items at the most.")
]

P = TypeVar("P", bound=Struct)
T = TypeVar("T")

Rows: TypeAlias = Callable[[T | None], Awaitable[Sequence[T]]]
"""What reads `limit + 1` rows after a row, or where the page begins."""


def cursor_of(position: Struct) -> str:
    """Return the cursor of a position."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode()


def position_of(cursor: str | None, kind: type[P]) -> P | None:
    """Return the position in a cursor, None without one; WrongCursor if it is not ours."""
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=kind)
    except (ValueError, msgspec.DecodeError):
        raise WrongCursor from None


def cut(rows: Sequence[T], limit: int) -> tuple[Sequence[T], T | None]:
    """Return the page of `limit` out of `limit + 1` rows, and its last row if there is more."""
    page = rows[:limit]
    return page, page[-1] if len(rows) > limit else None


async def filled(
    after: Rows[T], open_of: Callable[[Sequence[T]], Awaitable[Sequence[T]]], limit: int
) -> Sequence[T]:
    """Return `limit + 1` rows of those that are left, or all there are.

    For a list that leaves rows out: a page that is shorter for it would tell where they stand.
    """
    left: list[T] = []
    last: T | None = None
    while True:
        rows = await after(last)
        left += await open_of(rows)
        if len(rows) <= limit or len(left) > limit:
            return left
        last = rows[-1]
