"""A companion app in a terminal: sign in by a code, keep in step by `sync`, answer, see it go.

Only the standard library, so that every line of the protocol can be read here. Run it against
`make demo` as one of its patients, and type the code that comes on their phone at /phone/:

    python companion.py http://127.0.0.1:8000 +16025550110
"""

# ruff: noqa: INP001, TID251 - a program to be copied, not a part of the house
import json
import secrets
import sys
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from typing import Any, cast
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, Request, build_opener

Json = dict[str, Any]
GONE, CONFLICT, UNAUTHORISED = 410, 409, 401


class Problem(Exception):  # noqa: N818 - the name that RFC 9457 gives it
    """What the API refused: its status, its stable code, and a sentence."""

    def __init__(self, status: int, said: Json) -> None:
        """Take the answer."""
        super().__init__(said.get("detail", ""))
        self.status = status
        self.code = str(said.get("code", ""))
        self.said = said


class Companion:
    """One person's sign-in, and what they may see."""

    def __init__(self, url: str) -> None:
        """Take where the practice's engage answers."""
        self._url = url.rstrip("/")
        # The cookie of the device ties a code to whoever asked for it. It stands for no right.
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self._access = self._refresh = ""
        #: What is known, by kind, patient and id; and where `sync` goes on.
        self.known: dict[tuple[str, str, str], Json] = {}
        self.since: str | None = None

    def sign_in(
        self, phone: str, ask_code: Callable[[], str], choose: Callable[[list[Json]], str]
    ) -> None:
        """Have a code texted, take it, and say who one is where several people use the phone."""
        self._send("POST", "/v1/auth/code", {"phone": phone})
        body: Json = {"phone": phone, "code": ask_code()}
        try:
            tokens = self._send("POST", "/v1/auth/code/verify", body)
        except Problem as problem:
            if problem.code != "several-people":
                raise
            body["person_id"] = choose(problem.said["people"])
            tokens = self._send("POST", "/v1/auth/code/verify", body)
        self._keep(tokens)

    def call(self, method: str, path: str, body: Json | None = None, key: str = "") -> Json:
        """Ask as whoever is signed in; a token that is five minutes old is renewed once."""
        try:
            return self._send(method, path, body, key)
        except Problem as problem:
            if problem.status != UNAUTHORISED or not self._refresh:
                raise
        # A refresh token is good once: keep the new pair before you use it.
        self._access = ""
        self._keep(self._send("POST", "/v1/auth/refresh", {"refresh_token": self._refresh}))
        return self._send(method, path, body, key)

    def sync(self) -> int:
        """Take what changed and drop what is gone; return how much it was."""
        try:
            path = "/v1/sync" if self.since is None else f"/v1/sync?since={self.since}"
            told = self.call("GET", path)
        except Problem as problem:
            if problem.status != GONE:
                raise
            # Too long ago: forget everything and begin again.
            self.known, self.since = {}, None
            told = self.call("GET", "/v1/sync")
        for one in told["changes"]:
            self.known[one["kind"], one["patient_id"], one["id"]] = one["body"]
        for one in told["gone"]:
            # A right that was taken away arrives here, too: what it showed leaves this device.
            self.known.pop((one["kind"], one["patient_id"], one["id"]), None)
        self.since = told["next"]
        return len(told["changes"]) + len(told["gone"])

    def of(self, kind: str) -> Iterator[Json]:
        """Return what is known of one kind."""
        return (body for (its, _, _), body in self.known.items() if its == kind)

    def today(self, patient: str) -> Json:
        """Return the card of today."""
        return self.call("GET", f"/v1/family/{patient}/today")

    def answer(self, patient: str, check_in: Json, option: str, key: str) -> Json:
        """Answer a check-in's question; the same key again changes nothing, so try until heard."""
        path = f"/v1/family/{patient}/check-ins/{check_in['id']}/answers"
        said = {"type": "chosen", "option": option}
        body = {"prompt": check_in["question"]["key"], "answer": said}
        return self.call("POST", path, body, key)

    def sign_out(self) -> None:
        """End the sign-in, and keep nothing."""
        self.call("POST", "/v1/auth/logout")
        self.known, self.since, self._access, self._refresh = {}, None, "", ""

    def _keep(self, tokens: Json) -> None:
        self._access, self._refresh = tokens["access_token"], tokens["refresh_token"]

    def _send(self, method: str, path: str, body: Json | None = None, key: str = "") -> Json:
        headers = {"Accept": "application/json"}
        if self._access:
            headers["Authorization"] = f"Bearer {self._access}"
        if key:
            headers["Idempotency-Key"] = key
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        request = Request(self._url + path, content, headers, method=method)  # noqa: S310 - given
        try:
            with self._opener.open(request, timeout=30) as answer:
                said = answer.read()
        except HTTPError as error:
            raise Problem(error.code, _read(error.read())) from None
        return _read(said)


def card(told: Json) -> str:
    """Return the card of today as lines."""
    lines = [f"Today for {told['given_name']} ({told['day']})"]
    visit, driver = told["visit"], told["driver"]
    if visit is not None:
        lines.append(f"  Next visit: {visit['starts_at']} {visit['place'] or ''}".rstrip())
        lines.append(f"  Bring: {visit['bring'] or 'nothing special'}")
        lines.append(
            f"  Drives: {'nobody yet' if driver is None else driver['name'] or 'a driver'}"
        )
    lines.append(f"  In an emergency: {told['help']['emergency']}; in crisis: 988")
    return "\n".join(lines)


def _read(said: bytes) -> Json:
    return cast("Json", json.loads(said)) if said else {}


def _choose(people: list[Json]) -> str:
    print("Who are you?", ", ".join(one["given_name"] for one in people))  # noqa: T201 - a program
    name = input("> ").strip()
    return next(str(one["id"]) for one in people if one["given_name"] == name)


def main(url: str, phone: str) -> None:
    """Sign in, show everybody's day, answer what waits with the first choice, and sign out."""
    me = Companion(url)
    me.sign_in(phone, lambda: input("The code that came: ").strip(), _choose)
    me.sync()
    for person in list(me.of("person")):
        patient = person["patient_id"]
        print(card(me.today(patient)))  # noqa: T201 - a program
        try:
            waits = me.call("GET", f"/v1/family/{patient}/check-in")["check_in"]
        except Problem:
            # What one may not do is not there: no word says that something is hidden.
            waits = None
        if waits is not None and waits["question"]["kind"] == "one":
            first = waits["question"]["options"][0]["key"]
            print(me.answer(patient, waits, first, secrets.token_hex(16))["status"])  # noqa: T201 - a program
    me.sign_out()


if __name__ == "__main__":
    main(*sys.argv[1:3])
