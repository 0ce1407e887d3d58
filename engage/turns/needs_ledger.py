"""What a turn writes about needs, beside the one call that saves the rest of it.

Rare rows, in the same transaction: an answer that is a risk begins an episode or joins the open
one, and a person's word that they want help moves it on. An event that is taken twice writes them
once. This room refuses to decide: what leads where is needs/need.py's.
"""

from datetime import datetime

from msgspec.structs import replace

from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import EngageError
from engage.ids import PatientId, PracticeId, ReferralId, derived
from engage.needs import moving
from engage.needs.closing import acts_of, answered
from engage.needs.closings import store as closings
from engage.needs.episodes import store
from engage.needs.moving import By
from engage.needs.need import Evidence, Need, Taken, episode_for, found, is_quiet, take
from engage.needs.referral import moves_of
from engage.needs.referring import store as referrals
from engage.turns import coming
from engage.turns.coming import CameSaid
from engage.turns.context import Turn, TurnContext
from engage.turns.decide import decide
from engage.turns.decision import Decision
from engage.turns.library import Library
from engage.turns.needing import VERSION, HelpAnswered, RiskFound, asked_about


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
            newest = await _newest(work, context.practice.id, begun.patient_id, domains)
            quiet += [
                (begun.patient_id, domain)
                for domain, one in newest.items()
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
        newest = await _newest(work, context.practice.id, saved.patient_id, domains)
        found += [
            (saved.patient_id, one.domain)
            for one in newest.values()
            if one.status == "risk" and one.changed_at >= seen.started_at
        ]
    return tuple(found)


async def keep(work: Work, decision: Decision, keys: PracticeKeys) -> None:
    """Write what a decision says about needs; nothing for nearly every one."""
    for said in decision.came:
        await _came(work, keys, said, decision.at)
    for risk in decision.risks:
        await _found(work, decision.practice_id, risk, decision.at)
    for told in decision.helped:
        await _told(work, decision.practice_id, told, decision.at)


async def _found(work: Work, practice: PracticeId, risk: RiskFound, at: datetime) -> None:
    newest = await _newest(work, practice, risk.patient_id, (risk.domain,))
    last = newest.get(risk.domain)
    joined = None if last is None else episode_for((last,), at)
    if joined is None:
        after = Need(
            practice_id=practice,
            id=risk.need_id,
            patient_id=risk.patient_id,
            domain=risk.domain,
            episode=last.episode + 1 if last else 1,
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
    newest = await _newest(work, practice, told.patient_id, (told.domain,))
    seen = newest.get(told.domain)
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
    newest = await _newest(work, practice, said.patient_id, (said.domain,))
    seen = newest.get(said.domain)
    if seen is None:
        return
    ground = Evidence(rule="came", rule_version=coming.VERSION, message_id=said.message_id)
    for act in acts_of(said.said, seen.status):
        try:
            seen = take(seen, act, by, at)
        except EngageError:
            return  # it is not theirs to say; their words stand in the closing and the thread
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
    newest: dict[str, Need] = {}
    for one in await store.episodes(work, practice, patient, domains):
        if one.domain not in newest or newest[one.domain].episode < one.episode:
            newest[one.domain] = one
    return newest
