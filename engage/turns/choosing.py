"""What follows from what somebody says of a visit: they come, another time, none of these. (p).

Who comes is expected and reminded no more; who can't is shown free times at once, and what no time
fits is work that names the visit and is due before it. A time is somebody's only once it was had:
the turn asks for it and is decided again (`Want`). Declining calls nothing off (behaviour 42). This
room refuses to promise a time, and to leave words to nobody.
"""

from typing import assert_never

from engage.appointments.appointment import Answer
from engage.appointments.slot import Slot
from engage.conversation.answers import Chosen
from engage.conversation.events import Cancelled
from engage.turns.advancing import advance_one
from engage.turns.arranging import (
    another_time,
    answer_visit,
    by_hand,
    expected,
    give,
    offer_times,
    say,
    speaker,
    stand,
    talk_about,
)
from engage.turns.context import Language, ThreadSeen
from engage.turns.draft import Draft
from engage.turns.meeting import (
    CANNOT,
    CHANGE,
    CONFIRM,
    NONE,
    REASONS,
    TAKE,
    VERSION,
    YES,
    kind_of,
    place_of,
    says_cannot,
)
from engage.turns.meetings import Ended, Said
from engage.turns.talks import (
    Book,
    LetGo,
    Meet,
    MissedBecause,
    Passed,
    TakeOffer,
    Tried,
    VisitTalk,
)
from engage.turns.visits import TRANSPORT

MISSED = "visit-missed"


def meet(draft: Draft, wanted: Meet) -> None:
    """Begin a conversation that time brought round: a reminder, an offer, a visit that was missed.

    It takes the floor when the phone is free, and the place of older ones about the same visits.
    """
    patient = draft.turn.patient_id
    thread = draft.context.thread_of(patient) if patient is not None else None
    if thread is None or thread.id is None or not thread.active:
        return
    for seen in draft.context.conversations:
        if seen.id in wanted.instead_of:
            advance_one(draft, seen, Cancelled(draft.at))
    variant = "sooner" if wanted.kind == "offer" and wanted.visits else ""
    talk = talk_about(
        draft, thread, wanted.kind, wanted.zone, visits=wanted.visits, slots=wanted.slots
    )
    stand(draft, thread, talk, thread.language, variant)


def follow(draft: Draft) -> None:
    """Do what follows from the answers of this turn, and from conversations that got none."""
    for said in draft.meetings.said:
        talk = draft.meetings.talk_of(said.seen)
        if talk is not None:
            _answered(draft, said, talk)
    for ended in draft.meetings.ended:
        _unanswered(draft, ended)


def _answered(draft: Draft, said: Said, talk: VisitTalk) -> None:
    if not isinstance(said.answer, Chosen):
        # "Skip" and "I don't know" are for a person to make sense of.
        _pass_on(draft, said, talk)
        return
    option = said.answer.option
    match talk.kind:
        case "remind":
            _comes_or_not(draft, said, talk, option)
        case "which":
            place = place_of(option)
            if place is not None and place < len(talk.visits):
                answer: Answer = "declined" if says_cannot(said.seen.script) else "tentative"
                visit = talk.visits[place]
                answer_visit(draft, visit, answer)
                offer_times(draft, said.thread, visit, said.seen.language)
        case "change":
            _chose(draft, said, talk, option)
        case "echo":
            _echoed(draft, said, talk, option)
        case "offer":
            _offered(draft, said, talk, option)
        case "missed":
            _missed(draft, said, talk, option)
        case "ride":
            _gets_there(draft, said, option)
        case _:
            assert_never(talk.kind)


def _comes_or_not(draft: Draft, said: Said, talk: VisitTalk, option: str) -> None:
    language = said.seen.language
    if option == CONFIRM:
        for visit in talk.visits:
            answer_visit(draft, visit, "accepted")
        expected(draft, said.thread, talk, language)
    elif option in {CHANGE, CANNOT}:
        answer: Answer = "declined" if option == CANNOT else "tentative"
        another_time(draft, said.thread, talk.visits, talk.zone, language, answer)


def _chose(draft: Draft, said: Said, talk: VisitTalk, option: str) -> None:
    visit, place = talk.visits[0], place_of(option)
    if option == NONE or place is None or place >= len(talk.slots):
        _let_go(draft, said.thread, talk, None)
        by_hand(draft, said.thread, visit, said.seen.language, "visit/change/none-fits")
        return
    _book(draft, said, talk, talk.slots[place])


def _book(draft: Draft, said: Said, talk: VisitTalk, slot: Slot) -> None:
    visit, language = talk.visits[0], said.seen.language
    wanted = Book(visit.id, slot.id, *speaker(draft))
    tried = draft.meetings.known.outcome(wanted)
    if tried is None:
        draft.meetings.wants[wanted] = None
        return
    _let_go(draft, said.thread, talk, None if tried.over else slot)
    if tried.over:
        # It was concluded while they chose: a person tells them what that means.
        by_hand(draft, said.thread, visit, language, "visit/change/over")
        return
    if tried.visit is None:
        offer_times(draft, said.thread, visit, language, gone=slot.id)
        return
    _now_on(draft, said.thread, talk, slot, tried, language)


def _now_on(
    draft: Draft,
    thread: ThreadSeen,
    talk: VisitTalk,
    slot: Slot,
    tried: Tried,
    language: Language,
) -> None:
    """Say back the day, the date and the time that somebody has now."""
    own = talk_about(draft, thread, "echo", talk.zone, slots=(slot,))
    if tried.visit is not None and tried.to_write_down:
        give(draft, thread, tried.visit, "visit-to-book", "visit/chosen")
        say(draft, thread, "visit.noted", language, own)
        return
    say(draft, thread, "visit.booked", language, own)


def _echoed(draft: Draft, said: Said, talk: VisitTalk, option: str) -> None:
    visit, language = talk.visits[0], said.seen.language
    if option != YES:
        _let_go(draft, said.thread, talk, None)
        offer_times(draft, said.thread, visit, language)
    elif talk.slots:
        _book(draft, said, talk, talk.slots[0])
    elif talk.proposed_at is not None:
        # The time they ask for stands in the rule, so that whoever finds one sees it.
        asked = f"visit/asked-for/{talk.proposed_at:%Y-%m-%dT%H:%M}"
        by_hand(draft, said.thread, visit, language, asked)


def _offered(draft: Draft, said: Said, talk: VisitTalk, option: str) -> None:
    language = said.seen.language
    if option != TAKE:
        draft.meetings.acts.append(Passed(talk.conversation_id))
        say(draft, said.thread, "visit.offer-no", language)
        return
    wanted = TakeOffer(talk.conversation_id, *speaker(draft))
    tried = draft.meetings.known.outcome(wanted)
    if tried is None:
        draft.meetings.wants[wanted] = None
    elif tried.visit is None or not talk.slots:
        say(draft, said.thread, "visit.lost", language)
    else:
        _now_on(draft, said.thread, talk, talk.slots[0], tried, language)


def _missed(draft: Draft, said: Said, talk: VisitTalk, option: str) -> None:
    reason, thread = REASONS[option], said.thread
    for visit in talk.visits:
        draft.meetings.acts.append(MissedBecause(visit.id, reason, *speaker(draft)))
        give(draft, thread, visit, MISSED, f"visit/missed/{reason}", "routine")
    if reason == "ride":
        draft.screenings.spoke_of("missed-visit", TRANSPORT, VERSION, thread, draft.inbound)
    say(draft, thread, "visit.missed.thanks", said.seen.language)


def _gets_there(draft: Draft, said: Said, option: str) -> None:
    if option == YES:
        say(draft, said.thread, "visit.ride.yes", said.seen.language)
        return
    draft.screenings.spoke_of("no-way-there", TRANSPORT, VERSION, said.thread, draft.inbound)
    say(draft, said.thread, "visit.ride.no", said.seen.language)


def _pass_on(draft: Draft, said: Said, talk: VisitTalk) -> None:
    match talk.kind:
        case "missed":
            say(draft, said.thread, "visit.missed.thanks", said.seen.language)
        case "ride":
            # Who does not know how they get there has no ride yet.
            _gets_there(draft, said, "unsaid")
        case "offer":
            draft.meetings.acts.append(Passed(talk.conversation_id))
            say(draft, said.thread, "visit.offer-no", said.seen.language)
        case "remind" | "which" | "change" | "echo":
            give(draft, said.thread, talk.visits[0], "visit-question", f"visit/{talk.kind}/unsaid")
            say(draft, said.thread, "visit.passed-on", said.seen.language)
        case _:
            assert_never(talk.kind)


def _unanswered(draft: Draft, ended: Ended) -> None:
    """Make work of what stays open: who wanted another time and then fell silent, what is unclear.

    A reminder that nobody answers is no work: the visit stands, and the next one asks again.
    """
    talk = draft.meetings.talk_of(ended.seen)
    thread = draft.context.thread_of(ended.seen.patient_id)
    if talk is None or thread is None or not talk.visits:
        return
    if ended.why == "unclear-answer":
        give(draft, thread, talk.visits[0], "visit-question", f"visit/{talk.kind}/unclear")
    elif kind_of(ended.seen.script) in {"which", "change", "echo"}:
        give(draft, thread, talk.visits[0], "visit-change", f"visit/{talk.kind}/silence")


def _let_go(draft: Draft, thread: ThreadSeen, talk: VisitTalk, but: Slot | None) -> None:
    others = tuple(one.id for one in talk.slots if but is None or one.id != but.id)
    if others:
        draft.meetings.acts.append(LetGo(thread.patient_id, others))
