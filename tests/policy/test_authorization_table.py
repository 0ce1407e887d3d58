"""Every operation of the API stands in this table with the roles, or the principals, it is open to.

A new route fails here until somebody has thought about who needs it. What is open to anybody has a
lock of its own (a signature), or is no secret; the reason stands beside it.
"""

from collections.abc import Iterator

from litestar.handlers import HTTPRouteHandler

from engage.api.app import DOORS, SIMULATOR, V1
from engage.api.auth.marks import ACTION, FAMILY, FRESH, FRESH_IF, OWN, PUBLIC, Right
from engage.people.access import ALLOWED
from engage.people.staff import Role

STAFF = frozenset[Role]({"care_manager", "supervisor", "practice_admin"})

DIRECTING = frozenset[Role]({"supervisor", "practice_admin"})

RUNNING = frozenset[Role]({"practice_admin"})

OPEN_TO: dict[str, frozenset[Role]] = {
    "inviteStaff": frozenset({"practice_admin"}),
    "listPatients": STAFF,
    "createPatient": STAFF,
    "getPatient": STAFF,
    "changePatient": STAFF,
    "getTexting": STAFF,
    "getConsent": STAFF,
    "recordConsent": STAFF,
    "enrolPatient": STAFF,
    "getTimeline": STAFF,
    "getContext": STAFF,
    "getAttribution": STAFF,
    "correctAttribution": STAFF,
    "claimTexts": STAFF,
    "listMerged": STAFF,
    "getRestriction": STAFF,
    "putRestriction": DIRECTING,
    "deleteRestriction": DIRECTING,
    "breakGlass": STAFF,
    "listOpenings": DIRECTING,
    "acknowledgeOpening": DIRECTING,
    "listRestrictedReads": DIRECTING,
    "mergePatient": DIRECTING,
    "unmergePatient": DIRECTING,
    "listInstruments": STAFF,
    "listScreenings": STAFF,
    "startScreening": STAFF,
    "getScreening": STAFF,
    "enterAnswers": STAFF,
    "changeScreeningLink": STAFF,
    "listRescreeningRules": STAFF,
    "putRescreeningRule": frozenset({"practice_admin"}),
    "listRescreens": STAFF,
    "putRescreen": STAFF,
    "getReminders": STAFF,
    "putReminders": frozenset({"practice_admin"}),
    "getWishes": STAFF,
    "putWishes": frozenset({"practice_admin"}),
    "listNeeds": STAFF,
    "changeNeed": STAFF,
    "referNeed": STAFF,
    "changeReferral": STAFF,
    "changeReferralLink": STAFF,
    "listOrganizations": STAFF,
    "beginCheckInPlan": STAFF,
    "changeCheckInPlan": STAFF,
    "listCheckIns": STAFF,
    "listCheckInScripts": STAFF,
    "listAttempts": STAFF,
    "listDocuments": STAFF,
    "addDocument": STAFF,
    "getDocumentContent": STAFF,
    "removeDocument": STAFF,
    "logAttempt": STAFF,
    "listDischarges": STAFF,
    "recordDischarge": STAFF,
    "listPlaces": STAFF,
    "addPlace": STAFF,
    "changePlace": STAFF,
    "listSchedules": STAFF,
    "addSchedule": STAFF,
    "changeSchedule": STAFF,
    "listSlots": STAFF,
    "addSlots": STAFF,
    "changeSlot": STAFF,
    "listWaiting": STAFF,
    "joinWaiting": STAFF,
    "leaveWaiting": STAFF,
    "getVisitWish": STAFF,
    "putVisitWish": STAFF,
    "listAppointments": STAFF,
    "bookAppointment": STAFF,
    "getAppointment": STAFF,
    "moveAppointment": STAFF,
    "concludeAppointment": STAFF,
    "respondToAppointment": STAFF,
    "setTelehealth": STAFF,
    "importDayList": STAFF,
    "getCalendarFile": STAFF,
    "makeCalendar": STAFF,
    "revokeCalendar": STAFF,
    "listRides": STAFF,
    "askForRide": STAFF,
    "getRide": STAFF,
    "changeRide": STAFF,
    "listRidesOfDay": STAFF,
    "printRidesOfDay": STAFF,
    "listCaregivers": STAFF,
    "addCaregiver": STAFF,
    "listGrants": STAFF,
    "recordGrant": STAFF,
    "endGrant": STAFF,
    "getGrant": STAFF,
    "changeGrant": STAFF,
    "deleteGrant": STAFF,
    "putCaregiverSafety": STAFF,
    "inviteCaregiver": STAFF,
    "listQueue": STAFF,
    "countQueue": STAFF,
    "getQueueItem": STAFF,
    "explainQueueItem": STAFF,
    "claimQueueItem": STAFF,
    "acknowledgeQueueItem": STAFF,
    "releaseQueueItem": STAFF,
    "completeQueueItem": STAFF,
    "snoozeQueueItem": STAFF,
    "handOverQueueItem": STAFF,
    "getHandover": STAFF,
    "reopenQueueItem": STAFF,
    "mergeQueueItem": STAFF,
    "unmergeQueueItem": STAFF,
    "addItemNote": STAFF,
    "putPresence": STAFF,
    "changeQueueItems": STAFF,
    "listCannedReplies": STAFF,
    "addCannedReply": DIRECTING,
    "changeCannedReply": DIRECTING,
    "getPagingWays": STAFF,
    "putPagingPhone": STAFF,
    "sendPageTest": STAFF,
    "confirmPageTest": STAFF,
    "getMyViews": STAFF,
    "putMyViews": STAFF,
    "listStaff": STAFF,
    "putDuty": DIRECTING,
    "listCovers": STAFF,
    # One's own; of others for who may `cover.write`.
    "addCover": STAFF,
    "changeCover": STAFF,
    "previewLeave": STAFF,
    "getLoad": DIRECTING,
    "listLate": DIRECTING,
    "relabelQueueItem": STAFF,
    "listCandidates": DIRECTING,
    "decideCandidate": DIRECTING,
    "listUnreached": STAFF,
    "countUnreached": STAFF,
    "getMeasures": DIRECTING,
    "listMessages": STAFF,
    "writeMessage": STAFF,
    "undoAction": STAFF,
    "getPractice": DIRECTING,
    "getHolidays": DIRECTING,
    "listPracticeChanges": DIRECTING,
    "getEscalation": DIRECTING,
    "getFamilyRule": DIRECTING,
    "listOnCall": DIRECTING,
    "listTextReviews": DIRECTING,
    "listOwnOrganizations": DIRECTING,
    "changePractice": RUNNING,
    "putHolidays": RUNNING,
    "putEscalation": RUNNING,
    "putFamilyRule": RUNNING,
    "addOnCall": RUNNING,
    "changeOnCall": RUNNING,
    "signTexts": RUNNING,
    "withdrawTexts": RUNNING,
    "addStaff": RUNNING,
    "putRoles": RUNNING,
    "changeStaff": RUNNING,
    "addOrganization": RUNNING,
    "changeOrganization": RUNNING,
    "previewText": STAFF,
    "streamEvents": STAFF,
}

OPEN_TO_ONESELF: dict[str, str] = {
    "getMe": "one's own name",
    "listSignIns": "one's own sign-ins",
    "endSignIn": "one's own sign-ins",
    "logOut": "the sign-in that asks",
    "signOut": "the token or the page that asks",
    "askForProof": "one's own proof",
    "askForProofCode": "one's own proof, to one's own phone",
    "stepUp": "one's own proof",
    "prepareMyPasskey": "one's own passkeys",
    "addMyPasskey": "one's own passkeys",
    "listMyPasskeys": "one's own passkeys",
    "removeMyPasskey": "one's own passkeys",
    "addPushSubscription": "one's own browsers",
    "listPushSubscriptions": "one's own browsers",
    "deletePushSubscription": "one's own browsers",
}
"""For whoever is signed in, a caregiver and a patient too: they reach these, and nothing else."""

OPEN_TO_FAMILY: dict[str, Right] = {
    "listFamily": Right(),
    "streamFamilyEvents": Right(),
    "sync": Right(),
    "listSeen": Right(),
    "getToday": Right(),
    "leaveFamily": Right(),
    "listTasks": Right(),
    "listMembers": Right(verb="act"),
    "addTask": Right(verb="act"),
    "claimTask": Right(verb="act"),
    "declineTask": Right(verb="act"),
    "handOverTask": Right(verb="act"),
    "finishTask": Right(verb="act"),
    "reopenTask": Right(verb="act"),
    "listFamilyVisits": Right("visits"),
    "getFamilyCalendarFile": Right("visits"),
    "respondToFamilyVisit": Right("visits", "answer"),
    "listFamilyRides": Right("rides"),
    "listFamilyNeeds": Right("needs"),
    "listFamilyDocuments": Right("documents"),
    "getFamilyDocument": Right("documents"),
    "getFamilyCheckIn": Right("check-ins", "answer"),
    "answerFamilyCheckIn": Right("check-ins", "answer"),
    "listFamilyMessages": Right("messages"),
    "writeToTeam": Right("messages", "act"),
    "getSharing": Right(own=True),
    "putSharing": Right(own=True),
    "stopSharing": Right(own=True),
    "putMySafety": Right(own=True),
    "inviteMyCaregiver": Right(own=True),
    "listStrain": Right(),
    "sayStrain": Right(),
    "forgetStrain": Right(),
    "getNotices": Right(),
    "putNotices": Right(),
    "tryPush": Right(),
}
"""For caregivers and patients, by what the person whom the path names allows them: what may not be
seen is not there. No role of the staff opens any of it."""

OPEN_TO_ANYBODY = {
    "getOrganisation": "no secret: whether there is a button",
    "askOrganisation": "limits; the same for everybody",
    "presentOrganisation": "the organisation's signature, PKCE, a round of this device; limits",
    "askForPasskey": "limits; the same for everybody",
    "presentPasskey": "a device's signature over a challenge; limits",
    "askForLink": "limits; the same for everybody",
    "verifyLink": "a link's 128 random bits, on the device that asked; limits",
    "showLink": "no secret: the page behind a link, which sends nothing by itself",
    "presentPassword": "a password, limited by account and address; it opens the second step alone",
    "presentSecondFactor": "the 256 random bits of a challenge, and a code",
    "acceptInvitation": "the 256 random bits of an invitation",
    "lookAtInvitation": "the random bits of an invitation",
    "acceptCaregiverInvitation": "the random bits of an invitation, good once",
    "askForCode": "limits by phone, address, prefix and deployment; one answer for everybody",
    "verifyCode": "a code that went to the phone, from the device that asked; five tries",
    "refreshTokens": "the 256 random bits of a refresh token, good once",
    "signIn": "the token that is presented",
    "receiveText": "the carrier's signature",
    "receiveTextAgain": "the carrier's signature",
    "receiveReport": "the carrier's signature and our own signed id",
    "answerCall": "the carrier's signature",
    "showReferral": "the 256 random bits of a one-time link",
    "answerReferral": "the 256 random bits of a one-time link",
    "showQuestion": "the 256 random bits of a one-time link",
    "answerQuestion": "the 256 random bits of a one-time link",
    "readCalendar": "the 256 random bits of a person's own address, revocable",
    "showVideoVisit": "the 256 random bits of a link",
    "goToVideoVisit": "the 256 random bits of a link, from half an hour before the visit",
    "live": "no secret: the process runs",
    "ready": "no secret: the schema's revision",
    "metrics": "counts without ids",
    "simulateText": "only with the simulated carrier, on a loopback address",
    "listSimulatedMessages": "only with the simulated carrier, on a loopback address",
    "listDemoPeople": "only with the simulated carrier, on a loopback address, to our own pages",
    "readHandset": "only with the simulated carrier, on a loopback address, to our own pages",
    "signInDemo": "only with the simulated carrier, on a loopback address, to our own pages",
}

ASKS_FOR_PROOF: frozenset[str] = frozenset(
    {
        *("prepareMyPasskey", "addMyPasskey", "removeMyPasskey"),
        *("recordGrant", "changeGrant", "inviteCaregiver", "inviteMyCaregiver", "putFamilyRule"),
        *("mergePatient", "unmergePatient"),
        *("printRidesOfDay", "makeCalendar"),
        *("inviteStaff", "addStaff", "putRoles", "changeStaff", "putPagingPhone"),
    }
)
"""What gives something away, or changes who gets in: the caller proved themselves just now."""

ASKS_SOMETIMES: dict[str, str] = {
    "changePatient": "a phone",
    "changePractice": "the phone that a person answers",
    "putCaregiverSafety": "a phone that is safe again",
    "putMySafety": "a phone that is safe again",
    "putSharing": "more than is shared",
}


def _routes() -> Iterator[HTTPRouteHandler]:
    yield from (*V1, *DOORS, *SIMULATOR)


def test_every_operation_is_in_the_table() -> None:
    """No route without a line here, and no line without its route."""
    known = {*OPEN_TO, *OPEN_TO_ANYBODY, *OPEN_TO_ONESELF, *OPEN_TO_FAMILY}
    found = {str(route.operation_id) for route in _routes()}

    assert found == known, (
        "A new operation gets a line in OPEN_TO with its roles, or in OPEN_TO_ANYBODY with the "
        f"lock it has instead: {sorted(found ^ known)}"
    )


def test_the_marks_say_what_the_table_says() -> None:
    """The mark beside a route opens it to exactly the roles of its line."""
    for route in _routes():
        name, opt = str(route.operation_id), route.opt
        if name in OPEN_TO_ANYBODY:
            assert opt.get(PUBLIC) is True, name
            assert not {ACTION, OWN} & opt.keys(), name
        elif name in OPEN_TO_FAMILY:
            assert opt.get(FAMILY) == OPEN_TO_FAMILY[name], name
            assert not {ACTION, OWN, PUBLIC} & opt.keys(), name
        elif name in OPEN_TO_ONESELF:
            assert opt.get(OWN) is True, name
            assert not {ACTION, PUBLIC} & opt.keys(), name
        else:
            roles = {role for role, actions in ALLOWED.items() if opt.get(ACTION) in actions}
            assert roles == OPEN_TO[name], name
            assert not {PUBLIC, OWN} & opt.keys(), name


def test_what_gives_something_away_asks_for_a_fresh_proof() -> None:
    """The routes that ask who is there once more are exactly those of the list."""
    always = {str(route.operation_id) for route in _routes() if route.opt.get(FRESH)}
    sometimes = {
        str(route.operation_id): route.opt[FRESH_IF] for route in _routes() if FRESH_IF in route.opt
    }

    assert always == ASKS_FOR_PROOF
    assert sometimes == ASKS_SOMETIMES
