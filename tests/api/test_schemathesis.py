"""Whatever a machine can think up within the description, and beside it, is answered as described.

A real server on a loopback port, on the test's own loop; the requests come from a thread. Each
operation is tried with ids of records that exist, with made-up ids, and with what must be refused.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks as openapi_checks

from engage.messaging.signature import HEADER, compute
from tests.api.conftest import PUBLIC_URL, ROSAS_PHONE, House
from tests.policy.source import ROOT

EXAMPLES = {GenerationMode.POSITIVE: 3, GenerationMode.NEGATIVE: 2}
NOT_TRIED = {
    "streamEvents": "answers for hours; tests/api/test_events.py",
    "signOut": "ends the token that the others need",
    "logOut": "ends the token that the others need; tests/api/test_passwords.py",
}

ELSEWHERE = {
    "putRestriction": "tests/api/test_restricted.py",
    "deleteRestriction": "tests/api/test_restricted.py",
    "breakGlass": "tests/api/test_restricted.py",
    "acknowledgeOpening": "tests/api/test_restricted.py",
    "listFamily": "tests/api/test_family.py",
    "streamFamilyEvents": "tests/api/test_family.py",
    "sync": "tests/api/test_family.py",
    "listSeen": "tests/api/test_family.py",
    "getToday": "tests/api/test_family.py",
    "leaveFamily": "tests/api/test_family.py",
    "listTasks": "tests/api/test_family.py",
    "listMembers": "tests/api/test_family.py",
    "addTask": "tests/api/test_family.py",
    "claimTask": "tests/api/test_family.py",
    "declineTask": "tests/api/test_family.py",
    "handOverTask": "tests/api/test_family.py",
    "finishTask": "tests/api/test_family.py",
    "reopenTask": "tests/api/test_family.py",
    "listFamilyVisits": "tests/api/test_family.py",
    "getFamilyCalendarFile": "tests/api/test_family.py",
    "respondToFamilyVisit": "tests/api/test_family.py",
    "listFamilyRides": "tests/api/test_family.py",
    "listFamilyNeeds": "tests/api/test_family.py",
    "listFamilyDocuments": "tests/api/test_family.py",
    "getFamilyDocument": "tests/api/test_family.py",
    "addDocument": "tests/api/test_family.py",
    "getDocumentContent": "tests/api/test_family.py",
    "removeDocument": "tests/api/test_family.py",
    "getFamilyCheckIn": "tests/api/test_family.py",
    "answerFamilyCheckIn": "tests/api/test_family.py",
    "listFamilyMessages": "tests/api/test_family.py",
    "writeToTeam": "tests/api/test_family.py",
    "getSharing": "tests/api/test_family.py",
    "putSharing": "tests/api/test_family.py",
    "stopSharing": "tests/api/test_family.py",
    "putMySafety": "tests/api/test_family.py",
    "inviteMyCaregiver": "tests/api/test_family.py",
    "listStrain": "tests/api/test_family.py",
    "sayStrain": "tests/api/test_family.py",
    "forgetStrain": "tests/api/test_family.py",
    "getNotices": "tests/api/test_family_notices.py",
    "putNotices": "tests/api/test_family_notices.py",
    "tryPush": "tests/api/test_family_notices.py",
    "inviteCaregiver": "tests/api/test_family.py",
    "lookAtInvitation": "tests/api/test_family.py",
    "acceptCaregiverInvitation": "tests/api/test_family.py",
    "getGrant": "tests/api/test_family.py",
    "changeGrant": "tests/api/test_family.py",
    "deleteGrant": "tests/api/test_family.py",
    "putCaregiverSafety": "tests/api/test_family.py",
    "beginCheckInPlan": "tests/api/test_checkins.py",
    "changeCheckInPlan": "tests/api/test_checkins.py",
    "recordDischarge": "tests/api/test_checkins.py",
    "changeNeed": "tests/api/test_needs.py",
    "changeReferral": "tests/api/test_needs.py",
    "changeReferralLink": "tests/api/test_needs.py",
    "logAttempt": "tests/api/test_needs.py",
    "referNeed": "tests/api/test_needs.py",
    "relabelQueueItem": "tests/api/test_candidates.py",
    "decideCandidate": "tests/api/test_candidates.py",
    "listCandidates": "tests/api/test_candidates.py",
    "acknowledgeQueueItem": "tests/api/test_paging.py",
    "getMeasures": "tests/api/test_measures.py",
    "bookAppointment": "tests/api/test_appointments.py",
    "moveAppointment": "tests/api/test_appointments.py",
    "concludeAppointment": "tests/api/test_appointments.py",
    "getAppointment": "tests/api/test_appointments.py",
    "respondToAppointment": "tests/api/test_calendars.py",
    "setTelehealth": "tests/api/test_calendars.py",
    "getCalendarFile": "tests/api/test_calendars.py",
    "makeCalendar": "tests/api/test_calendars.py",
    "revokeCalendar": "tests/api/test_calendars.py",
    "readCalendar": "tests/api/test_calendars.py",
    "importDayList": "tests/api/test_day_lists.py",
    "addPlace": "tests/api/test_appointments.py",
    "changePlace": "tests/api/test_appointments.py",
    "addSchedule": "tests/api/test_slots.py",
    "changeSchedule": "tests/api/test_slots.py",
    "addSlots": "tests/api/test_slots.py",
    "listSlots": "tests/api/test_slots.py",
    "changeSlot": "tests/api/test_slots.py",
    "joinWaiting": "tests/api/test_slots.py",
    "leaveWaiting": "tests/api/test_slots.py",
    "getReminders": "tests/api/test_slots.py",
    "putReminders": "tests/api/test_slots.py",
    "askForRide": "tests/api/test_appointments.py",
    "changeRide": "tests/api/test_appointments.py",
    "getRide": "tests/api/test_appointments.py",
    "listRidesOfDay": "tests/api/test_appointments.py",
    "printRidesOfDay": "tests/api/test_appointments.py",
    "addCaregiver": "tests/api/test_appointments.py",
    "recordGrant": "tests/api/test_appointments.py",
    "endGrant": "tests/api/test_appointments.py",
    "putRescreen": "tests/api/test_asking.py",
    "putRescreeningRule": "tests/api/test_asking.py",
    "putWishes": "tests/api/test_screening_page.py",
    "signInDemo": "tests/api/test_demo.py",
    "presentPassword": "tests/api/test_passwords.py",
    "presentSecondFactor": "tests/api/test_passwords.py",
    "acceptInvitation": "tests/api/test_passwords.py",
    "refreshTokens": "tests/api/test_passwords.py",
    "endSignIn": "tests/api/test_at_once.py",
    "inviteStaff": "tests/api/test_passwords.py",
    "askForCode": "tests/api/test_codes.py",
    "askForLink": "tests/api/test_codes.py",
    "verifyLink": "tests/api/test_codes.py",
    "askOrganisation": "tests/api/test_organisation.py",
    "presentOrganisation": "tests/api/test_organisation.py",
    "askForPasskey": "tests/api/test_passkeys.py",
    "presentPasskey": "tests/api/test_passkeys.py",
    "prepareMyPasskey": "tests/api/test_passkeys.py",
    "addMyPasskey": "tests/api/test_passkeys.py",
    "removeMyPasskey": "tests/api/test_passkeys.py",
    "askForProof": "tests/api/test_passkeys.py",
    "askForProofCode": "tests/api/test_step_up.py",
    "stepUp": "tests/api/test_step_up.py",
    "verifyCode": "tests/api/test_codes.py",
    "snoozeQueueItem": "tests/api/test_desk.py",
    "handOverQueueItem": "tests/api/test_desk.py",
    "reopenQueueItem": "tests/api/test_desk.py",
    "mergeQueueItem": "tests/api/test_desk.py",
    "unmergeQueueItem": "tests/api/test_desk.py",
    "addItemNote": "tests/api/test_desk.py",
    "changeQueueItems": "tests/api/test_desk.py",
    "addCannedReply": "tests/api/test_desk.py",
    "changeCannedReply": "tests/api/test_desk.py",
    "putMyViews": "tests/api/test_desk.py",
    "putDuty": "tests/api/test_desk.py",
    "addPushSubscription": "tests/api/test_pagers.py",
    "deletePushSubscription": "tests/api/test_pagers.py",
    "putPagingPhone": "tests/api/test_pagers.py",
    "sendPageTest": "tests/api/test_pagers.py",
    "confirmPageTest": "tests/api/test_pagers.py",
    "addCover": "tests/api/test_desk.py",
    "changeCover": "tests/api/test_desk.py",
    "previewLeave": "tests/api/test_team.py",
    "getLoad": "tests/api/test_team.py",
    "listLate": "tests/api/test_team.py",
    "getPractice": "tests/api/test_administration.py",
    "getHolidays": "tests/api/test_administration.py",
    "listPracticeChanges": "tests/api/test_administration.py",
    "getEscalation": "tests/api/test_administration.py",
    "getFamilyRule": "tests/api/test_family.py",
    "listOnCall": "tests/api/test_administration.py",
    "listTextReviews": "tests/api/test_administration.py",
    "listOwnOrganizations": "tests/api/test_administration.py",
    "changePractice": "tests/api/test_administration.py",
    "putHolidays": "tests/api/test_administration.py",
    "putEscalation": "tests/api/test_administration.py",
    "putFamilyRule": "tests/api/test_family.py",
    "addOnCall": "tests/api/test_administration.py",
    "changeOnCall": "tests/api/test_administration.py",
    "signTexts": "tests/api/test_administration.py",
    "withdrawTexts": "tests/api/test_administration.py",
    "addStaff": "tests/api/test_administration.py",
    "putRoles": "tests/api/test_administration.py",
    "changeStaff": "tests/api/test_administration.py",
    "addOrganization": "tests/api/test_administration.py",
    "changeOrganization": "tests/api/test_administration.py",
}
"""What needs more of a story to succeed, and where that is told."""

TWINS = "+16025550143"
ROSA = {
    "external_id": "A-1",
    "given_name": "Rosa",
    "family_name": "Delgado",
    "language": "en",
    "phone": ROSAS_PHONE,
}
LUIS = ROSA | {"external_id": "B-2", "given_name": "Luis"}
SIGNED: dict[str, dict[str, str]] = {
    "receiveText": {"MessageSid": "SM" + "0" * 31 + "1", "Body": "often"},
    "receiveTextAgain": {"MessageSid": "SM" + "0" * 31 + "2", "Body": "often"},
    "receiveReport": {"MessageSid": "SM" + "0" * 31 + "3", "MessageStatus": "delivered"},
    "answerCall": {"CallSid": "CA" + "0" * 32, "Direction": "inbound"},
}
"""What the carrier says at each of its doors."""

CHECKS: list[Any] = [
    not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.negative_data_rejection,
]
OF_THE_DOOR: list[Any] = [openapi_checks.ignored_auth, openapi_checks.unsupported_method]
"""What asks several times more, and does not hang on what is sent: once for an operation."""


@asynccontextmanager
async def served(house: House) -> AsyncGenerator[str, None]:
    """Serve the app on a free loopback port, and return its address."""
    config = uvicorn.Config(
        house.app, host="127.0.0.1", port=0, lifespan="off", log_config=None, server_header=False
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


def _try(
    operation: APIOperation[Any, Any, Any, Any],
    address: str,
    token: str,
    known: dict[str, str],
    mode: GenerationMode,
    seen: set[str],
) -> None:
    doors = [] if mode.is_negative else OF_THE_DOOR.copy()

    @settings(
        max_examples=EXAMPLES[mode],
        deadline=None,
        database=None,
        derandomize=True,
        verbosity=Verbosity.quiet,
        phases=[Phase.generate],
        suppress_health_check=[
            HealthCheck.filter_too_much,
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
        ],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def tried(case: Case) -> None:
        # With the ids that were thought up, and with those of what there is: to think costs most.
        for ids in ({}, known) if known.keys() & case.path_parameters.keys() else ({},):
            case.path_parameters |= {k: v for k, v in ids.items() if k in case.path_parameters}
            headers = {"Authorization": f"Bearer {token}"}
            answer = case.call(base_url=address, headers=headers)
            if answer.status_code < 300:
                seen.add(operation.definition.raw["operationId"])
            case.validate_response(answer, checks=CHECKS + doors, headers=headers)
            doors.clear()

    # Where nothing can be wrong there is nothing to try: an operation without any input.
    with suppress(Unsatisfiable):
        tried()


@pytest.mark.slow
async def test_everything_is_answered_as_described(house: House) -> None:
    """No 5xx, no undocumented status, header, content type or field, however odd the request."""
    wanted = closed((await house.client.get("/openapi.json")).json())
    schema = schemathesis.openapi.from_dict(wanted)
    seen: set[str] = set()
    known = await _rightly(house, schema, seen)
    await _signed(house, schema, seen)
    async with served(house) as address:
        for found in schema.get_all_operations():
            operation = cast("Any", found).ok()
            if operation.definition.raw["operationId"] in NOT_TRIED:
                continue
            for mode, ids in (
                (GenerationMode.POSITIVE, known),
                (GenerationMode.NEGATIVE, {}),
            ):
                await asyncio.to_thread(
                    _try, operation, address, house.north.dana.token, ids, mode, seen
                )

    named = {one["operationId"] for path in wanted["paths"].values() for one in path.values()}
    # A run in which something never succeeds proves nothing of it.
    assert all((ROOT / place).exists() for place in ELSEWHERE.values())
    assert named - seen <= ELSEWHERE.keys() | NOT_TRIED.keys(), sorted(named - seen)


def closed(description: Any) -> Any:  # noqa: ANN401 - a JSON document
    """Return the description with every object closed, so that a field it lacks is a fault."""
    for one in description["components"]["schemas"].values():
        if "properties" in one:
            one.setdefault("additionalProperties", False)
    return description


async def _rightly(house: House, schema: Any, seen: set[str]) -> dict[str, str]:  # noqa: ANN401
    """Ask for each thing as a client that knows what it does, and return ids of what there is."""
    dana, boss = house.north.dana.headers, house.north.admin.headers

    async def ask(
        name: str,
        ids: dict[str, str] | None = None,
        body: Any = None,  # noqa: ANN401
        headers: dict[str, str] = dana,
        **more: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        operation = schema.find_operation_by_id(name)
        sent = {"json": body} if body is not None else {}
        answer = await house.client.request(
            operation.method,
            operation.path.format(**(ids or {})),
            headers=headers,
            **(sent | more),
        )
        assert answer.status_code < 300, f"{name}: {answer.text}"
        operation.validate_response(answer)
        seen.add(name)
        return answer.json() if answer.content[:1] in (b"{", b"[") else None

    texted = {"from": ROSAS_PHONE, "to": house.north.number, "body": "often"}
    rosa = (await ask("createPatient", body=ROSA))["id"]
    luis = (await ask("createPatient", body=LUIS))["id"]
    twin = (await ask("createPatient", body=LUIS | {"external_id": "C-3", "phone": TWINS}))["id"]
    await ask("changePatient", {"patient_id": rosa}, {"family_name": "Diaz"})
    asked = {"instrument": "hunger-vital-sign", "channel": "sms"}
    await ask("startScreening", {"patient_id": rosa}, asked)
    await ask("simulateText", body=texted, headers={})
    item = (await ask("listQueue"))["items"][0]["id"]
    detail = await ask("getQueueItem", {"item_id": item})
    await ask("explainQueueItem", {"item_id": item})
    await ask("getContext", {"patient_id": rosa})
    await ask("getRestriction", {"patient_id": rosa})
    for listed in ("listOpenings", "listRestrictedReads"):
        await ask(listed, {"practice_id": str(house.north.id)}, headers=boss)
    thread, text = detail["thread_id"], detail["flags"][0]["message_id"]
    await ask("claimQueueItem", {"item_id": item})
    await ask("releaseQueueItem", {"item_id": item})
    await ask("previewText", body={"body": "I will call."})
    written = await ask("writeMessage", {"thread_id": thread}, {"body": "I will call."})
    await ask("undoAction", {"action_id": written["undo"]["id"]})
    await ask("listMessages", {"thread_id": thread})
    await ask("getAttribution", {"message_id": text})
    given = {"author": "patient", "patient_id": luis, "seen": None, "reason": "He called."}
    await ask("correctAttribution", {"message_id": text}, given)
    by_staff = await ask("startScreening", {"patient_id": luis}, asked | {"channel": "staff"})
    answers = {"hvs.worried": {"type": "chosen", "option": "often"}}
    await ask("enterAnswers", {"screening_id": by_staff["id"]}, {"answers": answers})
    work = (await ask("listQueue"))["items"][0]["id"]
    await ask("claimQueueItem", {"item_id": work})
    await ask("completeQueueItem", {"item_id": work}, {"outcome": "answered-by-text"})
    await ask("claimTexts", {"patient_id": rosa}, {})
    await ask("enrolPatient", {"patient_id": twin}, {})
    told = {"kind": "opted-out", "reason": "She said so."}
    await ask("recordConsent", {"patient_id": twin}, told)
    await ask("mergePatient", {"patient_id": twin}, {"into": luis}, boss)
    await ask("listMerged", {"patient_id": luis}, None, boss)
    await ask("unmergePatient", {"patient_id": twin}, {}, boss)
    await ask("signIn", body={"token": house.north.sam.token}, headers={})
    return {
        "patient_id": rosa,
        "item_id": item,
        "thread_id": thread,
        "screening_id": by_staff["id"],
        "message_id": text,
    }


async def _signed(house: House, schema: Any, seen: set[str]) -> None:  # noqa: ANN401
    """Say at each of the carrier's doors what the carrier says there."""
    for door, more in SIGNED.items():
        operation = schema.find_operation_by_id(door)
        path = operation.path
        if door == "receiveReport":
            async with house.databases.worker.work() as own:
                (row,) = await own.table(
                    "due_claim", "outbox", house.clock.now(), house.clock.now(), 1
                )
            await house.parts.outbox.send(row["practice_id"], row["id"])  # type: ignore[attr-defined] # the outbox itself
            token = house.parts.vault.master.callback_token(row["practice_id"], row["id"])
            path = f"{path}?m={token}"
        form = {
            "AccountSid": house.north.door.account.account_sid,
            "From": ROSAS_PHONE,
            "To": house.north.number,
        } | more
        signed = compute(
            f"{PUBLIC_URL}{path}", list(form.items()), house.north.door.account.auth_tokens[0]
        )
        answer = await house.client.post(path, data=form, headers={HEADER: signed})
        assert answer.status_code < 300, f"{door}: {answer.text}"
        operation.validate_response(answer)
        seen.add(door)
