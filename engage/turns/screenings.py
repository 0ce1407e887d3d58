"""The screenings of one turn: their answers, their risks, and the verdict that those allow. (p).

A risk is flagged with its answer, not at the end: "not safe at home" does not wait for the last
question. This room refuses to score what was not asked; missing is never "no".
"""

from collections.abc import Callable, Mapping
from typing import Literal, Protocol, TypeAlias
from uuid import UUID

from msgspec.structs import replace

from engage.checkins.script import CheckInScript, concern_of
from engage.conversation.answers import Answer
from engage.conversation.severity import Severity
from engage.ids import AnswerId, NeedId, ScreeningId, derived
from engage.messaging.kinds import TextKind
from engage.needs.scoring import alarm_for, flag_for, score, severity_of
from engage.queue.flag import NEED, Flag
from engage.turns import coming
from engage.turns.attribution import is_shared
from engage.turns.coming import CameSaid
from engage.turns.context import ConversationSeen, ThreadSeen, Turn, TurnContext
from engage.turns.decision import AnswerGiven, InboundRead, ScreeningSaved
from engage.turns.library import Library
from engage.turns.needing import HelpAnswered, RiskFound, is_need, told
from engage.turns.under_way import under_way

Reporter: TypeAlias = Literal["patient", "caregiver", "staff"]


class Say(Protocol):
    """Sends one text of the catalogue; a draft does."""

    def __call__(
        self,
        key: str,
        text_id: str,
        language: str | None,
        *,
        kind: TextKind,
        thread: ThreadSeen | None,
        cause: UUID | None = None,
    ) -> None:
        """Say a text once for each key of a cause."""
        ...


class Screenings:
    """What one turn answers, begins and ends."""

    def __init__(
        self,
        context: TurnContext,
        turn: Turn,
        library: Library,
        flag: Callable[[Flag, ThreadSeen | None], None],
        say: Say,
    ) -> None:
        """Begin with nothing answered; `flag` is told of a risk, `say` what to text."""
        self.context = context
        self.turn = turn
        self.library = library
        self.saved: dict[ScreeningId, ScreeningSaved] = {}
        self.answers: list[AnswerGiven] = []
        self.risks: list[RiskFound] = []
        self.helped: list[HelpAnswered] = []
        self.came: list[CameSaid] = []
        #: Those that this turn completed, with their answers.
        self.completed: list[tuple[ScreeningSaved, dict[str, Answer]]] = []
        self._flag = flag
        self._say = say

    def answer(
        self,
        screening: ScreeningId,
        instrument: str,
        item: str,
        answer: Answer,
        thread: ThreadSeen,
        inbound: InboundRead | None,
        known: Mapping[str, Answer],
    ) -> None:
        """Record an answer, and flag it at once if it is a risk, or with those known makes one."""
        reporter, reporter_id = self._reporter(inbound)
        answer_id = AnswerId(derived(self.turn.at, self.turn.cause, f"answer/{item}"))
        self.answers.append(
            AnswerGiven(
                id=answer_id,
                screening_id=screening,
                item=item,
                answer=answer,
                loinc=self.library.item_codes(instrument, item),
                reporter=reporter,
                reporter_id=reporter_id,
                message_id=inbound.id if inbound else None,
            )
        )
        check_in = self.library.check_in(instrument)
        if check_in is not None:
            self._look_at(check_in, screening, item, answer, answer_id, thread, inbound)
            return
        tool = self.library.instruments[instrument]
        alarm = alarm_for(tool, item, {**known, item: answer})
        if alarm is not None:
            flag = Flag(reason=alarm.reason, severity=alarm.severity, rule=alarm.rule)
            self._flag(flag, thread)
        domain, severity = flag_for(tool, item, answer), severity_of(tool, item, answer)
        if domain is not None:
            rule = f"{instrument}/{item}"
            self._flag(Flag(reason=domain, severity=severity, rule=rule, kind="need"), thread)
        if domain is not None and is_need(domain):
            rule = f"{instrument}/{item}"
            self._risk(domain, severity, rule, tool.version, answer_id, thread, inbound)

    def _reporter(self, inbound: InboundRead | None) -> tuple[Reporter, UUID | None]:
        """Return who answers, and which colleague or caregiver it is."""
        page = self.turn.page
        if page is not None:
            return ("patient" if page.caregiver_id is None else "caregiver"), page.caregiver_id
        if self.turn.text is None:
            return "staff", self.turn.staff_id
        if inbound is not None and inbound.author == "caregiver":
            return "caregiver", inbound.author_id
        return "patient", None

    def _risk(
        self,
        domain: str,
        severity: Severity,
        rule: str,
        version: str,
        answer_id: AnswerId | None,
        thread: ThreadSeen,
        inbound: InboundRead | None,
    ) -> None:
        at, cause = self.turn.at, self.turn.cause
        reporter, reporter_id = self._reporter(inbound)
        self.risks.append(
            RiskFound(
                id=derived(at, cause, f"risk/{rule}"),
                need_id=NeedId(derived(at, cause, f"need/{domain}/{thread.patient_id}")),
                patient_id=thread.patient_id,
                domain=domain,
                severity=severity,
                rule=rule,
                rule_version=version,
                answer_id=answer_id,
                by=reporter,
                by_id=reporter_id if reporter == "staff" else None,
                message_id=inbound.id if inbound else None,
            )
        )

    def spoke_of(
        self,
        label: str,
        domain: str,
        version: str,
        thread: ThreadSeen,
        inbound: InboundRead | None,
    ) -> None:
        """Record a need that somebody spoke of in their own words; a human reads those."""
        rule = f"words/{label}"
        flag = Flag(reason=domain, severity="routine", rule=rule, kind="need")
        self._flag(flag, thread)
        self._risk(domain, "routine", rule, version, None, thread, inbound)

    def told(
        self,
        seen: ConversationSeen,
        prompt: str,
        answer: Answer,
        thread: ThreadSeen,
        inbound: InboundRead | None,
    ) -> None:
        """Record whether a person wants help, and have the open work of that need say so.

        What a caregiver says of it is shown, and asked of the person: it is theirs to say.
        """
        if coming.is_coming(seen.script):
            self._came(seen, answer, thread, inbound)
        for domain, act, first in told(seen.script, prompt, answer):
            reason = "wants-help" if act == "want" else "declined-help"
            rule = f"help/{act}/{domain}/first" if first else f"help/{act}/{domain}"
            joins = f"{NEED}{domain}"
            self._flag(
                Flag(reason=reason, severity="routine", rule=rule, quote=True, joins=joins), thread
            )
            if self._reporter(inbound)[0] == "patient":
                self.helped.append(
                    HelpAnswered(
                        id=derived(self.turn.at, self.turn.cause, f"{rule}/{thread.patient_id}"),
                        patient_id=thread.patient_id,
                        domain=domain,
                        act=act,
                        first=first,
                        message_id=inbound.id if inbound else None,
                    )
                )

    def _came(
        self,
        seen: ConversationSeen,
        answer: Answer,
        thread: ThreadSeen,
        inbound: InboundRead | None,
    ) -> None:
        """Record whether what was arranged came; what did not opens the work of its need again."""
        said, domain = coming.said_by(answer), coming.domain_of(seen.script)
        if said is None:
            return
        waits = said == "not-yet" and not coming.is_last(seen.script)
        if said != "came" and not waits:
            self._flag(
                Flag(
                    reason=coming.FLAGS[said],
                    severity="routine",
                    rule=f"came/{said}/{domain}",
                    quote=True,
                    joins=f"{NEED}{domain}",
                ),
                thread,
            )
        self.came.append(
            CameSaid(
                id=derived(self.turn.at, self.turn.cause, f"came/{domain}/{thread.patient_id}"),
                conversation_id=seen.id,
                patient_id=thread.patient_id,
                domain=domain,
                said=said,
                by_caregiver=self._reporter(inbound)[0] == "caregiver",
                message_id=inbound.id if inbound else None,
            )
        )

    def _look_at(
        self,
        script: CheckInScript,
        screening: ScreeningId,
        item: str,
        answer: Answer,
        answer_id: AnswerId,
        thread: ThreadSeen,
        inbound: InboundRead | None,
    ) -> None:
        """Flag a red or an amber answer at once; what may be an emergency is told to call 911."""
        limits = self.context.limits.get(screening, {})
        concern = concern_of(script, item, answer, limits)
        if concern is None:
            return
        rule = f"checkin/{script.id}/{concern.rule}"
        reason, domain, severity = f"check-in-{concern.level}", concern.domain, concern.severity
        # What is a social need's risk is that need's work: one item, however it came up.
        joins = None if domain is None else f"{NEED}{domain}"
        flag = Flag(reason=reason, severity=severity, rule=rule, quote=True, joins=joins)
        self._flag(flag, thread)
        if domain is not None and is_need(domain):
            self._risk(domain, severity, rule, script.version, answer_id, thread, inbound)
        answers = self.turn.text or self.turn.page
        if concern.severity == "possible" and answers and not self.turn.corrected:
            shared = thread.uses_phone and is_shared(self.context, thread.patient_id)
            words = "safety.medical.shared" if shared else "safety.medical.other"
            self._say(
                "sign-of-danger",
                "safety.medical" if thread.uses_phone and not shared else words,
                thread.language,
                kind="safety",
                thread=thread,
                cause=screening,
            )

    def begin(self, saved: ScreeningSaved) -> None:
        """Save a screening that did not exist before."""
        self.saved[saved.id] = saved

    def end(
        self, screening: ScreeningId, instrument: str, known: dict[str, Answer], *, completed: bool
    ) -> None:
        """Close a screening with the verdict that its answers allow."""
        tool = self.library.instruments.get(instrument)
        begun = self.saved.get(screening) or under_way(
            self.context, self.turn, screening, self.library.version_of(instrument)
        )
        if begun is not None:
            self.saved[screening] = replace(
                begun,
                status="completed" if completed else "stopped",
                # A check-in is no validated tool: its answers stand for themselves.
                verdict=None if tool is None else score(tool, known),
            )
            if completed:
                self.completed.append((self.saved[screening], known))
