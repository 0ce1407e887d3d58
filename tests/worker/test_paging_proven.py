"""Texting real people waits for proof that pages come; what a worker counts can be looked at."""

import socket
from pathlib import Path

import aiohttp
import pytest

from engage import doctor, running, wiring
from engage.clock import SettableClock
from engage.db.vault import Vault
from engage.errors import WrongSetting
from engage.people.pagers import store as pagers
from engage.people.phone import PhoneNumber
from engage.queue.paging import proofs
from engage.queue.paging.channel import Way
from engage.queue.paging.proofs import store as proofs_store
from engage.settings import Settings
from tests.conftest import SECRET, Databases
from tests.fakes import practice as fakes
from tests.storm.signed import reviews_file

pytestmark = pytest.mark.database

PHONE = PhoneNumber("+16025550188")


async def test_texting_waits_for_two_ways(
    databases: Databases, vault: Vault, clock: SettableClock, tmp_path: Path
) -> None:
    """Doctor and the start of a worker refuse until two ways have brought a page."""
    place = await fakes.open_practice(databases.app, vault, clock)
    reviews = tmp_path / "reviews.toml"
    reviews_file(reviews)
    settings = Settings(
        database_url=databases.urls["app"],
        owner_database_url=databases.urls["owner"],
        worker_database_url=databases.urls["worker"],
        secret_keys=(SECRET,),
        public_url="https://texts.example.org",
        carrier="twilio",
        text_reviews=reviews,
        smtp_url="smtp://127.0.0.1:1",
        data_dir=tmp_path,
    )

    async def proves(way: Way) -> None:
        async with databases.app.work([place.id], place.id) as work:
            hashed = vault.master.credential_hashes("page-test", f"{place.manager}|000000")[0]
            test_id, at = fakes.fresh_id(clock), clock.now()
            await proofs_store.add(
                work, place.id, test_id, place.manager, way, hashed, at, at + proofs.HOLDS
            )
        await proofs.confirm(databases.app, vault.master, clock, place.id, place.manager, "000000")

    async def starts() -> str:
        async with wiring.house(settings, "worker") as house:
            try:
                await running.refuse_unproven(house)
            except WrongSetting as refused:
                return refused.sentence
        return "started"

    none, refused = await doctor.examine(settings, "worker"), await starts()
    await proves("email")
    one = await doctor.examine(settings, "worker")
    async with databases.app.work() as work:
        await pagers.put_phone(work, vault.master, place.manager, PHONE, clock.now())
    await proves("sms")

    assert none == [refused]
    assert f"Practice {place.id} has not proven two" in refused
    assert "(proven: e-mail)" in one[0]
    assert await doctor.examine(settings, "worker") == []
    assert await starts() == "started"
    # An API process is not asked: through it a browser subscribes.
    assert await doctor.examine(settings, "api") == []


async def test_a_worker_shows_what_it_counts() -> None:
    """At the address that is set, and nowhere without one; a port that is taken is one sentence."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings(worker_metrics=("127.0.0.1", port))
    async with running.shown(settings), aiohttp.ClientSession() as asks:
        async with asks.get(f"http://127.0.0.1:{port}/metrics") as answer:
            said = await answer.text()
        with pytest.raises(WrongSetting, match="ENGAGE_WORKER_METRICS"):
            async with running.shown(settings):
                pass
    async with running.shown(Settings()), aiohttp.ClientSession() as asks:
        with pytest.raises(aiohttp.ClientError):
            await asks.get(f"http://127.0.0.1:{port}/metrics")

    for name in ("engage_pages_total", "engage_audit_findings", "engage_loop_claimed_total"):
        assert f"# TYPE {name} " in said
