"""What a turn writes about needs, beside the one call that saves the rest of it.

Rare rows, in the same transaction: an answer that is a risk begins an episode or joins the open
one, and a person's word that they want help moves it on. An event that is taken twice writes them
once. This room refuses to decide: what leads where is needs/need.py's.
"""

from datetime import datetime

from msgspec.structs import replace

from engage.db.session import Work
from engage.errors import EngageError
from engage.ids import PatientId, PracticeId
from engage.needs.episodes import store
from engage.needs.need import Evidence, Need, Taken, episode_for, found, is_quiet, take
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


async def keep(work: Work, decision: Decision) -> None:
    """Write what a decision says about needs; nothing for nearly every one."""
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


async def _newest(
    work: Work, practice: PracticeId, patient: PatientId, domains: tuple[str, ...]
) -> dict[str, Need]:
    """Return the last episode of each need, locked until this turn ends."""
    newest: dict[str, Need] = {}
    for one in await store.episodes(work, practice, patient, domains):
        if one.domain not in newest or newest[one.domain].episode < one.episode:
            newest[one.domain] = one
    return newest
