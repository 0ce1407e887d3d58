"""Stands before Prism: picks the answer, and writes down whatever a request did not keep to.

Prism judges a request before it answers, also where an answer was picked. What it lets pass,
fields that the description does not name, is looked for here: a misspelt field would be ignored by
the carrier, and the text would go out without its validity period or its callback.
"""

import json
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web

from tests.contract.peer import DESCRIPTION

DESCRIBED: dict[str, Any] = json.loads(DESCRIPTION.read_text("utf-8"))
PATHS: dict[str, Any] = DESCRIBED["paths"]
MANY, ONE = PATHS
FORM = "application/x-www-form-urlencoded"
_PASSED_ON = ("authorization", "content-type", "accept")
_PASSED_BACK = ("content-type", "retry-after")


@dataclass(frozen=True)
class Pick:
    """An answer of the description's: its status, and which example of it."""

    status: int
    example: str = ""

    def __str__(self) -> str:
        """Return it as Prism wants to be told."""
        return f"code={self.status}" + (f", example={self.example}" if self.example else "")


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    form: dict[str, str]


@dataclass
class Front:
    """The server that the carrier's client talks to: `async with Front(prism) as front`."""

    prism: str
    picks: deque[Pick] = field(default_factory=deque)
    asked: list[Asked] = field(default_factory=list)
    #: Everything that the description does not allow.
    wrong: list[str] = field(default_factory=list)
    url: str = ""

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", self._pass)
        self._session = aiohttp.ClientSession()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *failure: object) -> None:
        """Stop."""
        await self._runner.cleanup()
        await self._session.close()

    async def _pass(self, request: web.Request) -> web.Response:
        raw = await request.read()
        asked = Asked(
            request.method,
            request.path,
            tuple(request.query.items()),
            dict(parse_qsl(raw.decode("utf-8"), keep_blank_values=True)),
        )
        self.asked.append(asked)
        self.wrong += unnamed(asked)
        headers = {k: v for k, v in request.headers.items() if k.lower() in _PASSED_ON}
        if self.picks:
            headers["Prefer"] = str(self.picks.popleft())
        async with self._session.request(
            request.method, f"{self.prism}{request.raw_path}", data=raw or None, headers=headers
        ) as answer:
            self.wrong += answer.headers.getall("sl-violations", [])
            if answer.content_type == "application/problem+json":
                self.wrong.append(await answer.text())
            kept = {k: v for k, v in answer.headers.items() if k.lower() in _PASSED_BACK}
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)


def unnamed(asked: Asked) -> list[str]:
    """Return what a request says that its operation does not name."""
    operation = next(
        (
            operations[asked.method.lower()]
            for path, operations in PATHS.items()
            if re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", path), asked.path)
            and asked.method.lower() in operations
        ),
        None,
    )
    if operation is None:
        return [f"{asked.method} {asked.path} is not described"]
    queries = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
    content = operation.get("requestBody", {}).get("content", {})
    fields = content.get(FORM, {}).get("schema", {}).get("properties", {})
    return [
        f"{asked.method} {asked.path}: {name} is not described"
        for name in ({name for name, _ in asked.query} - queries) | (asked.form.keys() - fields)
    ]


def answers(path: str, method: str) -> list[Pick]:
    """Return every answer that the description knows for an operation."""
    return [
        Pick(int(status), example)
        for status, response in PATHS[path][method]["responses"].items()
        for example in response.get("content", {})
        .get("application/json", {})
        .get("examples", {"": None})
    ]


def shown(path: str, method: str, pick: Pick) -> Any:  # noqa: ANN401 - a JSON document
    """Return what an answer says."""
    content = PATHS[path][method]["responses"][str(pick.status)]["content"]
    return content["application/json"]["examples"][pick.example]["value"]
