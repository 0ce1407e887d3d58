"""A JSON body, from raw bytes to exactly the Struct that was asked for.

Litestar would take `text/plain`, read "5" as 5, and fall over invalid UTF-8 and deep nesting. This
request class reads the bytes itself: one media type, UTF-8, bounded depth, no field twice, no NUL,
no lone surrogate; then msgspec decodes strictly. Nothing is half-read: refused means untouched.
"""

import json
import re
from functools import lru_cache
from typing import Any, Final, cast

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import InternalServerException

from engage.api.refusals import (
    CutShort,
    DuplicateField,
    InvalidRequest,
    MalformedJson,
    NotJson,
    TooDeep,
    UnreadableText,
)
from engage.api.wording import complaint

MOST_BYTES: Final = 64 * 1024
DEEPEST: Final = 32

_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


class JsonRequest(Request[Any, Any, State]):
    """A request whose JSON is read by the rules of this file."""

    async def body(self) -> bytes:
        """Return the whole body; CutShort if the client left before its end."""
        try:
            return await super().body()
        except InternalServerException:
            # Litestar says the same of a body that is read twice; that would be a fault of ours.
            if not self.is_connected:
                raise
            raise CutShort from None

    async def json(self) -> Any:  # noqa: ANN401 - the base class's own type
        """Return the body as the Struct that the route's `data` asks for."""
        require_json(self.headers.getall("content-type", []))
        wanted = self.route_handler.parsed_fn_signature.parameters["data"].annotation
        return decode(await self.body(), wanted)


def require_json(content_types: list[str]) -> None:
    """Refuse any body that does not say, once, that it is JSON in UTF-8."""
    if len(content_types) != 1:
        raise NotJson
    media_type, *parameters = (part.strip().lower() for part in content_types[0].split(";"))
    charset = [p.partition("=")[2].strip('"') for p in parameters if p.startswith("charset=")]
    if media_type != "application/json" or any(one != "utf-8" for one in charset):
        raise NotJson


def decode(body: bytes, wanted: Any) -> Any:  # noqa: ANN401 - a type form, and a value of it
    """Return the value of type `wanted` in a body."""
    _refuse_depth(body)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableText from None
    try:
        _refuse_unreadable(json.loads(text, object_pairs_hook=_once))
    except (ValueError, RecursionError):
        raise MalformedJson from None
    try:
        return _decoder(wanted).decode(body)
    except msgspec.ValidationError as wrong:
        raise InvalidRequest(complaint(str(wrong))) from None
    except msgspec.DecodeError:
        raise MalformedJson from None


@lru_cache(maxsize=256)
def _decoder(wanted: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401
    return msgspec.json.Decoder(wanted)


def _refuse_depth(body: bytes) -> None:
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return
    depth = 0
    for bracket in _BRACKET.findall(_QUOTED.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEEPEST:
            raise TooDeep


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise DuplicateField
    return fields


def _refuse_unreadable(value: object) -> None:
    match value:
        case str():
            if "\x00" in value or not _encodable(value):
                raise UnreadableText
        case list():
            for one in cast("list[object]", value):
                _refuse_unreadable(one)
        case dict():
            for key, one in cast("dict[str, object]", value).items():
                _refuse_unreadable(key)
                _refuse_unreadable(one)
        case _:
            pass


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
