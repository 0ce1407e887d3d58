"""Ask whether help is wanted, after a screening that found risks. (p).

Once, and only whoever answered: on their own phone, while nobody of the practice is talking, not in
a crisis, not after STOP, and not about what they declined lately or what is worked on already. This
room refuses to ask anybody else; the queue item has a person do it.
"""

from collections.abc import Mapping

from engage.conversation.answers import Answer
from engage.conversation.engine import EXPIRE
from engage.conversation.events import Started, TimerFired
from engage.conversation.states import Asking, NotStarted
from engage.ids import ConversationId, derived
from engage.turns import spoken
from engage.turns.advancing import advance_one, in_crisis
from engage.turns.attribution import Attributed, Unplaced
from engage.turns.context import ConversationSeen
from engage.turns.decision import ScreeningSaved
from engage.turns.draft import Draft
from engage.turns.needing import HELP, domains_asked, domains_of, domains_told, script_id


def ask_for_help(draft: Draft) -> None:
    """Line up the question about every screening or check-in that this turn completed."""
    answers = draft.turn.text is not None or draft.turn.page is not None
    if not answers or draft.turn.corrected is not None or draft.opted_out:
        return
    for saved, known in draft.screenings.completed:
        thread = draft.context.thread_of(saved.patient_id)
        if saved.channel != "sms" or thread is None or thread.id is None:
            continue
        if not (thread.active and thread.uses_phone) or in_crisis(draft, saved.patient_id):
            continue
        domains = tuple(
            one
            for one in _found(draft, saved, known)
            if (saved.patient_id, one) not in draft.context.quiet
        )
        script = draft.library.scripts.get(script_id(domains)) if domains else None
        if script is None or _talking(draft):
            continue
        asked = next((c for c in draft.context.conversations if c.screening_id == saved.id), None)
        begun = ConversationSeen(
            id=ConversationId(derived(draft.at, saved.id, HELP)),
            thread_id=thread.id,
            patient_id=saved.patient_id,
            script=script.id,
            language=asked.language if asked else thread.language,
            state=NotStarted(),
            started_at=draft.at,
        )
        put_first(draft, begun)


def spoke_of_needs(
    draft: Draft, who: Attributed | Unplaced, needs: Mapping[str, str], version: str
) -> None:
    """Take what somebody says of needs: unasked, beside a screening's answer, in a check-in.

    Their words are a risk and no more: a human reads them, and asks whether help is wanted. What
    a screening asks about, its answers say.
    """
    if not needs or isinstance(who, Unplaced):
        return
    asked = who.conversation
    tool = None if asked is None else draft.library.instruments.get(asked.script)
    heard = {one.domain for one in draft.screenings.risks}
    if tool is not None:
        more = any(one.reason == "said-more" for one in draft.triage.flags)
        if draft.screenings.answers and not more:
            return
        heard.update(domains_asked(tool))
    for label, domain in needs.items():
        if domain not in heard:
            by = spoken.VERSION if label == spoken.FELL_THROUGH else version
            draft.screenings.spoke_of(label, domain, by, who.thread, draft.inbound)


def _found(draft: Draft, saved: ScreeningSaved, known: Mapping[str, Answer]) -> tuple[str, ...]:
    tool = draft.library.instruments.get(saved.instrument)
    if tool is not None:
        return domains_of(tool, known)
    plan = draft.library.check_in(saved.instrument)
    told = {domain for patient, domain in draft.context.found if patient == saved.patient_id}
    now = {one.domain for one in draft.screenings.risks if one.patient_id == saved.patient_id}
    return () if plan is None else domains_told(plan, known, told | now)


def put_first(draft: Draft, begun: ConversationSeen) -> None:
    """Put a question before whoever waits: it is about what was just said."""
    draft.stand(begun, begun.state)
    others = [(seen, state) for seen, state in draft.states().values() if seen.id != begun.id]
    asking = [(seen, state) for seen, state in others if isinstance(state, Asking)]
    if any(not state.silent for _, state in asking):
        return  # it waits its turn
    for seen, state in asking:
        advance_one(draft, seen, TimerFired(draft.at, EXPIRE, state.step))
    advance_one(draft, begun, Started(draft.at))


def _talking(draft: Draft) -> bool:
    return any(isinstance(s, Asking) and s.paused for _, s in draft.states().values())
