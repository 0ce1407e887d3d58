"""What a turn does about a visit: show free times, say a moment back, make it a person's work. (p).

A time that is shown is kept for some minutes. Work about a visit names it and is due before it.
This room refuses to promise a time, and to look for one itself: the turn says what it must know.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from engage.appointments.appointment import Answer, Appointment
from engage.appointments.dates import When, span_of
from engage.appointments.slot import Slot
from engage.conversation.severity import Severity
from engage.conversation.states import NotStarted
from engage.ids import ConversationId, SlotId, ThreadId, derived
from engage.queue.flag import Flag
from engage.turns.context import ConversationSeen, Language, ThreadSeen
from engage.turns.draft import Draft
from engage.turns.filled import manager_of
from engage.turns.helping import put_first
from engage.turns.meeting import MOST_TIMES, MOST_VISITS, script_id
from engage.turns.meetings import said_of
from engage.turns.talks import (
    Answered,
    Held,
    Kind,
    Openings,
    Speaker,
    VisitTalk,
    WorkNamed,
    starts,
)
from engage.turns.visits import TRANSPORT, before_visit

SOON = timedelta(hours=48)
"""What is about a visit so near is urgent [our own rule]."""


def another_time(
    draft: Draft,
    thread: ThreadSeen,
    visits: Sequence[Appointment],
    zone: str,
    language: Language,
    answer: Answer,
) -> None:
    """Show free times instead of a visit that somebody can't come to; of several, ask which."""
    if len(visits) == 1:
        answer_visit(draft, visits[0], answer)
        offer_times(draft, thread, visits[0], language)
        return
    variant = "cannot" if answer == "declined" else ""
    begin(draft, thread, talk_about(draft, thread, "which", zone, visits=visits), language, variant)


def offer_times(
    draft: Draft,
    thread: ThreadSeen,
    visit: Appointment,
    language: Language,
    *,
    gone: SlotId | None = None,
    when: When | None = None,
) -> None:
    """Show free times for a visit and keep them some minutes; where there are none, a person does.

    `gone`: what they chose was somebody else's by then. `when`: what they asked for in words.
    """
    if visit.schedule_id is None:
        by_hand(draft, thread, visit, language, "visit/change/no-times")
        return
    span = (None, None) if when is None else span_of(when, visit.zone)
    asked = Openings(visit.id, *span)
    found = draft.meetings.known.open_for(asked)
    if found is None:
        draft.meetings.wants[asked] = None
        return
    slots = tuple(one for one in found if one.id != gone)
    if not slots:
        if gone is not None:
            say(draft, thread, "visit.gone", language)
        by_hand(draft, thread, visit, language, "visit/change/no-times")
        return
    draft.meetings.acts.append(Held(thread.patient_id, tuple(one.id for one in slots)))
    talk = talk_about(draft, thread, "change", visit.zone, visits=(visit,), slots=slots)
    begin(draft, thread, talk, language, "" if gone is None else "gone")


def echo(
    draft: Draft,
    thread: ThreadSeen,
    visit: Appointment,
    language: Language,
    at: datetime,
    slots: Sequence[Slot] = (),
) -> None:
    """Say back the moment that somebody named: it counts once they said that it is right."""
    if slots:
        draft.meetings.acts.append(Held(thread.patient_id, tuple(one.id for one in slots)))
    talk = talk_about(
        draft, thread, "echo", visit.zone, visits=(visit,), slots=slots, proposed_at=at
    )
    begin(draft, thread, talk, language)


def passed_on(draft: Draft, thread: ThreadSeen, asked: ConversationSeen) -> None:
    """Tell somebody, once in a conversation, that a person reads what they wrote."""
    more = {"care_manager": manager_of(draft.context, thread, asked.language)}
    draft.say(
        "passed-on",
        "visit.passed-on",
        asked.language,
        kind="reply",
        thread=thread,
        cause=asked.id,
        more=more,
    )


def by_hand(
    draft: Draft, thread: ThreadSeen, visit: Appointment, language: Language, rule: str
) -> None:
    """Give a visit to a person, who finds a time; and tell so."""
    give(draft, thread, visit, "visit-change", rule)
    say(draft, thread, "visit.by-hand", language)


def give(
    draft: Draft,
    thread: ThreadSeen,
    visit: Appointment,
    reason: str,
    rule: str,
    severity: Severity | None = None,
) -> None:
    """Make something about a visit somebody's work: it names the visit and is due before it."""
    at, begins = draft.at, starts(visit)
    near = at < begins <= at + SOON
    due_by = before_visit(begins, draft.context.practice.calendar, at) if begins > at else None
    flag = Flag(
        reason=reason,
        severity=severity or ("urgent" if near else "routine"),
        rule=rule,
        quote=True,
        due_by=due_by,
    )
    draft.flag(flag, thread)
    item = draft.triage.item_of(flag.subject, thread)
    if item is not None:
        draft.meetings.acts.append(WorkNamed(item, visit.id))


def answer_visit(draft: Draft, visit: Appointment, answer: Answer) -> None:
    """Write down whether somebody comes, if there is anything to come to."""
    if starts(visit) > draft.at or answer == "accepted":
        by, by_id = speaker(draft)
        draft.meetings.acts.append(Answered(visit.id, answer, by, by_id))


def speaker(draft: Draft) -> tuple[Speaker, UUID | None]:
    """Return who says so: the person, or a caregiver of theirs."""
    read = draft.inbound
    if read is not None and read.author == "caregiver":
        return "caregiver", read.author_id
    return "patient", None


def begin(
    draft: Draft, thread: ThreadSeen, talk: VisitTalk, language: Language, variant: str = ""
) -> None:
    """Ask about what was just said, before whoever waits."""
    put_first(draft, stand(draft, thread, talk, language, variant))


def stand(
    draft: Draft, thread: ThreadSeen, talk: VisitTalk, language: Language, variant: str
) -> ConversationSeen:
    """Have a conversation wait for its turn."""
    draft.meetings.begun[talk.conversation_id] = talk
    count = len(talk.slots) if talk.kind == "change" else len(talk.visits)
    begun = ConversationSeen(
        id=talk.conversation_id,
        thread_id=thread.id or ThreadId(thread.patient_id),
        patient_id=thread.patient_id,
        script=script_id(talk.kind, count, variant),
        language=language,
        state=NotStarted(),
        started_at=draft.at,
    )
    draft.stand(begun, begun.state)
    return begun


def talk_about(
    draft: Draft,
    thread: ThreadSeen,
    kind: Kind,
    zone: str,
    *,
    visits: Sequence[Appointment] = (),
    slots: Sequence[Slot] = (),
    proposed_at: datetime | None = None,
) -> VisitTalk:
    """Return what a conversation that this turn begins is about."""
    own = derived(draft.at, draft.turn.cause, f"visit/{kind}/{thread.patient_id}")
    return VisitTalk(
        conversation_id=ConversationId(own),
        patient_id=thread.patient_id,
        kind=kind,
        zone=zone,
        visits=tuple(visits)[:MOST_VISITS],
        slots=tuple(slots)[:MOST_TIMES],
        proposed_at=proposed_at,
    )


def say(
    draft: Draft,
    thread: ThreadSeen,
    text_id: str,
    language: Language,
    talk: VisitTalk | None = None,
) -> None:
    """Say something beside a conversation: once a turn, and as an answer to the person's text."""
    draft.say(
        f"{text_id}/{thread.patient_id}",
        text_id,
        language,
        kind="reply",
        thread=thread,
        more={
            "care_manager": manager_of(draft.context, thread, language),
            **({} if talk is None else said_of(talk, language)),
        },
    )


def expected(draft: Draft, thread: ThreadSeen, talk: VisitTalk, language: Language) -> None:
    """Tell somebody that we expect them; once, ask whether they know how they get there."""
    unsettled = [one for one in talk.visits if one.id not in draft.meetings.known.settled]
    if unsettled and not _seen_to(draft, thread):
        own = talk_about(draft, thread, "ride", talk.zone, visits=talk.visits)
        begin(draft, thread, own, language)
        return
    say(draft, thread, "visit.accepted", language, talk)


def _seen_to(draft: Draft, thread: ThreadSeen) -> bool:
    """Say whether somebody is at work on how this person gets places, or was told so just now."""
    subject = f"need:{TRANSPORT}"
    return draft.triage.item_of(subject, thread) is not None
