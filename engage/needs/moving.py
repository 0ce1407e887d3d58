"""Needs and referrals are moved: load, decide, save, say so, in the caller's transaction.

A referral that begins works on its need, one that is completed completes it, and the last one that
comes to nothing hands it back. Every move says itself in the histories, the audit and the feed.
This room refuses to decide (need.py, referral.py do) and to make work for anybody (turns does).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from engage import audit, feed
from engage.audit import ActorKind
from engage.clock import random_bytes
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import Conflict, NotFound
from engage.ids import RANDOM_BYTES, NeedId, PracticeId, ReferralId, StaffId, derived, uuid7
from engage.needs import codes, referral
from engage.needs.closing import Closing
from engage.needs.closings import store as closings
from engage.needs.episodes import store as episodes
from engage.needs.episodes.store import NeedSeen
from engage.needs.need import MACHINE, Act, Need, Setter, Taken, step, take
from engage.needs.referral import Move, Referral
from engage.needs.referring import store as referrals
from engage.needs.referring.store import ReferralSeen
from engage.people.staffing.store import get_practice
from engage.people.wishes.store import wishes_of
from engage.queue.clocks import Calendar

Expects: TypeAlias = Callable[[int], bool]
"""Says whether a version is the one that the change was made on."""


class By(Struct, frozen=True):
    """Who moves: in the words of the histories, and who exactly, if it is known."""

    setter: referral.Setter
    id: UUID | None = None
    #: Staff heard it from the organization.
    told: bool = False

    @property
    def actor(self) -> ActorKind:
        """As the audit names them; an organization has no sign-in."""
        return _ACTORS[self.setter][0]

    @property
    def of_need(self) -> Setter:
        """As a need's history names them."""
        return _ACTORS[self.setter][1]


_ACTORS: Mapping[referral.Setter, tuple[ActorKind, Setter]] = {
    "requester": ("staff", "staff"),
    "patient": ("patient", "patient"),
    "target": ("system", "organization"),
}


async def move_need(
    work: Work,
    keys: PracticeKeys,
    need_id: NeedId,
    act: Act,
    by: StaffId,
    at: datetime,
    expects: Expects,
    reason: str | None,
) -> Need:
    """Take a step that a person told staff of, or that staff made sure of."""
    seen = await _locked(work, keys.practice, need_id, expects)
    after = take(seen.need, act, "staff", at)
    if after != seen.need:
        await episodes.save(work, after)
        await _say_need(work, after, f"need.{act}", By("requester", by), at)
    await episodes.add(
        work, keys.practice, _taken(after, act, "staff", by, at, reason=reason), keys
    )
    return after


async def accept_codes(
    work: Work,
    practice: PracticeId,
    need_id: NeedId,
    chosen: Sequence[tuple[str, str]],
    by: StaffId,
    at: datetime,
    expects: Expects,
) -> Need:
    """Keep those of the suggested codes that a member of staff accepts; all others go."""
    seen = await _locked(work, practice, need_id, expects)
    accepted = codes.load().accept(seen.need.domain, chosen)
    await episodes.accept_codes(work, seen.need, accepted, event=_fresh(at), by=by, at=at)
    after = replace(seen.need, changed_at=at, version=seen.need.version + 1)
    await _say_need(work, after, "need.codes", By("requester", by), at)
    return after


async def refer(work: Work, keys: PracticeKeys, new: Referral, asked: str, by: StaffId) -> Need:
    """Put a wanted need to an organization; NotWanted if the person was not asked."""
    referral.refuse_unshared(new.way, new.consent)
    seen = await _locked(work, keys.practice, new.need_id, lambda _: True)
    after = take(seen.need, "begin", "staff", new.requested_at)
    await referrals.add(work, keys, new, asked=asked, by=by)
    at, mover = new.requested_at, By("requester", by)
    await _add_step(work, keys, new, mover, at)
    await episodes.save(work, after)
    taken = _taken(after, "begin", "staff", by, at, referral_id=new.id)
    await episodes.add(work, keys.practice, taken)
    await chase(work, new, after.domain, at)
    await _say_need(work, after, f"referral.requested.{new.way}", mover, at)
    return after


async def move_referral(
    work: Work,
    keys: PracticeKeys,
    referral_id: ReferralId,
    moves: Callable[[Referral], Sequence[Move]],
    by: By,
    at: datetime,
    expects: Expects,
    note: str | None = None,
) -> tuple[ReferralSeen, Need]:
    """Move a referral, and the need with it."""
    seen = await referrals.one(work, keys, referral_id, lock=True)
    if seen is None:
        raise NotFound
    if not expects(seen.referral.version):
        raise Conflict
    now = seen.referral
    for place, move in enumerate(moves(now)):
        referral.check(now.status, move, by.setter, way=now.way, told=by.told)
        now = replace(
            now,
            status=move.to,
            business=move.business or (now.business if now.way == "self" else None),
            changed_at=at,
            version=now.version + 1,
        )
        # The second step of one press comes after the first, also in the order of ids.
        moment = at + timedelta(milliseconds=place)
        words = None if place else note
        await _add_step(work, keys, now, by, moment, reason=move.reason, note=words)
    await referrals.save(work, now)
    if now.over:
        await referrals.revoke_links(work, now, at)
    need = await _move_its_need(work, keys.practice, now, by, at)
    await chase(work, now, need.domain, at)
    await _say_need(work, need, f"referral.{now.status}", by, at)
    return replace(seen, referral=now), need


async def chase(
    work: Work, now: Referral, domain: str, at: datetime, *, reminded: bool = False
) -> None:
    """Have what is next due about a referral done when it is due, counted from its last news.

    Of what was given, or is called for by the person alone, the person is asked whether it came.
    """
    practice = await get_practice(work, now.practice_id)
    calendar = Calendar(practice.time_zone, practice.business_hours, practice.holidays)
    patience = (await wishes_of(work, now.practice_id)).chase_after_days
    due = referral.nudge(now, at, calendar.closing_after, patience, reminded=reminded)
    await referrals.wake(work, now, due)
    if due is None or due.what != "ask-patient":
        return
    asks = Closing(
        practice_id=now.practice_id,
        id=derived(at, now.id, "closing"),
        patient_id=now.patient_id,
        domain=domain,
        source="referral",
        source_id=now.id,
        ask_at=due.at,
        changed_at=at,
    )
    if not await closings.begin(work, asks):
        # Who was to be asked whether they had called is asked whether it came, later.
        for known in await closings.of_sources(work, now.practice_id, [now.id]):
            await closings.move_to(work, known, due.at)


async def _move_its_need(
    work: Work, practice: PracticeId, now: Referral, by: By, at: datetime
) -> Need:
    seen = await _locked(work, practice, now.need_id, lambda _: True)
    act = referral.need_act(now.status, await referrals.others(work, now))
    # What the person has meanwhile said of it themselves stands.
    if act is None or not _fits(seen.need, act, by.of_need):
        return seen.need
    after = take(seen.need, act, by.of_need, at)
    await episodes.save(work, after)
    taken = _taken(after, act, by.of_need, by.id, at, referral_id=now.id)
    await episodes.add(work, practice, taken)
    return after


def _fits(seen: Need, act: Act, by: Setter) -> bool:
    return (seen.status, act) in MACHINE and step(seen.status, act, by) != seen.status


async def _locked(work: Work, practice: PracticeId, need_id: NeedId, expects: Expects) -> NeedSeen:
    seen = await episodes.one(work, practice, need_id, lock=True)
    if seen is None:
        raise NotFound
    if not expects(seen.need.version):
        raise Conflict
    return seen


async def _add_step(
    work: Work,
    keys: PracticeKeys,
    now: Referral,
    by: By,
    at: datetime,
    *,
    reason: str | None = None,
    note: str | None = None,
) -> None:
    step_taken = referrals.Step(
        id=_fresh(at),
        referral_id=now.id,
        status=now.status,
        business=now.business,
        at=at,
        by=by.setter,
        by_id=by.id,
        reason=reason,
        note=note,
    )
    await referrals.add_step(work, keys, step_taken)


def _taken(
    after: Need,
    act: Act,
    by: Setter,
    by_id: UUID | None,
    at: datetime,
    *,
    reason: str | None = None,
    referral_id: ReferralId | None = None,
) -> Taken:
    return Taken(
        id=_fresh(at),
        need_id=after.id,
        patient_id=after.patient_id,
        act=act,
        status=after.status,
        at=at,
        by=by,
        by_id=by_id,
        referral_id=referral_id,
        reason=reason,
    )


async def _say_need(work: Work, after: Need, action: str, by: By, at: datetime) -> None:
    await audit.record(
        work,
        after.practice_id,
        at,
        actor=by.actor,
        actor_id=by.id if by.setter == "requester" else None,
        action=action,
        subject="need",
        subject_id=after.id,
        patient_id=after.patient_id,
    )
    await feed.add(work, after.practice_id, at, "need", after.id, after.patient_id)


def _fresh(at: datetime) -> UUID:
    return uuid7(at, random_bytes(RANDOM_BYTES))
