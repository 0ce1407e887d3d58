"""When a person is asked again, beside the one call that saves the turn in which a screening ends.

Rare rows, in the same transaction, and only for an instrument that the practice asks again. What
was answered stays where it is. This room refuses to decide: checkins/rescreen.py does.
"""

from functools import partial

from engage.checkins.rescreen import ended, is_declined
from engage.checkins.rescreens import store
from engage.db.session import Work
from engage.needs.store import answers_of
from engage.turns.decision import Decision


async def keep(work: Work, decision: Decision) -> None:
    """Count from the end of what this turn ended; nothing for nearly every one."""
    practice, at = decision.practice_id, decision.at
    for saved in decision.screenings:
        if saved.status == "in-progress":
            continue
        rule = await store.rule_of(work, practice, saved.instrument)
        if rule is None or not rule.active:
            continue
        answers = await answers_of(work, practice, saved.id)
        how = partial(ended, rule=rule, at=at, declined=is_declined(one.answer for one in answers))
        await store.change(work, practice, saved.patient_id, saved.instrument, at, how)
