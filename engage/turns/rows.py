"""A decision as the rows that turn_save reads: only what is there, words sealed.

This room refuses to touch the database: store.py does.
"""

import base64
from collections.abc import Iterable
from datetime import datetime
from typing import Any, assert_never
from uuid import UUID

import msgspec

from engage.conversation.answers import (
    Answer,
    Chosen,
    ChosenSeveral,
    Declined,
    DidNotKnow,
    Measured,
    NotAsked,
    answer_of,
)
from engage.conversation.severity import Severity
from engage.db.sealing import PracticeKeys
from engage.ids import PatientId, QueueItemId, derived
from engage.messaging.segments import count
from engage.queue.escalation import policy_for
from engage.turns.decision import Decision
from engage.turns.needing import RiskFound

_OTHERWISE = (
    # written below
    *("texts", "answers", "done", "handed_off", "conversations", "screenings", "pages", "risks"),
    # rare, and written beside the call: ledger.py
    *("consents", "unlinked", "verified", "helped", "came", "unshared", "invites"),
    *("visits", "talks", "wants"),
)


def rows_of(decision: Decision, keys: PracticeKeys) -> dict[str, Any]:
    """Return the rows of a decision as turn_save reads them: only what is there, words sealed."""
    made = msgspec.to_builtins(decision, builtin_types=(bytes, UUID, datetime))
    rows: dict[str, Any] = {
        name: value
        for name, value in made.items()
        if name not in _OTHERWISE and value not in (None, [], ())
    }
    if decision.texts:
        rows["texts"] = [
            {
                **msgspec.structs.asdict(text),
                "body": base64.b64encode(
                    keys.seal_text("message.body", text.id, text.body)
                ).decode(),
                "segments": count(text.body).segments,
            }
            for text in decision.texts
        ]
    if decision.answers:
        rows["answers"] = [
            {**msgspec.structs.asdict(given), **_answer_columns(given.answer)}
            for given in decision.answers
        ]
    if decision.conversations:
        rows["conversations"] = [msgspec.structs.asdict(c) for c in decision.conversations]
    if decision.screenings:
        rows["screenings"] = [msgspec.structs.asdict(s) for s in decision.screenings]
    if decision.risks:
        rows["risks"] = [msgspec.structs.asdict(risk) for risk in firsts(decision.risks)]
    if decision.done:
        rows["done"] = [{"kind": kind, "id": row} for kind, row in decision.done]
    if decision.pages:
        rows["pages"] = _pages(decision)
    if decision.languages:
        rows["audit"] = [
            {
                "id": derived(decision.at, one.patient_id, f"audit/language/{one.language}"),
                "actor": "patient",
                "actor_id": one.patient_id,
                "action": "patient.language",
                "subject": "patient",
                "subject_id": one.patient_id,
                "patient_id": one.patient_id,
            }
            for one in decision.languages
        ]
    rows["feed"] = _feed(decision)
    return rows


def firsts(risks: Iterable[RiskFound]) -> tuple[RiskFound, ...]:
    """Return of each need of a person the first risk: the others join what that one begins."""
    seen: dict[tuple[PatientId, str], RiskFound] = {}
    for risk in risks:
        seen.setdefault((risk.patient_id, risk.domain), risk)
    return tuple(seen.values())


def _pages(decision: Decision) -> list[dict[str, Any]]:
    """Return whom to page about, each with a copy of the rules as they are now."""
    touched = (*decision.items, *decision.raised)
    known: dict[QueueItemId, Severity] = {item.id: item.severity for item in touched}
    return [
        {
            "item_id": page.item_id,
            "at": page.at,
            # An item that no flag joined in this turn is no crisis yet.
            "policy": policy_for(known.get(page.item_id, "possible")),
        }
        for page in decision.pages
    ]


def _answer_columns(given: Answer) -> dict[str, str | None]:
    match given:
        case Chosen(option):
            return {"kind": "chosen", "option": option, "answer": None}
        case ChosenSeveral():
            return {"kind": "chosen", "option": given.spelled, "answer": None}
        case Measured():
            return {"kind": "measured", "option": given.spelled, "answer": None}
        case Declined():
            return {"kind": "declined", "option": None, "answer": None}
        case DidNotKnow():
            return {"kind": "did-not-know", "option": None, "answer": None}
        case NotAsked():
            return {"kind": "not-asked", "option": None, "answer": None}
        case _:
            assert_never(given)


def _feed(decision: Decision) -> list[dict[str, Any]]:
    """Return what watchers of the practice are told: ids only."""
    told: list[tuple[str, UUID, UUID | None]] = [
        ("item", item.id, item.patient_id) for item in (*decision.items, *decision.raised)
    ]
    told += [("message", text.id, None) for text in decision.texts]
    if decision.inbound is not None:
        told.append(("message", decision.inbound.id, None))
    told += [("screening", s.id, s.patient_id) for s in decision.screenings]
    return [
        {
            "id": derived(decision.at, subject, f"feed/{kind}/{decision.at.timestamp()}"),
            "kind": kind,
            "subject_id": subject,
            "patient_id": patient,
        }
        for kind, subject, patient in told
    ]


__all__ = ["answer_of", "firsts", "rows_of"]
