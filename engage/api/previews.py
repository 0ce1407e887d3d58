"""What a text will cost and look like on a phone, before it is sent. Nothing is kept."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

from litestar import Request, post
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import Meta, Struct

from engage.api.auth.marks import needs
from engage.api.once import key_of
from engage.messaging.segments import count, plain, tidy

LONGEST_BODY = 1600
Encoding = Literal["GSM-7", "UCS-2"]


class PreviewIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Words that somebody thinks of sending."""

    body: Annotated[str, Meta(max_length=LONGEST_BODY)]

    def __repr__(self) -> str:
        """Hide the words."""
        return "PreviewIn(…)"


class ReplacedOut(Struct, frozen=True, rename={"seen": "from"}):
    """A typographic character and what is sent in its place."""

    seen: str
    to: str


class CheaperOut(Struct, frozen=True):
    """The same words without the accents that make them dear: the author's choice."""

    body: str
    segments: Annotated[int, Meta(ge=1)]


class PreviewOut(Struct, frozen=True, kw_only=True):
    """The text as it would leave, and how many texts the carrier counts."""

    body: str
    encoding: Encoding
    characters: Annotated[int, Meta(ge=0, description="Units of the encoding: some take two.")]
    segments: Annotated[int, Meta(ge=1)]
    replaced: tuple[ReplacedOut, ...]
    #: The characters that make a text cost more than twice as much.
    costly: tuple[str, ...]
    without_accents: CheaperOut | None


@post(
    "/texts/preview",
    opt=needs("thread.write"),
    operation_id="previewText",
    summary="What a text would cost, and what would be replaced",
    status_code=HTTPStatus.OK,
)
async def post_preview(data: JSONBody[PreviewIn], request: Request[Any, Any, State]) -> PreviewOut:
    """Count the text as it would be sent: look-alikes replaced, accents kept."""
    key_of(request)  # nothing is kept under it, but a key that is none is refused as anywhere
    body = tidy(data.body)
    counted = count(body)
    replaced = tuple(
        ReplacedOut(seen, tidy(seen)) for seen in dict.fromkeys(data.body) if tidy(seen) != seen
    )
    bare = plain(body)
    cheaper = count(bare).segments
    return PreviewOut(
        body=body,
        encoding=counted.encoding,
        characters=counted.units,
        segments=counted.segments,
        replaced=replaced,
        costly=counted.offenders,
        without_accents=CheaperOut(bare, cheaper) if cheaper < counted.segments else None,
    )
