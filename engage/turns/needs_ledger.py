"""What a turn writes about needs, beside the one call that saves the rest of it.

Rare rows, in the same transaction: an answer that is a risk joins the open episode or begins the
next (the very first is begun in that call), and a person's word that they want help moves it on. An
event that is taken twice writes them once. This room refuses to decide: what leads where is
needs/need.py's.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from engage.appointments import riding
from engage.appointments.ride import MACHINE, Step
from engage.appointments.rides import store as rides
from engage.appointments.riding import Mover
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import EngageError
from engage.ids import PatientId, PracticeId, ReferralId, RideId, derived
from engage.needs import moving
from engage.needs.closing import acts_of, answered
from engage.needs.closings import store as closings
from engage.needs.episodes import store
from engage.needs.moving import By
from engage.needs.need import Evidence, Need, Taken, episode_for, found, is_quiet, newest, take
from engage.needs.referral import moves_of
from engage.needs.referring import store as referrals
from engage.people.staffing.store import get_practice
from engage.queue import opening
from engage.queue.clocks import Calendar, due_at
from engage.queue.flag import NEED
from engage.queue.opening import Reason
from engage.turns import coming
from engage.turns.coming import CameSaid
from engage.turns.context import Turn, TurnContext
from engage.turns.decide import decide
from engage.turns.decision import Decision
from engage.turns.library import Library
from engage.turns.needing import VERSION, HelpAnswered, RiskFound, asked_about
from engage.turns.rows import firsts


async def decided(work: Work, context: TurnContext, turn: Turn, library: Library) -> Decision:
    """Decide; if that would ask whether help is wanted, look first what was said before.

    Deciding is pure, so it may be done again with what is known then.
    """
    decision = decide(context, turn, library)
    spoken = await _spoken_of(work, context, decision, library)
    if spoken:
        context = replace(context, found=spoken)
        decision = decide(context, turn, library)
    known = {seen.id for seen in context.conversations}
    quiet: list[tuple[PatientId, str]] = []
    for begun in decision.conversations:
        domains = () if begun.id in known else asked_about(begun.script)
        if domains:
            known_needs = await _newest(work, context.practice.id, begun.patient_id, domains)
            quiet += [
                (begun.patient_id, domain)
                for domain, one in known_needs.items()
                if is_quiet(episode_for((one,), turn.at), turn.at)
            ]
    return decide(replace(context, quiet=tuple(quiet)), turn, library) if quiet else decision


async def _spoken_of(
    work: Work, context: TurnContext, decision: Decision, library: Library
) -> tuple[tuple[PatientId, str], ...]:
    """Return the risks that people spoke of in their own words during a check-in that now ends."""
    found: list[tuple[PatientId, str]] = []
    for saved in decision.screenings:
        plan = library.check_in(saved.instrument)
        seen = next((c for c in context.conversations if c.screening_id == saved.id), None)
        if plan is None or not plan.words or seen is None or saved.status != "completed":
            continue
        domains = tuple(dict.fromkeys(plan.words.values()))
        theirs = await _newest(work, context.practice.id, saved.patient_id, domains)
        found += [
            (saved.patient_id, one.domain)
            for one in theirs.values()
            if one.status == "risk" and one.changed_at >= seen.started_at
        ]
    return tuple(found)


async def keep(
    work: Work, decision: Decision, keys: PracticeKeys, joining: Collection[UUID]
) -> None:
    """Write what a decision says about needs; nothing for nearly every one.

    A risk in what never came up was written with the turn, unless it is one of those `joining`.
    """
    for said in decision.came:
        await _came(work, keys, said, decision.at)
    written = {risk.id for risk in firsts(decision.risks)} - set(joining)
    for risk in (one for one in decision.risks if one.id not in written):
        await _found(work, decision.practice_id, risk, decision.at)
    for told in decision.helped:
        await _told(work, decision.practice_id, told, decision.at)


async def _found(work: Work, practice: PracticeId, risk: RiskFound, at: datetime) -> None:
    known = await store.episodes(work, practice, risk.patient_id, (risk.domain,))
    joined = episode_for(known, at)
    # Counted for each record: of two that were merged each has its own first.
    own = (one.episode for one in known if one.patient_id == risk.patient_id)
    last_of_theirs = max(own, default=0)
    if joined is None:
        after = Need(
            practice_id=practice,
            id=risk.need_id,
            patient_id=risk.patient_id,
            domain=risk.domain,
            episode=last_of_theirs + 1,
            status="risk",
            severity=risk.severity,
            opened_at=at,
            changed_at=at,
        )
        await store.begin(work, after)
    else:
        after = found(take(joined, "find", risk.by, at), risk.severity, at)
    ground = Evidence(
        rule=risk.rule,
        rule_version=risk.rule_version,
        answer_id=risk.answer_id,
        message_id=risk.message_id,
    )
    new = await store.add(
        work,
        practice,
        Taken(
            id=risk.id,
            need_id=after.id,
            patient_id=risk.patient_id,
            act="find",
            status=after.status,
            at=at,
            by=risk.by,
            by_id=risk.by_id,
            evidence=ground,
        ),
    )
    if new and joined not in (None, after):
        await store.save(work, after)


async def _told(work: Work, practice: PracticeId, told: HelpAnswered, at: datetime) -> None:
    theirs = await _newest(work, practice, told.patient_id, (told.domain,))
    seen = theirs.get(told.domain)
    if seen is None:
        return
    try:
        after = take(seen, told.act, "patient", at)
    except EngageError:
        return  # it has moved on since we asked: the queue item shows what they said
    after = replace(after, first=after.first or told.first)
    ground = Evidence(rule="help", rule_version=VERSION, message_id=told.message_id)
    new = await store.add(
        work,
        practice,
        Taken(
            id=told.id,
            need_id=seen.id,
            patient_id=told.patient_id,
            act=told.act,
            status=after.status,
            at=at,
            by="patient",
            by_id=told.patient_id,
            evidence=ground,
        ),
    )
    if new and after != seen:
        await store.save(work, after)


async def _came(work: Work, keys: PracticeKeys, said: CameSaid, at: datetime) -> None:
    """Close the loop, or open the need again: what was arranged came, or it did not."""
    practice, by = keys.practice, "caregiver" if said.by_caregiver else "patient"
    found = await closings.of_conversation(work, practice, said.conversation_id)
    if found is None:
        return
    after = answered(found, said.said, by, said.message_id, at)
    if after == found:
        return
    await closings.save(work, after)
    if said.said == "came" and found.source == "referral":
        await _done_alone(work, keys, ReferralId(found.source_id), said, at)
    if said.said == "not-came" and found.source != "referral":
        await _not_driven(work, keys, RideId(found.source_id), said, at)
    theirs = await _newest(work, practice, said.patient_id, (said.domain,))
    seen = theirs.get(said.domain)
    if seen is None:
        return
    ground = Evidence(rule="came", rule_version=coming.VERSION, message_id=said.message_id)
    for act in acts_of(said.said, seen.status):
        try:
            seen = take(seen, act, by, at)
        except EngageError:
            # It is not theirs to say; their words stand in the closing and the thread.
            await _confirm(work, practice, said, at)
            return
        step = Taken(
            id=derived(at, said.id, act),
            need_id=seen.id,
            patient_id=said.patient_id,
            act=act,
            status=seen.status,
            at=at,
            by=by,
            by_id=said.patient_id if by == "patient" else None,
            evidence=ground,
        )
        if await store.add(work, practice, step):
            await store.save(work, seen)


async def _not_driven(
    work: Work, keys: PracticeKeys, ride_id: RideId, said: CameSaid, at: datetime
) -> None:
    """Fail a ride, or a box, that was told to have been given and has not come."""
    known = await rides.one_of(work, keys, ride_id, lock=True)
    setter = "caregiver" if said.by_caregiver else "patient"
    if known is None or setter not in MACHINE.get((known.ride.status, "failed"), ()):
        return
    by = Mover(setter, None if said.by_caregiver else said.patient_id)
    await riding.move(work, keys, ride_id, Step(to="failed", reason="did-not-come"), by, at)


async def _confirm(work: Work, practice: PracticeId, said: CameSaid, at: datetime) -> None:
    """Have the owner ask the person, when only somebody else has said that it came."""
    here = await get_practice(work, practice)
    calendar = Calendar(here.time_zone, here.business_hours, here.holidays)
    await opening.give(
        work,
        practice,
        Reason(
            patient_id=said.patient_id,
            source_id=said.id,
            reason="says-it-came",
            rule=f"came/{coming.VERSION}",
            severity="routine",
            due_at=due_at("routine", at, calendar),
            joins=f"{NEED}{said.domain}",
        ),
        at,
    )


async def _done_alone(
    work: Work, keys: PracticeKeys, referral_id: ReferralId, said: CameSaid, at: datetime
) -> None:
    """Complete a referral whose organization the person called themselves: they say that it is."""
    seen = await referrals.one(work, keys, referral_id, lock=True)
    if seen is None or seen.referral.over or seen.referral.way != "self" or said.by_caregiver:
        return
    await moving.move_referral(
        work,
        keys,
        referral_id,
        lambda one: moves_of(one.status, "complete", None),
        By("patient", said.patient_id),
        at,
        lambda _: True,
    )


async def _newest(
    work: Work, practice: PracticeId, patient: PatientId, domains: tuple[str, ...]
) -> dict[str, Need]:
    """Return the last episode of each need, locked until this turn ends."""
    known = await store.episodes(work, practice, patient, domains)
    by_domain = {one.domain: [n for n in known if n.domain == one.domain] for one in known}
    return {domain: last for domain, some in by_domain.items() if (last := newest(some))}
