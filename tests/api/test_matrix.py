"""Every role, every operation, every place a record may stand in: sent, and answered as declared.

Who may do what is declared once (tests/policy/test_authorization_table.py); which record stands
where is known from how it was made. What follows from the two is compared with what the app
answers, some thousand times, in process. What may not be seen and what is not there are answered
with the same bytes (promise T2).
"""

import json
import re
from collections import Counter
from typing import Literal, TypeAlias

import pytest

from engage.ids import PracticeId
from engage.people.sharing.grant import Category
from tests.api.conftest import House
from tests.api.matrix import (
    CLOSED,
    DOCUMENT,
    KINDS,
    OF_A_PATIENT,
    OF_NOBODY,
    Furnisher,
    Json,
    Principal,
    Said,
    World,
    asked,
    drawn,
    made_up,
    operations,
)
from tests.policy.source import ROOT
from tests.policy.test_authorization_table import (
    ASKS_FOR_PROOF,
    DIRECTING,
    OPEN_TO,
    OPEN_TO_ANYBODY,
    OPEN_TO_FAMILY,
    OPEN_TO_ONESELF,
)

pytestmark = pytest.mark.database

LEAST_CELLS = 5_000
CARRIERS = f"To=%2B16025550190&From=%2B16025550142&AccountSid=AC{'0' * 32}".encode()
"""What the carrier posts, but for the signature."""
JSON, FORM = "application/json", "application/x-www-form-urlencoded"

Place: TypeAlias = Literal[
    "own",
    "colleague's",
    "restricted",
    "merged",
    "elsewhere",
    "elsewhere in ours",
    "made up",
    "of another kind",
]
Verdict: TypeAlias = Literal["open", "401", "403", "404", "closed", "reached"]

DENIED_PLACES: tuple[Place, ...] = ("own",)
"""Where it is the door that says no, the record is not looked at."""

STRANGERS = ("care manager, assigned", "supervisor", "practice admin")
"""Who is not theirs of the restricted record, in each role: Sam is."""

THEIRS = "care manager, colleague"
"""Who answers for the person of the restricted record: nobody else reads a word of it anywhere."""

AT_THE_DOOR = {
    "getRestriction": "whether it is closed, and nothing of the person",
    "breakGlass": "how it is opened",
}
"""What is asked in front of a closed record."""

MAY_BE_CLOSED = {
    "putRestriction": "restricted by the one who asked before",
    "deleteRestriction": "restricted meanwhile",
}
"""What is reached, unless somebody has just restricted it to those who are theirs."""

MAY_BE_GONE = {
    "acknowledgeOpening": "nobody opened one",
    "withdrawTexts": "nothing is signed that could be withdrawn",
    "removeMyPasskey": "nobody here has one",
    "getFamilyCheckIn": "none waits for an answer",
    "answerFamilyCheckIn": "none waits for an answer",
}
"""What is reached, and may find no more than that there is nothing to do."""

OWN_ALONE = {
    "undoAction": "one's own actions",
    "endSignIn": "one's own sign-ins",
    "deletePushSubscription": "one's own browsers",
}
"""Who may do it, may do it to what is theirs: a colleague's is not there."""

PROVING = {*ASKS_FOR_PROOF, "askForProof", "askForProofCode", "stepUp"}
"""What asks for more than a role; tests/api holds each of it."""

OF_RIDES: dict[str, Category] = dict.fromkeys(
    ("claimTask", "declineTask", "handOverTask", "finishTask", "reopenTask", "addTask"), "rides"
)
"""A task is of a category: the one that is asked about here is a ride."""

CAREGIVERS_ALONE = {
    "leaveFamily": "nobody leaves themselves",
    "listStrain": "a patient has their check-ins",
    "sayStrain": "a patient has their check-ins",
    "forgetStrain": "a patient has their check-ins",
}

OWN_OR_DIRECTED = {"changeCover": "one's own leave; a colleague's for who directs the work"}
"""Who does not direct the work may do it to what is theirs; a colleague's they see and may not."""

WHOSE: dict[Place, str] = {
    "own": "care manager, assigned",
    "colleague's": "care manager, colleague",
    "elsewhere": "care manager elsewhere",
}
"""Who made what stands there."""

QUERIES: dict[str, tuple[str, str]] = {
    "listAppointments": ("patient", "patient"),
    "listCannedReplies": ("patient", "patient"),
    "listWaiting": ("patient", "patient"),
    "listSlots": ("schedule", "schedule"),
    "getWishes": ("practice_id", "practice"),
    "putWishes": ("practice_id", "practice"),
    "listRescreeningRules": ("practice_id", "practice"),
    "putRescreeningRule": ("practice_id", "practice"),
    "listRidesOfDay": ("practice_id", "practice"),
    "printRidesOfDay": ("practice_id", "practice"),
}
"""Operations whose record is named in the query, and of which kind it is."""

IN_BODY: dict[str, tuple[str, str]] = {
    "bookAppointment": ("patient_id", "patient"),
    "askForRide": ("patient_id", "patient"),
    "joinWaiting": ("patient_id", "patient"),
    "createPatient": ("practice_id", "practice"),
    "addPlace": ("practice_id", "practice"),
    "addCannedReply": ("practice_id", "practice"),
}
"""Operations whose record is named in the body."""

ALSO_ASKED: dict[str, dict[str, str]] = {
    "streamEvents": {"after": "nowhere"},
    "streamFamilyEvents": {"after": "nowhere"},
    "listRidesOfDay": {"day": "2026-12-03"},
}
"""What is sent along so that an operation ends soon, or has something to list."""

THEMSELVES = {"addCover": "absent_id", "previewLeave": "staff"}
"""Where somebody names themselves: of others it is for who directs the work."""

ALSO_THERE = {
    "mergePatient": ("into", "patient"),
    "mergeQueueItem": ("into", "item"),
    "relabelQueueItem": ("message_id", "message"),
}
"""What a body names beside the record: what stands in the same place. Joined is each with itself,
so that nothing is."""

WORDING = {"text_id": "help", "language": "es", "sha256": "0" * 64}
BODIES: dict[str, Json] = {
    "addDocument": {"content": DOCUMENT},
    "correctAttribution": {"author": "unknown", "patient_id": None},
    "addTask": {"kind": "ride"},
    "sayStrain": {"answers": {"strain.rest": "hardly"}},
    "putRoles": {"roles": ["care_manager"]},
    "addSlots": {"times": ["09:00"], "minutes": 30},
    "enterAnswers": {"answers": {"hvs.worried": {"type": "chosen", "option": "often"}}},
    "signTexts": {"texts": [WORDING]},
    "withdrawTexts": {"texts": [WORDING]},
}
"""What an operation is sent where the description says less than it means."""


class Matrix:
    """Sends every cell, and keeps what was not as declared."""

    def __init__(self, house: House, world: World, document: Json) -> None:
        """Take the app, who and what there is, and the operations."""
        self._house, self._world, self._document = house, world, document
        self.cells = 0
        self.unexpected: list[str] = []
        #: The bodies of refusals, by status: each should be one.
        self.refusals: dict[str, Counter[bytes]] = {"401": Counter(), "403": Counter()}
        self.missing: Counter[bytes] = Counter()
        self._open: dict[str, Said] = {}

    async def run(self) -> None:
        """Send everything."""
        for path, method, operation in operations(self._document):
            for who in self._world.principals:
                if who.narrow and operation["operationId"] not in OPEN_TO_FAMILY:
                    continue
                for place in self._places(path, operation, who):
                    await self._cell(path, method, operation, who, place)

    def _places(self, path: str, operation: Json, who: Principal) -> tuple[Place | None, ...]:
        name = operation["operationId"]
        kinds = self._kinds(path, name)
        if not kinds or name in OPEN_TO_ANYBODY:
            return (None,)
        family = who.scope is not None and name in OPEN_TO_FAMILY
        theirs = who.scope is not None and name in OPEN_TO_ONESELF
        if (not who.roles and not family and not theirs) or (who.roles and name in OPEN_TO_FAMILY):
            return DENIED_PLACES
        places: list[Place] = ["own", "colleague's", "elsewhere", "made up"]
        if who.name in ("practice admin", "care manager here, admin elsewhere", "patient"):
            places.append("of another kind")
        if kinds[-1][1] == "patient":
            places.append("merged")
        if who.name in STRANGERS and OF_A_PATIENT.intersection(kind for _, kind in kinds):
            places.append("restricted")
        if len(kinds) > 1:
            places.append("elsewhere in ours")
        if who.name in STRANGERS and self._lists_all(name, operation):
            return (*places, None)
        return tuple(places)

    def _lists_all(self, name: str, operation: Json) -> bool:
        """Say whether a list that can be one record's lists everybody's without it."""
        named, _ = QUERIES.get(name, ("", ""))
        asked = (one for one in operation.get("parameters", ()) if one["name"] == named)
        return any(not one.get("required") for one in asked) and name.startswith("list")

    def _kinds(self, path: str, name: str) -> list[tuple[str, str]]:
        """Return the parameters that name records, in their order, each with its kind."""
        found = [
            (named, KINDS[named])
            for named in re.findall(r"\{(\w+)\}", path)
            if named not in ("instrument", "secret")
        ]
        named = QUERIES.get(name) or IN_BODY.get(name)
        return found or ([named] if named else [])

    def _ids(self, kinds: list[tuple[str, str]], place: Place) -> dict[str, str]:
        world, standing = self._world, self._standing(place)
        found = {name: standing[kind] for name, kind in kinds}
        last, kind = kinds[-1]
        match place:
            case "made up":
                found[last] = made_up(self._house.clock)
            case "of another kind":
                found[last] = world.own["thread" if kind != "thread" else "item"]
            case "elsewhere in ours":
                found[last] = world.foreign[kind]
            case _:
                pass
        return found

    def _standing(self, place: Place) -> dict[str, str]:
        world = self._world
        found = {
            "colleague's": world.colleagues,
            "restricted": world.closed,
            "elsewhere": world.foreign,
            "merged": world.own | world.merged,
        }
        return found.get(place, world.own)

    def _declared(self, name: str, who: Principal, place: Place | None) -> Verdict:
        """Say what must come of it, from the table and from where the record stands."""
        if name in OPEN_TO_ANYBODY:
            return "open"
        if not who.roles and who.scope is None and not who.left:
            return "401"
        theirs = place is None or WHOSE.get(place) == who.name
        if name in OPEN_TO_ONESELF:
            return "403" if who.left else "reached" if theirs else "404"
        if name in OPEN_TO_FAMILY:
            return self._declared_to_family(name, who, place)
        may = {one for one, role in who.roles.items() if role in OPEN_TO[name]}
        if not may:
            return "403"
        if place is None:
            return "reached"
        stands: dict[Place, PracticeId] = {
            "own": self._world.north,
            "colleague's": self._world.north,
            "restricted": self._world.north,
            "merged": self._world.north,
            "elsewhere": self._world.south,
        }
        where = stands.get(place)
        if where is None or where not in may:
            return "404"
        if place == "restricted" and name not in AT_THE_DOOR:
            return "closed"
        if name in OWN_ALONE:
            return "reached" if theirs else "404"
        if name in OWN_OR_DIRECTED:
            return "reached" if theirs or who.roles[where] in DIRECTING else "403"
        return "reached"

    def _declared_to_family(self, name: str, who: Principal, place: Place | None) -> Verdict:
        if who.scope is None:
            return "403"
        if place is None:
            return "404" if name in CAREGIVERS_ALONE and who.scope.own else "reached"
        right, scope = OPEN_TO_FAMILY[name], who.scope
        category = right.category or OF_RIDES.get(name)
        may = scope.may_anything(right.verb)
        if category is not None:
            may = scope.may(category, right.verb)
        if (right.own and not scope.own) or (name in CAREGIVERS_ALONE and scope.own):
            may = False
        return "reached" if place == "own" and may else "404"

    async def _cell(
        self, path: str, method: str, operation: Json, who: Principal, place: Place | None
    ) -> None:
        name = operation["operationId"]
        kinds = self._kinds(path, name)
        ids = {} if place is None else self._ids(kinds, place)
        address, query = path, dict(ALSO_ASKED.get(name, {}))
        for one in operation.get("parameters", ()):
            if one["in"] == "query" and one.get("required"):
                query.setdefault(one["name"], self._parameter(one))
        given: Json = {}
        for parameter, value in ids.items():
            if f"{{{parameter}}}" in path:
                address = address.replace(f"{{{parameter}}}", value)
            elif name in IN_BODY:
                given[parameter] = value
            else:
                query[parameter] = value
        if name in ALSO_THERE and place is not None:
            beside, kind = ALSO_THERE[name]
            given[beside] = self._standing(place)[kind]
        if name in THEMSELVES and who.roles:
            (query if method == "get" else given)[THEMSELVES[name]] = who.id
        address = address.replace("{instrument}", "hunger-vital-sign").replace("{secret}", "x" * 43)
        body, headers = self._body(operation, given), dict(who.headers)
        if name == "signOut" and who.spare:
            headers = dict(who.spare)
        if body:
            headers["Content-Type"] = JSON
        elif path.startswith("/webhooks/"):
            body, headers["Content-Type"] = CARRIERS, FORM
        said = await asked(self._house.app, method, address, query, headers, body)
        self.cells += 1
        self._hold(name, who, place, said)

    def _parameter(self, one: Json) -> str:
        return str(drawn(one["schema"], self._document["components"]["schemas"]))

    def _body(self, operation: Json, given: Json) -> bytes:
        form = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if form is None:
            return b""
        name = operation["operationId"]
        least = drawn(form["schema"], self._document["components"]["schemas"])
        return json.dumps(least | BODIES.get(name, {}) | given).encode()

    def _hold(self, name: str, who: Principal, place: Place | None, said: Said) -> None:
        declared = self._declared(name, who, place)
        if who.name != THEIRS and name not in OPEN_TO_ANYBODY:
            told = [mark for mark in CLOSED if mark.encode() in said.body]
            if told:
                self.unexpected.append(f"{name} by {who.name}, {place}: says {told}")
        match declared:
            case "open":
                # Nobody's role opens, or closes, what has a lock of its own.
                first = self._open.setdefault(name, said)
                fits = said.status < 500 and said.status in (first.status, 429)
            case "reached":
                fits = said.status not in (401, 403, 404) and said.status < 500
                fits |= name in MAY_BE_GONE and said.status == 404
                # Not their role is refused, but an old proof of who they are: a token has none.
                fits |= name in PROVING and said.code in {"fresh-proof-needed", "wrong-code"}
                fits |= name in MAY_BE_CLOSED and said.code == "restricted-record"
            case "closed":
                fits = said.status == 403 and said.code == "restricted-record"
                fits |= name in PROVING and said.code == "fresh-proof-needed"
            case "404":
                fits = said.status == 404
                self.missing[said.body] += 1
            case _:
                fits = said.status == int(declared)
                self.refusals[declared][said.body] += 1
        if not fits:
            self.unexpected.append(
                f"{name} by {who.name}, {place}: {said.status} {said.code}, declared {declared}"
            )


async def test_who_may_do_what(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """Thousands of cells, none unexpected; each refusal is one and the same wherever it comes."""
    document = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
    names = {operation["operationId"] for _, _, operation in operations(document)}
    declared = {*OPEN_TO, *OPEN_TO_ANYBODY, *OPEN_TO_ONESELF, *OPEN_TO_FAMILY}
    assert not names - declared, f"Declare who may: {sorted(names - declared)}"
    assert set(KINDS.values()) <= OF_A_PATIENT | OF_NOBODY, "Say whether it is a patient's"
    world = await Furnisher(house).world()
    matrix = Matrix(house, world, document)
    await matrix.run()
    with capsys.disabled():
        print(  # noqa: T201 - the figure that whoever runs it wants
            f"\nauthorization matrix: {matrix.cells} cells, {len(matrix.unexpected)} unexpected"
        )

    assert not matrix.unexpected, "\n".join(matrix.unexpected[:80])
    assert matrix.cells >= LEAST_CELLS
    # What is hidden and what is not there can't be told apart.
    assert len(matrix.missing) == 1, matrix.missing
    assert [len(bodies) for bodies in matrix.refusals.values()] == [1, 1], matrix.refusals
