"""Health, readiness, metrics, and what happens when the database is away."""

import asyncpg

from tests.api.conftest import House


async def test_live_and_ready(house: House) -> None:
    """A running process with a current schema says so to anybody."""
    live = await house.client.get("/health/live")
    ready = await house.client.get("/health/ready")

    assert (live.status_code, live.json()) == (200, {"status": "live"})
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")


async def test_an_old_schema_is_not_ready(house: House) -> None:
    """A schema that is not the one this code expects is a 503."""
    connection = await asyncpg.connect(house.databases.urls["admin"])
    await connection.execute("UPDATE alembic_version SET version_num = '0000_old'")
    await connection.close()

    ready = await house.client.get("/health/ready")

    assert (ready.status_code, ready.json()["code"]) == (503, "schema-behind")


async def test_without_a_database_nothing_is_a_500(house: House) -> None:
    """With the database gone every door says 503 and to come again; the process lives."""
    await house.databases.app.close()

    for path in ("/v1/me", "/v1/queue", "/health/ready"):
        answer = await house.client.get(path, headers=house.north.dana.headers)
        assert (answer.status_code, answer.json()["code"]) == (503, "database-away"), path
        assert answer.headers["retry-after"]
    live = await house.client.get("/health/live")
    metrics = await house.client.get("/metrics")
    assert live.status_code == 200
    assert "engage_database_up 0.0" in metrics.text


async def test_metrics_hold_no_id(house: House) -> None:
    """Requests are counted by method, template and status; a path as it came is no label."""
    patient = await house.patient()
    await house.client.get(f"/v1/patients/{patient}", headers=house.north.dana.headers)
    await house.client.get("/v1/rosa-delgado", headers=house.north.dana.headers)
    await house.client.request("XYZZY", "/v1/me")

    page = (await house.client.get("/metrics")).text

    assert 'route="/v1/patients/{patient_id}"' in page
    assert "engage_due_waiting" in page
    assert "engage_database_up 1.0" in page
    for secret in (str(patient), "rosa", "XYZZY", "Dana"):
        assert secret not in page
