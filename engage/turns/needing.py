"""From an answer to a risk, and from a risk to a need: does the person want help? (p).

Nobody is helped who was not asked (behaviour 23). The question names no need, and a no ends it:
nothing more is asked. Which domains it is about stands in the script's name, so that no answer has
to be looked up. This room refuses to write and to say anything; draft.py and the engine do.
"""

from collections.abc import Collection, Iterable, Mapping
from itertools import combinations
from typing import Literal
from uuid import UUID

from msgspec import Struct

from engage.checkins.script import CheckInScript
from engage.conversation.answers import Answer, Chosen
from engage.conversation.effects import SendText
from engage.conversation.events import Cancelled, Event, StaffWrote
from engage.conversation.script import Option, Prompt, Script
from engage.conversation.severity import Severity
from engage.conversation.states import Done, Step
from engage.ids import AnswerId, MessageId, NeedId, PatientId
from engage.needs import codes
from engage.needs.instrument import Instrument
from engage.needs.scoring import flag_for

YES, NO = "yes", "no"
WANT = "help.want"
VERSION = "1"
HELP = "help"
"""Of which effect of a screening's end the conversation is."""
_FIRST = "help.first."
_PREFIX = "help:"
_MOST = 5
"""Of so many things a person is asked which comes first; of more, only whether they want help."""

_YES = ("please do", "i would", "yes please", "quiero", "si quiero", "si por favor")
_NO = (
    "not now",
    "no thanks",
    "im fine",
    "i am fine",
    "por ahora no",
    "no gracias",
    "asi esta bien",
)


class RiskFound(Struct, frozen=True, kw_only=True):
    """An answer that is a risk: ground for a need's episode, old or new."""

    id: UUID
    #: Of the episode, if this begins one.
    need_id: NeedId
    patient_id: PatientId
    domain: str
    severity: Severity
    rule: str
    rule_version: str
    #: None: they wrote of it in their own words.
    answer_id: AnswerId | None
    by: Literal["patient", "caregiver", "staff"]
    by_id: UUID | None = None
    message_id: MessageId | None = None


class HelpAnswered(Struct, frozen=True, kw_only=True):
    """What a person said when we asked whether they want help."""

    id: UUID
    patient_id: PatientId
    domain: str
    act: Literal["want", "decline"]
    first: bool = False
    message_id: MessageId | None = None


def is_need(domain: str) -> bool:
    """Say whether a domain is a social need, which somebody outside the practice may meet."""
    return domain in codes.load().suggested


def domains_of(tool: Instrument, known: Mapping[str, Answer]) -> tuple[str, ...]:
    """Return the needs in which answers are a risk, in the order in which they were asked."""
    found = (flag_for(tool, item.key, known[item.key]) for item in tool.items if item.key in known)
    return tuple(dict.fromkeys(one for one in found if one is not None and is_need(one)))


def domains_told(
    script: CheckInScript, known: Mapping[str, Answer], spoken: Collection[str]
) -> tuple[str, ...]:
    """Return the needs that a check-in brought up: by answers, or in the person's own words."""
    answered = {
        option.domain
        for item in script.items
        for option in item.options
        if known.get(item.key) == Chosen(option.key)
    }
    every = domains_in(script)
    return tuple(one for one in every if one in answered or one in spoken)


def domains_in(script: CheckInScript) -> tuple[str, ...]:
    """Return the needs that a check-in may bring up: of its questions, then of its words."""
    options = (option.domain for item in script.items for option in item.options)
    named = (one for one in (*options, *script.words.values()) if one is not None)
    return tuple(one for one in dict.fromkeys(named) if is_need(one))


def script_id(domains: Iterable[str]) -> str:
    """Return the name of the conversation that asks about some needs."""
    return _PREFIX + "+".join(domains)


def is_helping(script: str) -> bool:
    """Say whether a conversation asks if help is wanted."""
    return script.startswith(_PREFIX)


def asked_about(script: str) -> tuple[str, ...]:
    """Return the needs that such a conversation is about."""
    return tuple(script.removeprefix(_PREFIX).split("+")) if is_helping(script) else ()


def scripts_of(
    tools: Iterable[Instrument], check_ins: Iterable[CheckInScript] = ()
) -> Mapping[str, Script]:
    """Return a conversation for every set of needs that may be found together, by its name."""
    made: dict[str, Script] = {}
    for plan in check_ins:
        made |= _for_each(domains_in(plan))
    for tool in tools:
        if tool.sms_policy != "ok":
            continue
        made |= _for_each(domains_asked(tool))
    return made


def domains_asked(tool: Instrument) -> tuple[str, ...]:
    """Return the needs that an instrument's own questions ask about, in their order."""
    every: dict[str, None] = {}
    for item in tool.items:
        for option in item.options:
            every |= dict.fromkeys(domains_of(tool, {item.key: Chosen(option.key)}))
    return tuple(every)


def _for_each(every: tuple[str, ...]) -> Mapping[str, Script]:
    sets = (some for size in range(1, len(every) + 1) for some in combinations(every, size))
    return {script_id(some): help_script(some) for some in sets}


def help_script(domains: tuple[str, ...]) -> Script:
    """Return the conversation that asks about some needs and, of several, where to begin."""
    want = Prompt(WANT, (Option(YES, 1, _YES, "yes"), Option(NO, 2, _NO, "no")))
    prompts = (want,)
    if 1 < len(domains) <= _MOST:
        choices = tuple(Option(domain, place + 1) for place, domain in enumerate(domains))
        prompts = (want, Prompt(f"{_FIRST}{len(domains)}", choices, only_after=(WANT, (YES,))))
    return Script(script_id(domains), VERSION, prompts, lead=None, closing="help.yes")


def as_lived(script: str, event: Event) -> Event:
    """Return an event as such a conversation lives it: when a human writes, it is theirs to ask."""
    return Cancelled(event.at) if is_helping(script) and isinstance(event, StaffWrote) else event


def as_told(script: str, step: Step) -> Step:
    """Return a step with the closing words that fit the answer: a no is not thanked into a yes."""
    if not is_helping(script) or not isinstance(step.state, Done):
        return step
    wanted = dict(step.state.answers).get(WANT)
    if wanted == Chosen(YES):
        return step
    closing = "help.no" if wanted == Chosen(NO) else "thanks"
    return Step(
        step.state,
        tuple(
            SendText(one.key, closing) if isinstance(one, SendText) else one for one in step.effects
        ),
    )


def told(
    script: str, prompt: str, answer: Answer
) -> tuple[tuple[str, Literal["want", "decline"], bool], ...]:
    """Return what an answer says: needs, each with the act and whether it comes first.

    Not knowing and not saying are neither yes nor no: the risk stays, and a person asks.
    """
    domains = asked_about(script)
    match answer:
        case Chosen(option) if prompt == WANT:
            act: Literal["want", "decline"] = "want" if option == YES else "decline"
            alone = len(domains) == 1 and act == "want"
            return tuple((domain, act, alone) for domain in domains)
        case Chosen(option) if prompt.startswith(_FIRST) and option in domains:
            return ((option, "want", True),)
        case _:
            return ()
