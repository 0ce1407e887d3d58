"""Is the process running, can it do its work, and what does it count.

Live says that the process answers, and asks nobody. Ready says that the database answers and has
the schema this code expects. Metrics are counts without ids.
"""

from collections.abc import Coroutine
from typing import Annotated, Any, Final, Literal, TypeVar

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Meta, Struct
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from engage.api.auth.marks import ANYBODY
from engage.api.envelope import Metrics
from engage.api.parts import Parts
from engage.api.refusals import SchemaBehind
from engage.db.migrate import current, newest
from engage.db.presence import within
from engage.db.session import DatabaseAway
from engage.messaging.spool.spool import Spool

T = TypeVar("T")

ANSWER_SECONDS: Final = 3.0
"""A database that takes longer than this to say its revision is not one to work with."""


class Live(Struct, frozen=True):
    """The process runs."""

    status: Literal["live"] = "live"


class Ready(Struct, frozen=True):
    """The process can do its work."""

    schema: Annotated[str, Meta(description="The schema's revision.", examples=["0001_house"])]
    status: Literal["ready"] = "ready"


@get("/health/live", opt=ANYBODY, operation_id="live", summary="Does the process run")
async def live() -> Live:
    """Answer, and ask nobody."""
    return Live()


@get("/health/ready", opt=ANYBODY, operation_id="ready", summary="Can the process do its work")
async def ready(parts: NamedDependency[Parts]) -> Ready:
    """Say whether the database answers and has the schema of this code."""
    found = await _asked(parts, current(parts.database))
    if found is None or found != newest():
        raise SchemaBehind
    return Ready(schema=found)


@get(
    "/metrics",
    opt=ANYBODY,
    operation_id="metrics",
    summary="Counts for Prometheus",
    media_type="text/plain",
)
async def metrics(
    parts: NamedDependency[Parts], counters: NamedDependency[Metrics]
) -> Response[bytes]:
    """Return the counters, and how much work is waiting."""
    page = generate_latest(counters.registry) + await _waiting(parts)
    return Response(content=page, media_type=CONTENT_TYPE_LATEST)


async def _waiting(parts: Parts) -> bytes:
    registry = CollectorRegistry()
    count = Gauge("engage_due_waiting", "Work that is due.", ("kind",), registry=registry)
    oldest = Gauge(
        "engage_due_oldest_seconds", "How long the oldest waits.", ("kind",), registry=registry
    )
    up = Gauge("engage_database_up", "Whether the database answers.", registry=registry)
    rows: list[Any] = []
    try:
        rows = await _asked(parts, _due_counts(parts))
        up.set(1)
    except DatabaseAway:
        up.set(0)
    for row in rows:
        count.labels(row["kind"]).set(row["waiting"])
        oldest.labels(row["kind"]).set(row["oldest_seconds"])
    if parts.spooling is not None:
        _spooled(parts.spooling.spool, registry)
    return generate_latest(registry)


def _spooled(spool: Spool, registry: CollectorRegistry) -> None:
    for name, what, value in (
        ("engage_spool_waiting", "Requests of the carrier in the spool.", spool.depth),
        (
            "engage_spool_oldest_seconds",
            "How long the oldest of them waits.",
            spool.oldest_seconds(),
        ),
        (
            "engage_spool_quarantined",
            "Requests that nobody could open or verify: a person must look.",
            spool.quarantined,
        ),
    ):
        Gauge(name, what, registry=registry).set(value)


async def _due_counts(parts: Parts) -> list[Any]:
    async with parts.database.work() as work:
        return await work.table("due_counts", parts.clock.now())


async def _asked(parts: Parts, question: Coroutine[Any, Any, T]) -> T:
    """Ask the database, but not for long: whoever asks for our health has no patience either."""
    presence = parts.spooling.presence if parts.spooling is not None else None
    if presence is not None and not presence.here:
        question.close()
        raise DatabaseAway
    try:
        return await within(ANSWER_SECONDS, question)
    except DatabaseAway:
        if presence is not None:
            presence.doubt()
        raise
