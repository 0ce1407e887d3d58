"""A Twilio on loopback: it keeps a ledger of creates and fails on demand, in every way it can.

A plan is a queue of behaviours, one for each coming create; without one it accepts. It refuses to
forget: what was created before an answer got lost stays created.
"""

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Literal, Self

from aiohttp import BasicAuth, web

Kind = Literal["accept", "refuse", "hang", "drop-before", "drop-after", "half", "raw"]
STAMP = datetime(2031, 3, 4, 16, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Act:
    """One behaviour: what to do with the next create."""

    kind: Kind = "accept"
    status: int = 201
    code: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    #: For "raw": what to answer, word for word. The message is created if `creates` says so.
    text: str = ""
    creates: bool = False
    problem: bool = False


@dataclass
class Created:
    """One row of the ledger."""

    sid: str
    form: dict[str, str]
    at: datetime
    status: str = "queued"
    direction: str = "outbound-api"
    error_code: int | None = None

    def resource(self, account: str) -> dict[str, object]:
        """Return the message as the API shows it."""
        return {
            "sid": self.sid,
            "account_sid": account,
            "to": self.form["To"],
            "from": self.form.get("From"),
            "body": self.form["Body"],
            "messaging_service_sid": self.form.get("MessagingServiceSid"),
            "status": self.status,
            "direction": self.direction,
            "num_segments": "0" if "MessagingServiceSid" in self.form else "1",
            "error_code": self.error_code,
            "error_message": None,
            "date_created": format_datetime(self.at),
            "date_updated": format_datetime(self.at),
            "date_sent": format_datetime(self.at) if self.direction == "inbound" else None,
            "num_media": "1" if self.sid.startswith("MM") else "0",
        }


class FakeTwilio:
    """The server: `async with FakeTwilio() as fake`, then `fake.base_url`."""

    def __init__(self) -> None:
        """Start with an empty ledger and no plan."""
        self.plan: deque[Act] = deque()
        self.list_plan: deque[Act] = deque()
        self.ledger: list[Created] = []
        self.attempts = 0
        self.authorizations: list[str] = []
        self.list_queries: list[dict[str, str]] = []
        self.page_size = 50
        #: The account's numbers and messaging services, as the API shows them; and who may ask.
        self.numbers: list[dict[str, object]] = []
        self.services: dict[str, dict[str, object]] = {}
        self.pool: list[str] = []
        self.refuses_sign_in = False
        self.refused_tokens: set[str] = set()
        self._done = asyncio.Event()
        app = web.Application()
        root = "/2010-04-01/Accounts/{account}/Messages"
        app.router.add_post(root + ".json", self._create)
        app.router.add_get(root + ".json", self._list)
        app.router.add_get(root + "/{sid}.json", self._fetch)
        app.router.add_post(root + "/{sid}.json", self._update)
        app.router.add_get(
            "/2010-04-01/Accounts/{account}/IncomingPhoneNumbers.json", self._list_numbers
        )
        app.router.add_get("/2010-04-01/Accounts/{account}.json", self._account)
        app.router.add_get("/v1/Services/{sid}", self._service)
        app.router.add_get("/v1/Services/{sid}/PhoneNumbers", self._list_pool)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self.base_url = ""

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.base_url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *failure: object) -> None:
        """Let hanging requests go and stop."""
        self._done.set()
        await self._runner.cleanup()

    def add(self, to: str, body: str, at: datetime, **more: str) -> Created:
        """Put a message into the ledger as if it had been created."""
        form = {"To": to, "Body": body, "From": more.pop("from_number", "+12025550101")}
        created = Created(f"SM{len(self.ledger) + 1:032x}", form, at, **more)  # type: ignore[arg-type]  # the test's own words
        self.ledger.append(created)
        return created

    async def _create(self, request: web.Request) -> web.StreamResponse:
        self.attempts += 1
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.authorizations.append(request.headers.get("Authorization", ""))
        act = self.plan.popleft() if self.plan else Act()
        if act.kind == "drop-before":
            return self._dropped(request)
        if act.kind in ("accept", "drop-after", "half", "hang") or act.creates:
            created = Created(f"SM{len(self.ledger) + 1:032x}", form, STAMP)
            self.ledger.append(created)
            if act.kind == "accept":
                return web.json_response(
                    created.resource(request.match_info["account"]), status=201
                )
        return await self._misbehave(request, act)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        self.list_queries.append(dict(request.query))
        if self.list_plan:
            return await self._misbehave(request, self.list_plan.popleft())
        account = request.match_info["account"]
        since = request.query.get("DateSent>")
        rows = [
            one
            for one in reversed(self.ledger)
            if one.form["To"] == request.query["To"]
            and (since is None or one.at >= datetime.fromisoformat(since))
        ]
        start = int(request.query.get("Page", "0")) * self.page_size
        page = rows[start : start + self.page_size]
        more = start + self.page_size < len(rows)
        following = request.rel_url.update_query(Page=str(start // self.page_size + 1))
        return web.json_response(
            {
                "messages": [one.resource(account) for one in page],
                "next_page_uri": str(following) if more else None,
                "page": 0,
                "page_size": self.page_size,
            }
        )

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        if self.list_plan:
            return await self._misbehave(request, self.list_plan.popleft())
        for one in self.ledger:
            if one.sid == request.match_info["sid"]:
                return web.json_response(one.resource(request.match_info["account"]))
        return error(404, 20404)

    async def _update(self, request: web.Request) -> web.StreamResponse:
        if self.list_plan:
            return await self._misbehave(request, self.list_plan.popleft())
        for one in self.ledger:
            if one.sid == request.match_info["sid"]:
                one.form["Body"] = str((await request.post())["Body"])
                return web.json_response(one.resource(request.match_info["account"]))
        return error(404, 20404)

    async def _list_numbers(self, request: web.Request) -> web.StreamResponse:
        if self.refuses_sign_in:
            return error(401, 20003)
        asked = request.query.get("PhoneNumber")
        found = [one for one in self.numbers if asked in (None, one["phone_number"])]
        return web.json_response({"incoming_phone_numbers": found, "next_page_uri": None})

    async def _account(self, request: web.Request) -> web.StreamResponse:
        signed_in = BasicAuth.decode(request.headers["Authorization"])
        if signed_in.password in self.refused_tokens:
            return error(401, 20003)
        return web.json_response({"sid": request.match_info["account"], "status": "active"})

    async def _service(self, request: web.Request) -> web.StreamResponse:
        sid = request.match_info["sid"]
        if sid not in self.services:
            return error(404, 20404)
        return web.json_response({"sid": sid, **self.services[sid]})

    async def _list_pool(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(
            {
                "phone_numbers": [{"phone_number": number} for number in self.pool],
                "meta": {"key": "phone_numbers", "next_page_url": None, "page": 0},
            }
        )

    async def _misbehave(self, request: web.Request, act: Act) -> web.StreamResponse:
        match act.kind:
            case "hang":
                await self._done.wait()
                return self._dropped(request)
            case "drop-after" | "drop-before":
                return self._dropped(request)
            case "half":
                answer = web.StreamResponse(status=201, headers={"Content-Length": "500"})
                await answer.prepare(request)
                await answer.write(b'{"sid": "SM')
                return self._dropped(request)
            case "raw":
                return web.Response(
                    status=act.status,
                    text=act.text,
                    content_type="application/json",
                    headers=act.headers,
                )
            case "refuse" | "accept":
                return error(act.status, act.code, act.headers, problem=act.problem)

    def _dropped(self, request: web.Request) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()


def error(
    status: int,
    code: int | None,
    headers: dict[str, str] | None = None,
    *,
    problem: bool = False,
) -> web.Response:
    """Return a refusal as the API words it."""
    # The message names the number, as Twilio's do: it must never be repeated.
    shown: dict[str, object] = {
        "code": code,
        "message": "The 'To' number +12025550123 is not allowed",
        "status": status,
    }
    if problem:
        shown |= {"type": "https://example.org/problem", "title": "No: +12025550123"}
    return web.Response(
        status=status,
        text=json.dumps(shown),
        content_type="application/json",
        headers=headers,
    )
