"""What a turn writes about consent, beside the one call that saves the rest of it.

Rare rows, in the same transaction: the ledger, a phone that is nobody's any more, a line that is
known to be theirs. Texts that waited for such news are due at once. This room refuses to decide.
"""

from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.ids import LineId
from engage.messaging.phones import store as phones
from engage.messaging.threads import store as threads
from engage.people.consents import store as consents
from engage.people.consents.store import ConsentRow
from engage.turns.decision import Decision


async def from_ourselves(work: Work, keys: PracticeKeys, line: LineId) -> bool:
    """Say whether the phone of a line is a number from which a practice here texts."""
    sender = await threads.sender(work, keys, line)
    return sender is not None and await is_ours(work, sender)


async def is_ours(work: Work, number: str) -> bool:
    """Say whether any practice of the deployment texts from a number: two must not keep talking."""
    return bool(await work.call("door_known", number))


async def keep(work: Work, decision: Decision, keys: PracticeKeys) -> None:
    """Write what a decision says about consent; nothing for nearly every one."""
    practice, line, at = decision.practice_id, decision.line_id, decision.at
    if decision.consents:
        rows = [
            ConsentRow(
                id=one.id,
                kind=one.kind,
                how=one.how,
                actor=one.actor,
                at=at,
                line_id=line,
                patient_id=one.patient_id,
                purpose=one.purpose,
                scope=one.scope,
                wording=one.wording,
                message_id=one.message_id,
                staff_id=one.staff_id,
                reason=one.reason,
            )
            for one in decision.consents
        ]
        await consents.add(work, practice, rows, keys)
    if line is None:
        return
    if decision.verified:
        await consents.verify(work, practice, line, at)
    if decision.unlinked:
        await consents.end_use(work, practice, line, decision.unlinked, at)
    works = any(one.kind == "works-again" for one in decision.consents)
    if works:
        await phones.clear(work, practice, line)
    if decision.verified or decision.unlinked or works:
        await threads.release(work, practice, line, at)
