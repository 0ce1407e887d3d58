"""Strong ETags: the version of a record, in quotes.

A change may say which version it was made on (If-Match); another version, or a weak or misshapen
tag, is refused with 412 and nothing is changed.
"""

import re
from collections.abc import Callable
from typing import Annotated, TypeAlias

from litestar.params import HeaderParameter

from engage.errors import Conflict

IfMatch: TypeAlias = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        required=False,
        max_length=400,
        description="The ETag of the version that you change; another version is a 412.",
    ),
]

_TAG = re.compile(r'"([0-9]{1,9})"')


def tag(version: int) -> str:
    """Return the ETag of a version."""
    return f'"{version}"'


def expects(if_match: str | None) -> Callable[[int], bool]:
    """Return whether a version is one that the condition names; no condition names every one."""
    if if_match is None or if_match.strip() == "*":
        return lambda _: True
    tags = [_TAG.fullmatch(one.strip()) for one in if_match.split(",")]
    versions = {int(one[1]) for one in tags if one is not None}
    return lambda version: version in versions


def require(if_match: str | None, version: int) -> None:
    """Refuse a change that was made on another version."""
    if not expects(if_match)(version):
        raise Conflict
