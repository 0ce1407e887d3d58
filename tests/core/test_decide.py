"""What a text leads to: tables of (what was loaded, the text) and all that follows.

A row that lists less than what happens fails, as does one that lists more.
"""

from datetime import timedelta

from msgspec.structs import replace

from engage.conversation.answers import Chosen
from engage.conversation.events import (
    ConsentChanged,
)
from engage.queue.routing import CoverSeen
from engage.turns.context import Turn, TurnContext
from engage.turns.decide import decide
from tests.core.cast import (
    AT,
    DANA,
    FIRST,
    HOUR,
    LIBRARY,
    LUIS,
    MARCUS,
    ONLY,
    RIDE,
    ROSA,
    SECOND,
    Row,
    caregiver,
    ids_of,
    item,
    live,
    patient,
    rows,
    scene,
    taken,
    text,
    turn,
    waiting,
)

OFTEN, NEVER = Chosen("often"), Chosen("never")
UNDECIDED = live(ROSA, accepted=False)
LAST = live(ROSA, SECOND, answers=((FIRST, NEVER),))
PAUSED = live(ROSA, paused=True)
SILENT = live(ROSA, silent=True)
RIDE_OF_LUIS = waiting(LUIS)
ELENA = caregiver("Elena", ROSA)
# Thanksgiving lies between now and the second business day after.
READ_TEXTS = "open texts routine about Rosa: Dana, Fri 17:00"
FOOD = "open need:food-insecurity routine about Rosa: Dana, Fri 17:00"
CRISIS = "open crisis crisis about Rosa: Dana, Tue 10:15"
CLOSED = ["line closed", "consent opted-out by keyword"]
WISHED = ["line closed", "consent opted-out by free-form"]
ENDED = ["screening stopped cannot say", "Rosa opted-out"]
OUTSIDE = [READ_TEXTS, "flag outside-conversation routine"]


OFFER = ["open offer-call routine about Rosa: Dana, Fri 17:00", "flag opted-out routine"]
OFFER_BOTH = [
    OFFER[0],
    "open offer-call routine about Luis: Marcus, Fri 17:00",
    OFFER[1],
    OFFER[1],
]

CRISIS_AND_STOP: dict[str, Row] = {
    "a crisis alone": (
        scene(ROSA),
        text("i want to die"),
        ["say safety.self-harm to Rosa", CRISIS, "flag red-flag crisis"],
    ),
    "STOP and a crisis: both, and the last thing said is where help is": (
        scene(ROSA, conversations=(UNDECIDED,)),
        text("STOP i want to die"),
        [
            *WISHED,
            *ENDED,
            "withdraw ask/1",
            "say safety.self-harm to Rosa",
            CRISIS,
            "flag red-flag crisis",
        ],
    ),
    "a crisis on a closed line still has its item and its one text": (
        scene(ROSA, opted_out=True),
        text("i want to die"),
        ["say safety.self-harm to Rosa", CRISIS, "flag red-flag crisis"],
    ),
    "START and a crisis": (
        scene(ROSA, opted_out=True),
        text("start my chest hurts", carrier="START"),
        [
            "line open",
            "consent opted-in by keyword",
            "say safety.medical to Rosa",
            CRISIS,
            "flag red-flag crisis",
        ],
    ),
    "HELP and a crisis": (
        scene(ROSA),
        text("help i cant breathe", carrier="HELP"),
        [
            "say safety.medical to Rosa",
            CRISIS,
            "open help urgent about Rosa: Dana, Tue 17:00",
            "flag red-flag crisis",
            "flag asked-for-help urgent",
        ],
    ),
    "a crisis instead of an answer pauses the question": (
        scene(ROSA, conversations=(UNDECIDED,)),
        text("i cant breathe"),
        [
            "Rosa paused hvs.worried",
            "withdraw ask/1",
            "say safety.medical to Rosa",
            CRISIS,
            "flag red-flag crisis",
        ],
    ),
    "a crisis beside an answer records no answer": (
        scene(ROSA, conversations=(live(ROSA),)),
        text("1 i want to die"),
        [
            "Rosa paused hvs.worried",
            "say safety.self-harm to Rosa",
            CRISIS,
            "flag red-flag crisis",
        ],
    ),
    "a crisis pauses Rosa's question and not that of Luis": (
        scene(
            ROSA,
            LUIS,
            conversations=(live(ROSA), live(LUIS, ONLY, RIDE, silent=True, since=2 * HOUR)),
        ),
        text("he hit me"),
        ["Rosa paused hvs.worried", "say safety.violence to Rosa", CRISIS, "flag red-flag crisis"],
    ),
    "a crisis of somebody unknown is due at once, and answered in their language": (
        scene(),
        text("quiero morirme"),
        [
            "say safety.self-harm.stranger to the phone",
            "open crisis crisis about the line: Dana, Tue 10:15",
            "open sender routine about the line: Dana, Fri 17:00",
            "flag red-flag crisis",
            "flag unknown-sender routine",
        ],
    ),
    "a crisis of one of two pauses every question on the phone": (
        scene(
            replace(ROSA, uses_phone=False),
            LUIS,
            caregivers=(ELENA,),
            conversations=(live(ROSA),),
        ),
        text("he hit me"),
        [
            "Rosa paused hvs.worried",
            "say safety.violence to the phone",
            "open crisis crisis about the line: Dana, Tue 10:15",
            "open sender routine about the line: Dana, Fri 17:00",
            "flag red-flag crisis",
            "flag ambiguous-sender routine",
        ],
    ),
    "two dangers are two flags on one item": (
        scene(ROSA),
        text("he hit me and my chest hurts"),
        [
            "say safety.violence to Rosa",
            CRISIS,
            "flag red-flag crisis",
            "flag red-flag crisis",
        ],
    ),
    "a danger that is possible: a human looks, and one question is asked": (
        scene(ROSA),
        text("ran out of insulin"),
        [
            "Rosa asking clarify.medical",
            "say clarify.medical to Rosa",
            "open crisis possible about Rosa: Dana, Tue 10:15",
            "flag red-flag possible",
        ],
    ),
    "a danger that is possible is still a reply": (
        scene(ROSA, conversations=(live(ROSA),)),
        text("3 and i ran out of insulin"),
        [
            "Rosa paused hvs.ran-out",
            "Rosa asking clarify.medical",
            "answer hvs.worried never by patient",
            "say clarify.medical to Rosa",
            "open crisis possible about Rosa: Dana, Tue 10:15",
            READ_TEXTS,
            "flag red-flag possible",
            "flag said-more routine",
        ],
    ),
}

STOP: dict[str, Row] = {
    "STOP ends everybody's conversation on the phone and withdraws what waits": (
        scene(ROSA, LUIS, conversations=(UNDECIDED, RIDE_OF_LUIS)),
        text("STOP"),
        [
            *CLOSED,
            "screening stopped cannot say",
            "screening stopped cannot say",
            "Rosa opted-out",
            "Luis opted-out",
            "withdraw ask/1",
            *OFFER_BOTH,
        ],
    ),
    "the carrier confirms STOP, so we are silent": (
        scene(ROSA, conversations=(live(ROSA),)),
        text("Stop"),
        [*CLOSED, *ENDED, *OFFER],
    ),
    "the carrier's finding counts as much as ours": (
        scene(ROSA),
        text("fin", carrier="STOP"),
        [*CLOSED, *OFFER],
    ),
    "no carrier knows ALTO, so we confirm": (
        scene(ROSA),
        text("ALTO"),
        [*CLOSED, "say stopped to Rosa", *OFFER],
    ),
    "no carrier knows a wish in free words, and Dana reads what else it may say": (
        scene(ROSA, conversations=(live(ROSA),)),
        text("please stop texting me"),
        [
            *WISHED,
            *ENDED,
            "say stopped to Rosa",
            OFFER[0],
            "flag opted-out-in-words routine",
        ],
    ),
    "a closed line is confirmed once, however often it is closed": (
        scene(ROSA, opted_out=True),
        text("stop texting me"),
        WISHED,
    ),
    "a stranger's STOP closes the line": (scene(), text("STOP"), CLOSED),
    "a stranger's wish is confirmed": (
        scene(),
        text("deje de mandarme mensajes"),
        [
            *WISHED,
            "say stopped to the phone",
            "open offer-call routine about the line: Dana, Fri 17:00",
            "flag opted-out-in-words routine",
        ],
    ),
    "one of two on a phone closes it for both": (
        scene(ROSA, LUIS, conversations=(live(LUIS, ONLY, RIDE),)),
        text("STOP"),
        [*CLOSED, "screening stopped cannot say", "Luis opted-out", *OFFER_BOTH],
    ),
    "answers given before STOP stay, and what is missing is not no": (
        scene(ROSA, conversations=(LAST,)),
        text("STOP"),
        [*CLOSED, *ENDED, *OFFER],
    ),
    "a risk found before STOP stays a risk": (
        scene(ROSA, conversations=(live(ROSA, SECOND, answers=((FIRST, OFTEN),)),)),
        text("STOP"),
        [*CLOSED, "screening stopped at risk", "Rosa opted-out", *OFFER],
    ),
    "words that contain stop close nothing": (
        scene(ROSA),
        text("can you guys stop by tuesday"),
        OUTSIDE,
    ),
    "staff close a line without a word": (
        scene(ROSA, conversations=(live(ROSA),)),
        turn(ConsentChanged(AT, opted_out=True), live(ROSA)),
        ENDED,
    ),
}

START: dict[str, Row] = {
    "START opens a closed line and revives nothing": (
        scene(ROSA, opted_out=True),
        text("START"),
        ["line open", "consent opted-in by keyword"],
    ),
    "what staff began meanwhile and nobody was asked yet begins": (
        scene(ROSA, conversations=(waiting(ROSA),), opted_out=True),
        text("START"),
        [
            "line open",
            "consent opted-in by keyword",
            "Rosa asking ahc.transportation",
            "say ahc.transportation to Rosa",
        ],
    ),
    "no carrier knows INICIAR, so we confirm": (
        scene(ROSA, opted_out=True),
        text("iniciar"),
        ["line open", "consent opted-in by keyword", "say started to Rosa"],
    ),
    "START on an open line is an ordinary text": (scene(ROSA), text("START"), OUTSIDE),
    "a YES that the carrier takes for START is an answer": (
        scene(ROSA, conversations=(live(ROSA, ONLY, RIDE),)),
        text("yes", carrier="START"),
        [
            "screening completed at risk",
            "Rosa done",
            "Rosa asking help.want",
            "answer ahc.transportation yes by patient",
            "say thanks to Rosa",
            "say help.want to Rosa",
            "open need:transportation-insecurity routine about Rosa: Dana, Fri 17:00",
            "flag transportation-insecurity routine",
        ],
    ),
    "an answer on a closed line opens nothing and is read by a human": (
        scene(ROSA, opted_out=True),
        text("yes"),
        OUTSIDE,
    ),
}

HELP: dict[str, Row] = {
    "the carrier answers HELP, and Dana sees it the same day": (
        scene(ROSA, conversations=(live(ROSA),)),
        text("HELP"),
        ["open help urgent about Rosa: Dana, Tue 17:00", "flag asked-for-help urgent"],
    ),
    "no carrier knows AYUDA, so we answer too": (
        scene(ROSA),
        text("ayuda"),
        [
            "say help to Rosa",
            "open help urgent about Rosa: Dana, Tue 17:00",
            "flag asked-for-help urgent",
        ],
    ),
    "on a closed line nothing is said, and Dana sees it": (
        scene(ROSA, opted_out=True),
        text("ayuda"),
        ["open help urgent about Rosa: Dana, Tue 17:00", "flag asked-for-help urgent"],
    ),
    "a stranger gets the text, and a care manager of the practice sees it": (
        scene(),
        text("help please"),
        [
            "say help to the phone",
            "open help urgent about the line: Dana, Tue 17:00",
            "flag asked-for-help urgent",
        ],
    ),
}

NO_SILENCE: dict[str, Row] = {
    "nobody we know": (
        scene(),
        text("is this the clinic"),
        [
            "say unknown-sender to the phone",
            "open sender routine about the line: Dana, Fri 17:00",
            "flag unknown-sender routine",
        ],
    ),
    "one of two whom nobody asked": (
        scene(ROSA, LUIS),
        text("1"),
        ["open sender routine about the line: Dana, Fri 17:00", "flag ambiguous-sender routine"],
    ),
    "two with one care manager, who sorts it out": (
        scene(LUIS, patient("Ana", MARCUS)),
        text("1"),
        ["open sender routine about the line: Marcus, Fri 17:00", "flag ambiguous-sender routine"],
    ),
    "a caregiver from her own phone": (
        scene(replace(ROSA, uses_phone=False), caregivers=(ELENA,)),
        text("she is worse"),
        [READ_TEXTS, "flag caregiver-wrote routine"],
    ),
    "a caregiver's word is no answer of the patient's": (
        scene(
            replace(ROSA, uses_phone=False),
            caregivers=(ELENA,),
            conversations=(live(ROSA),),
        ),
        text("1"),
        [READ_TEXTS, "flag caregiver-wrote routine"],
    ),
    "a text that nothing asked for": (scene(ROSA), text("hello?"), OUTSIDE),
    "a text while Dana is away": (
        scene(ROSA, covers=(CoverSeen(DANA.id, MARCUS.id, AT - HOUR, AT + 240 * HOUR),)),
        text("hello?"),
        [
            "open texts routine about Rosa: Marcus, Fri 17:00",
            "flag outside-conversation routine",
        ],
    ),
    "a text without words": (scene(ROSA, conversations=(live(ROSA),)), text(" "), OUTSIDE),
    "a picture": (scene(ROSA), text("", pictures=1), [READ_TEXTS, "flag picture routine"]),
    "a picture instead of an answer leaves the question open": (
        scene(ROSA, conversations=(live(ROSA),)),
        text("", pictures=1),
        [READ_TEXTS, "flag picture routine"],
    ),
    "a picture beside an answer": (
        scene(ROSA, conversations=(live(ROSA),)),
        text("3", pictures=2),
        [
            "Rosa asking hvs.ran-out",
            "answer hvs.worried never by patient",
            "say hvs.ran-out to Rosa",
            READ_TEXTS,
            "flag picture routine",
        ],
    ),
    "a picture with words that nothing asked for": (
        scene(ROSA),
        text("look", pictures=1),
        [READ_TEXTS, "flag picture routine", "flag outside-conversation routine"],
    ),
    "a stranger's picture": (
        scene(),
        text("", pictures=1),
        [
            "say unknown-sender to the phone",
            "open texts routine about the line: Dana, Fri 17:00",
            "open sender routine about the line: Dana, Fri 17:00",
            "flag picture routine",
            "flag unknown-sender routine",
        ],
    ),
    "a reply while a human talks": (
        scene(ROSA, conversations=(PAUSED,)),
        text("3"),
        [READ_TEXTS, "flag reply-to-staff routine"],
    ),
    "a text on a closed line": (scene(ROSA, opted_out=True), text("3"), OUTSIDE),
    "a text on a closed line on which a question was left open": (
        scene(ROSA, conversations=(live(ROSA),), opted_out=True),
        text("3"),
        OUTSIDE,
    ),
    "a text that came before the question left": (
        scene(ROSA, conversations=(live(ROSA, accepted=False, queued=("ask/1",)),)),
        text("3"),
        [READ_TEXTS, "flag early-text routine"],
    ),
    "an answer while only the nudge has not left": (
        scene(ROSA, conversations=(live(ROSA, queued=("nudge/1",)),)),
        text("3"),
        [
            "Rosa asking hvs.ran-out",
            "answer hvs.worried never by patient",
            "say hvs.ran-out to Rosa",
        ],
    ),
    "a text of somebody who has left the practice": (
        scene(replace(ROSA, active=False)),
        text("hello?"),
        OUTSIDE,
    ),
    "a text before the question has had its turn": (
        scene(ROSA, items=(item(ROSA, "crisis", "crisis"),), conversations=(waiting(ROSA),)),
        text("hello?"),
        OUTSIDE,
    ),
}

ANSWERS: dict[str, Row] = {
    "a risk is work at once, not at the end": (
        scene(ROSA, conversations=(live(ROSA),)),
        text("1"),
        [
            "Rosa asking hvs.ran-out",
            "answer hvs.worried often by patient",
            "say hvs.ran-out to Rosa",
            FOOD,
            "flag food-insecurity routine",
        ],
    ),
    "no risk is said when every question was answered so": (
        scene(ROSA, conversations=(LAST,)),
        text("never"),
        [
            "screening completed no risk",
            "Rosa done",
            "answer hvs.ran-out never by patient",
            "say thanks to Rosa",
        ],
    ),
    "a late answer counts": (
        scene(ROSA, conversations=(SILENT,)),
        text("3"),
        [
            "Rosa asking hvs.ran-out",
            "answer hvs.worried never by patient",
            "say hvs.ran-out to Rosa",
        ],
    ),
    "an unclear answer is asked again": (
        scene(ROSA, conversations=(live(ROSA),)),
        text("banana"),
        ["Rosa asking hvs.worried", "say reask hvs.worried to Rosa"],
    ),
    "a second unclear answer is a human's": (
        scene(ROSA, conversations=(live(ROSA, tries=1),)),
        text("potato"),
        [
            "screening stopped cannot say",
            "Rosa handed-off",
            READ_TEXTS,
            "flag unclear-answer routine",
            "hand off unclear-answer",
        ],
    ),
    "the person last asked has the answer": (
        scene(ROSA, LUIS, conversations=(SILENT, live(LUIS, ONLY, RIDE, since=HOUR / 2))),
        text("2"),
        [
            "screening completed no risk",
            "Luis done",
            "answer ahc.transportation no by patient",
            "say thanks to Luis",
        ],
    ),
}

JOINS: dict[str, Row] = {
    "a second text joins the first one's item": (
        scene(ROSA, items=(item(ROSA, "texts"),)),
        text("hello?"),
        ["join texts routine, Tue 11:00", "flag outside-conversation routine"],
    ),
    "a second yes joins the need of the first": (
        scene(ROSA, conversations=(live(ROSA),), items=(item(ROSA, "need:food-insecurity"),)),
        text("2"),
        [
            "Rosa asking hvs.ran-out",
            "answer hvs.worried sometimes by patient",
            "say hvs.ran-out to Rosa",
            "join need:food-insecurity routine, Tue 11:00",
            "flag food-insecurity routine",
        ],
    ),
    "another need is other work": (
        scene(
            ROSA,
            conversations=(live(ROSA),),
            items=(item(ROSA, "need:transportation-insecurity"),),
        ),
        text("1"),
        [
            "Rosa asking hvs.ran-out",
            "answer hvs.worried often by patient",
            "say hvs.ran-out to Rosa",
            FOOD,
            "flag food-insecurity routine",
        ],
    ),
    "the same need of another patient is other work": (
        scene(ROSA, LUIS, conversations=(live(ROSA),), items=(item(LUIS, "need:food-insecurity"),)),
        text("1"),
        [
            "Rosa asking hvs.ran-out",
            "answer hvs.worried often by patient",
            "say hvs.ran-out to Rosa",
            FOOD,
            "flag food-insecurity routine",
        ],
    ),
    "a crisis raises what was possible, and is due sooner": (
        scene(ROSA, items=(item(ROSA, "crisis", "possible"),)),
        text("i want to die"),
        ["say safety.self-harm to Rosa", "join crisis crisis, Tue 10:15", "flag red-flag crisis"],
    ),
    "what is possible lowers no crisis and puts nothing off": (
        scene(ROSA, items=(item(ROSA, "crisis", "crisis", HOUR / 12),)),
        text("ran out of insulin"),
        ["join crisis crisis, Tue 10:05", "flag red-flag possible"],
    ),
    "a later text does not put off what is overdue": (
        scene(ROSA, items=(item(ROSA, "texts", due=-HOUR),)),
        text("hello?"),
        ["join texts routine, Tue 09:00", "flag outside-conversation routine"],
    ),
    "a stranger's second text joins the line's item": (
        scene(items=(item(None, "sender"),)),
        text("hello?"),
        [
            # Its key exists once for ever: a second one is not sent.
            "say unknown-sender to the phone",
            "join sender routine, Tue 11:00",
            "flag unknown-sender routine",
        ],
    ),
}


@rows(CRISIS_AND_STOP)
def test_crisis(context: TurnContext, happened: Turn, expected: list[str]) -> None:
    """Behaviour 18: a crisis outranks everything, and is judged independently of STOP."""
    assert taken(context, happened) == expected


@rows(STOP)
def test_stop(context: TurnContext, happened: Turn, expected: list[str]) -> None:
    """Behaviour 17: STOP belongs to the phone, beats any question and is confirmed once."""
    assert taken(context, happened) == expected


@rows(START)
def test_start(context: TurnContext, happened: Turn, expected: list[str]) -> None:
    """Behaviour 17: only START opens a closed line again, and to no more than before."""
    assert taken(context, happened) == expected


@rows(HELP)
def test_help(context: TurnContext, happened: Turn, expected: list[str]) -> None:
    """Behaviour 17: HELP gets the required text unless the carrier sends one, and a human."""
    assert taken(context, happened) == expected


@rows(NO_SILENCE)
def test_no_text_is_met_with_silence(
    context: TurnContext, happened: Turn, expected: list[str]
) -> None:
    """Behaviours 8, 9 and 12: what no conversation takes becomes work with an owner."""
    assert taken(context, happened) == expected


@rows(ANSWERS)
def test_answers(context: TurnContext, happened: Turn, expected: list[str]) -> None:
    """Behaviours 3, 5 and 8: an answer is recorded for who was asked last, and judged at once."""
    assert taken(context, happened) == expected


@rows(JOINS)
def test_joins(context: TurnContext, happened: Turn, expected: list[str]) -> None:
    """Behaviour 24: a flag joins the open item of its subject, which only tightens."""
    assert taken(context, happened) == expected


def test_the_safety_text_is_said_once_in_half_an_hour() -> None:
    """A person who writes on in a crisis reads the safety text once, not after every word."""
    first, soon, later = (
        decide(scene(ROSA), text("i want to die", at=AT + timedelta(minutes=m)), LIBRARY).texts[0]
        for m in (0, 29, 30)
    )

    assert (first.cause_id, first.key) == (soon.cause_id, soon.key)
    assert first.key != later.key
    assert first.kind == "safety"


def test_a_text_is_attributed_with_its_prompt() -> None:
    """Behaviour 1: every inbound text keeps who wrote it, about whom, and what it answers."""
    context = scene(ROSA, LUIS, conversations=(live(ROSA),))

    read = decide(context, text("1"), LIBRARY).inbound

    assert read is not None
    assert (read.author, read.author_id) == ("patient", ROSA.patient_id)
    assert (read.thread_id, read.conversation_id) == (ROSA.id, live(ROSA).id)
    assert read.prompt == FIRST


def test_a_text_of_nobody_attaches_to_nobody() -> None:
    """Behaviour 1: a text that cannot be placed is not attached to anybody."""
    read = decide(scene(ROSA, LUIS), text("1"), LIBRARY).inbound

    assert read is not None
    assert (read.author, read.author_id, read.thread_id) == ("unknown", None, None)


@rows(CRISIS_AND_STOP | STOP | START | HELP | NO_SILENCE | ANSWERS | JOINS)
def test_deciding_twice_names_the_same_rows(
    context: TurnContext, happened: Turn, expected: list[str]
) -> None:
    """A turn decided again after a crash names the same rows, and none of them twice."""
    decision = decide(context, happened, LIBRARY)

    assert decide(context, happened, LIBRARY) == decision
    assert len(set(ids_of(decision))) == len(ids_of(decision))


@rows(CRISIS_AND_STOP | STOP | START | HELP | NO_SILENCE | ANSWERS | JOINS)
def test_one_flag_per_source_and_rule(
    context: TurnContext, happened: Turn, expected: list[str]
) -> None:
    """Behaviour 24: a text raises a rule's flag once, and on an item that is open."""
    decision = decide(context, happened, LIBRARY)
    keys = [(flag.source_id, flag.rule) for flag in decision.flags]
    open_items = {one.id for one in (*context.items, *decision.items)}

    assert len(set(keys)) == len(keys)
    assert {flag.item_id for flag in decision.flags} <= open_items
