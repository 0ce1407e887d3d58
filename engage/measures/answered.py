"""What answers mean for a measure: which domains were screened, and what was asked again. (p).

A domain is screened when each of its questions has an answer of those that were offered; declined,
not known and never asked are no answers. This room refuses to judge by rules of its own: whether an
answer is a risk, the instrument says.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from engage.conversation.answers import Answer, chosen_in
from engage.measures.events import AskedAgain, Judged, Screened
from engage.needs.instrument import Instrument
from engage.needs.scoring import AtRisk, CannotSay, Verdict, is_risk


class Administered(Struct, frozen=True, kw_only=True):
    """One administration of an instrument, as it was recorded."""

    id: UUID
    person: UUID
    instrument: str
    version: str
    began_at: datetime
    #: When its first text left, or a person began to ask; None if none has.
    offered_at: datetime | None
    ended_at: datetime | None
    verdict: Verdict | None


class Given(Struct, frozen=True, kw_only=True):
    """The answer that counts for an item of a screening."""

    screening: UUID
    item: str
    answer: Answer
    at: datetime


class Found(Struct, frozen=True, kw_only=True):
    """A risk that an answer was; one of the answers that the item had later, or none."""

    need: UUID
    person: UUID
    instrument: str
    item: str
    found_at: datetime
    again_at: datetime | None
    again: Answer | None


def screened(
    administered: Iterable[Administered],
    given: Iterable[Given],
    instruments: Mapping[str, Instrument],
) -> Iterator[Screened]:
    """Return each domain of each screening that was offered, of the instruments we have."""
    coded: dict[UUID, dict[str, datetime]] = {}
    for answer in given:
        if chosen_in(answer.answer):
            coded.setdefault(answer.screening, {})[answer.item] = answer.at
    for one in administered:
        instrument = instruments.get(one.instrument)
        if instrument is None or one.offered_at is None:
            continue
        known = coded.get(one.id, {})
        for domain, items in domains_of(instrument).items():
            answered = [known.get(item) for item in items]
            yield Screened(
                person=one.person,
                domain=domain,
                offered_at=one.offered_at,
                answered_at=_last(answered),
                ended_at=one.ended_at,
            )


def judged(
    administered: Iterable[Administered], instruments: Mapping[str, Instrument]
) -> Iterator[Judged]:
    """Return what was settled, by the version and the rules that held then.

    One risk settles it, whatever is missing; "no risk" needs every answer.
    """
    for one in administered:
        settled = one.verdict is not None and not isinstance(one.verdict, CannotSay)
        if one.instrument in instruments and settled:
            yield Judged(
                person=one.person,
                instrument=one.instrument,
                version=one.version,
                began_at=one.began_at,
                at_risk=isinstance(one.verdict, AtRisk),
            )


def asked_again(
    found: Iterable[Found], instruments: Mapping[str, Instrument]
) -> Iterator[AskedAgain]:
    """Return each risk with the first later answer that says either way."""
    by_risk: dict[tuple[UUID, str], list[Found]] = {}
    for one in found:
        by_risk.setdefault((one.need, one.item), []).append(one)
    for several in by_risk.values():
        said = sorted(_said(several, instruments), key=lambda one: one[0])
        again_at, still = said[0] if said else (None, False)
        yield AskedAgain(
            person=several[0].person,
            found_at=several[0].found_at,
            again_at=again_at,
            still=still,
        )


def domains_of(instrument: Instrument) -> Mapping[str, tuple[str, ...]]:
    """Return the items that must be answered, by the domain that they ask about."""
    found: dict[str, tuple[str, ...]] = {}
    for item in instrument.items:
        domain = item.domain or instrument.domain
        found[domain] = (*found.get(domain, ()), item.key)
    return found


def _said(
    several: Iterable[Found], instruments: Mapping[str, Instrument]
) -> Iterator[tuple[datetime, bool]]:
    for one in several:
        instrument = instruments.get(one.instrument)
        if instrument is None or one.again is None or one.again_at is None:
            continue
        risk = is_risk(instrument, one.item, one.again)
        if risk is not None:
            yield one.again_at, risk


def _last(moments: Iterable[datetime | None]) -> datetime | None:
    known = list(moments)
    return None if None in known else max((one for one in known if one is not None), default=None)
