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

from tests.api.conftest import House

EXAMPLES = 7
NOT_TRIED = {
    "streamEvents": "answers for hours; tests/api/test_events.py",
    "signOut": "ends the token that the others need",
}

CHECKS: list[Any] = [
    not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.negative_data_rejection,
    openapi_checks.ignored_auth,
    openapi_checks.unsupported_method,
]


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
    @settings(
        max_examples=EXAMPLES,
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
        if case.path_parameters and known:
            case.path_parameters |= {k: v for k, v in known.items() if k in case.path_parameters}
        headers = {"Authorization": f"Bearer {token}"}
        answer = case.call(base_url=address, headers=headers)
        if answer.status_code < 300:
            seen.add(operation.definition.raw["operationId"])
        case.validate_response(answer, checks=CHECKS, headers=headers)

    # Where nothing can be wrong there is nothing to try: an operation without any input.
    with suppress(Unsatisfiable):
        tried()


@pytest.mark.slow
async def test_everything_is_answered_as_described(house: House) -> None:
    """No 5xx, no undocumented status, header, content type or field, however odd the request."""
    item = await house.item()
    headers = house.north.dana.headers
    detail = (await house.client.get(f"/v1/queue/{item}", headers=headers)).json()
    screening = await house.screening(await house.patient(external_id="A-2"), "staff")
    known = {
        "patient_id": detail["patient"]["id"],
        "item_id": str(item),
        "thread_id": detail["thread_id"],
        "screening_id": str(screening),
    }
    seen: set[str] = set()
    async with served(house) as address:
        schema = await asyncio.to_thread(schemathesis.openapi.from_url, f"{address}/openapi.json")
        for found in schema.get_all_operations():
            operation = cast("Any", found).ok()
            if operation.definition.raw["operationId"] in NOT_TRIED:
                continue
            for mode, ids in (
                (GenerationMode.POSITIVE, known),
                (GenerationMode.POSITIVE, {}),
                (GenerationMode.NEGATIVE, {}),
            ):
                await asyncio.to_thread(
                    _try, operation, address, house.north.dana.token, ids, mode, seen
                )

    # A run in which nothing ever succeeds proves nothing.
    assert len(seen) >= 15, sorted(seen)
