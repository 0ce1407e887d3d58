"""Instruments: the standardized tools that can be asked, in their exact wording."""

from collections.abc import Mapping
from typing import Literal

from litestar import get
from litestar.di import NamedDependency
from msgspec import Struct

from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.parts import Parts
from engage.needs.instrument import Instrument, Item, ItemOption


class OptionOut(Struct, frozen=True):
    """One allowed answer."""

    key: str
    number: int
    text: Mapping[str, str]


class QuestionOut(Struct, frozen=True):
    """One question."""

    key: str
    loinc: str
    text: Mapping[str, str]
    options: tuple[OptionOut, ...]
    #: More than one option may be chosen.
    several: bool
    #: Options that contradict every other: "none of the above".
    alone: tuple[str, ...]


class InstrumentOut(Struct, frozen=True, kw_only=True):
    """A standardized tool."""

    id: str
    title: str
    version: str
    domain: str
    license: str
    notice: str
    #: How far the wording of each language can be trusted.
    languages: Mapping[str, Literal["official", "draft"]]
    channels: tuple[Literal["sms", "staff"], ...]
    questions: tuple[QuestionOut, ...]


class InstrumentList(Struct, frozen=True):
    """All instruments; there is one page of them."""

    items: tuple[InstrumentOut, ...]
    next: None = None


@get(
    "/instruments",
    opt=needs("screening.read"),
    operation_id="listInstruments",
    summary="The instruments that can be asked",
)
async def list_instruments(
    visit: NamedDependency[Visit], parts: NamedDependency[Parts]
) -> InstrumentList:
    """Return every instrument with its exact wording."""
    del visit
    return InstrumentList(tuple(_outward(one) for one in parts.instruments.values()))


def _outward(tool: Instrument) -> InstrumentOut:
    return InstrumentOut(
        id=tool.id,
        title=tool.title,
        version=tool.version,
        domain=tool.domain,
        license=tool.license,
        notice=tool.notice,
        languages=tool.status,
        channels=("sms", "staff") if tool.sms_policy == "ok" else ("staff",),
        questions=tuple(_question(tool, item) for item in tool.items),
    )


def _question(tool: Instrument, item: Item) -> QuestionOut:
    return QuestionOut(
        item.key,
        item.loinc,
        tool.wording(item),
        tuple(map(_option, item.options)),
        item.several,
        tuple(option.key for option in item.options if option.alone),
    )


def _option(option: ItemOption) -> OptionOut:
    return OptionOut(option.key, option.number, option.text)
