"""The check-in plans of a transcript: what of them is due, as turns, and what became of it. (p).

It does with values what planned.py does with rows, by the same schedule. This room refuses to
decide and to keep time; the player does.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from engage.checkins.cadence import read_cadence
from engage.checkins.plan import Schedule, begin, end, pause, refuse_thresholds, resume, skip, tick
from engage.checkins.script import PROXY, Limits
from engage.conversation.events import Started
from engage.conversation.states import NotStarted
from engage.conversation.transcript_format import Befell, Directive, TranscriptInvalid
from engage.errors import EngageError
from engage.ids import ScreeningId
from engage.turns.checkins import why_not
from engage.turns.context import CheckInDue, ScreeningAsked, Turn
from engage.turns.world import Person, World

PLAN_VERBS = ("paused", "resumed", "skipped", "ended")
"""! paused, ! resumed, ! skipped (the next occurrence), ! ended: what staff do with the plan."""

_DIGITS = 6

Happened: TypeAlias = str | tuple[int, Turn]
"""An effect, spelled, or a turn on a line."""


class _Playing(Struct):
    script: str
    person: Person
    answerer: Person | None
    limits: Limits
    schedule: Schedule
    asked: dict[ScreeningId, datetime]


class Plans:
    """The plans of one transcript."""

    def __init__(self, world: World) -> None:
        """Begin with none."""
        self._world = world
        self._all: list[_Playing] = []

    def add(self, line: Directive, at: datetime) -> None:
        """Begin a plan: "weight, FREQ=DAILY, weight.high 185, of Rosa, by Elena"."""
        script, cadence, *more = [part.strip() for part in line.value.split(", ")] + [""]
        people, zone = self._world.people, self._world.practice.time_zone
        person = self._world.patient()
        answerer: Person | None = None
        limits: dict[str, float] = {}
        tool = self._world.library.checkins.get(script)
        if tool is None or not cadence:
            raise TranscriptInvalid(line.line, 'say "post-discharge, FREQ=DAILY;BYHOUR=10"')
        try:
            for part in filter(None, more):
                name, _, value = part.partition(" ")
                if name == "of":
                    person = people[value]
                elif name == "by":
                    answerer = people[value]
                else:
                    limits[name] = float(value)
            refuse_thresholds(tool, limits, "/thresholds")
            before = at - timedelta(seconds=1)
            kept = read_cadence(cadence, at.date(), zone, now=before, most_a_day=1)
        except (EngageError, KeyError, ValueError) as wrong:
            raise TranscriptInvalid(line.line, "this plan can't be kept") from wrong
        self._all.append(_Playing(script, person, answerer, limits, begin(kept, before), {}))

    def next_at(self) -> datetime | None:
        """Return when the next of them has something to do."""
        return min((p.schedule.wakes_at for p in self._all if p.schedule.wakes_at), default=None)

    def due(self, at: datetime) -> Iterator[Happened]:
        """Yield what is due now, plan by plan."""
        for plan in self._all:
            if plan.schedule.wakes_at is not None and plan.schedule.wakes_at <= at:
                yield from self._one(plan, at)

    def change(self, line: Befell, at: datetime) -> Iterator[Happened]:
        """Do with the plans what staff did."""
        for plan in self._all:
            match line.verb:
                case "paused":
                    days = line.rest.removesuffix("d")
                    if days and not (days.isascii() and days.isdigit() and len(days) <= _DIGITS):
                        raise TranscriptInvalid(line.line, 'say how long: "paused 3d"')
                    until = at + timedelta(days=int(days)) if days else None
                    plan.schedule = pause(plan.schedule, until)
                case "resumed":
                    plan.schedule = resume(plan.schedule, at)
                case "skipped":
                    gone, plan.schedule = skip(plan.schedule)
                    yield self._word("skipped", gone)
                case _:
                    plan.schedule = end(plan.schedule)

    def _one(self, plan: _Playing, at: datetime) -> Iterator[Happened]:
        step = tick(plan.schedule, at)
        plan.schedule = step.schedule
        for gone in step.missed:
            yield self._word("missed", gone)
        if step.asked is None or plan.person.patient is None:
            return
        place = plan.person.line if plan.answerer is None else plan.answerer.line
        context, patient = self._world.contexts[place], plan.person.patient
        waiting = tuple(
            seen.screening_id
            for seen in context.conversations
            if seen.screening_id in plan.asked and isinstance(seen.state, NotStarted)
        )
        for older in filter(None, waiting):
            yield self._word("missed", plan.asked.pop(older))
        thread = context.thread_of(patient)
        if thread is None or why_not(context, thread) is not None:
            yield self._word("missed", step.asked)
            return
        screening = ScreeningId(self._world.fresh())
        plan.asked[screening] = step.asked
        self._world.contexts[place] = replace(
            context, limits={**context.limits, screening: plan.limits}
        )
        script = plan.script if plan.answerer is None else plan.script + PROXY
        yield self._word("asked", step.asked)
        yield (
            place,
            Turn(
                cause=screening,
                event=Started(at),
                patient_id=patient,
                screening=ScreeningAsked(
                    screening, patient, plan.script, "sms", thread.language, script=script
                ),
                check_in=CheckInDue(instead_of=tuple(filter(None, waiting))),
            ),
        )

    def _word(self, what: str, occurrence: datetime) -> str:
        local = self._world.local(occurrence)
        return f"* check-in {what} {local:%Y-%m-%d %H:%M}"
