"""The proxy does what it says: otherwise what is tested through it is tested against nothing."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.conftest import Databases
from tests.storm.faultproxy import FaultProxy, faultproxy, socket_of, through, to_unix

GONE = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, TimeoutError)
SHORT_SECONDS = 0.2


@pytest.fixture
async def proxy(databases: Databases) -> AsyncIterator[FaultProxy]:
    """Stand between a test and its database."""
    async with faultproxy(to_unix(socket_of(databases.urls["owner"]))) as made:
        yield made


async def test_what_passes_is_unchanged(proxy: FaultProxy, databases: Databases) -> None:
    """Large answers and many statements come through; commits are counted, also several."""
    connection = await asyncpg.connect(through(proxy, databases.urls["owner"]))
    assert len(await connection.fetchval("SELECT repeat('x', 1000000)")) == 1_000_000
    for _ in range(3):
        async with connection.transaction():
            await connection.execute("SELECT 1")
    await connection.fetchval("SELECT 'COMMIT;'")
    await connection.close()

    assert proxy.commits == 3


async def test_a_lost_reply_leaves_the_commit_done(proxy: FaultProxy, databases: Databases) -> None:
    """Exactly the k-th COMMIT is done by the server and not heard of by the client."""
    url = databases.urls["owner"]
    direct = await asyncpg.connect(url)
    await direct.execute("CREATE TABLE tried (number integer)")
    for lost in (1, 2):
        proxy.lose_reply_to(lost)
        connection = await asyncpg.connect(through(proxy, url))
        for number in (1, 2):
            try:
                async with connection.transaction():
                    await connection.execute("INSERT INTO tried VALUES ($1)", 10 * lost + number)
            except GONE:
                assert number == lost
                break
        connection.terminate()
    rows = await direct.fetch("SELECT number FROM tried ORDER BY number")
    await direct.close()

    assert [row["number"] for row in rows] == [11, 21, 22]
    assert proxy.replies_lost == 2


async def test_cuts_are_heard_at_once(proxy: FaultProxy, databases: Databases) -> None:
    """A cut ends a connection in the middle of a statement, or in the middle of an answer."""
    url = through(proxy, databases.urls["owner"])
    connection = await asyncpg.connect(url)
    waiting = asyncio.create_task(connection.fetchval("SELECT pg_sleep(600)"))
    await asyncio.sleep(0)
    proxy.cut_all()
    with pytest.raises(GONE):
        await waiting
    connection = await asyncpg.connect(url)
    proxy.cut_after_bytes = 1000
    with pytest.raises(GONE):
        await connection.fetchval("SELECT repeat('x', 100000)")
    connection.terminate()


async def test_silence_is_no_answer_until_it_ends(proxy: FaultProxy, databases: Databases) -> None:
    """Silent or half open nothing comes back; what was held back by silence comes later."""
    connection = await asyncpg.connect(through(proxy, databases.urls["owner"]))
    proxy.silence()
    asked = asyncio.create_task(connection.fetchval("SELECT 7"))
    done, _ = await asyncio.wait({asked}, timeout=SHORT_SECONDS)
    assert not done
    proxy.speak()
    assert await asked == 7
    proxy.half_open = True
    asked = asyncio.create_task(connection.fetchval("SELECT 7"))
    done, _ = await asyncio.wait({asked}, timeout=SHORT_SECONDS)
    assert not done
    proxy.cut_all()
    with pytest.raises(GONE):
        await asked


async def test_refused_and_delayed(proxy: FaultProxy, databases: Databases) -> None:
    """A refused connection is an error; a delayed one takes at least the delay and works."""
    url = through(proxy, databases.urls["owner"])
    proxy.refusing = True
    with pytest.raises(GONE):
        await asyncpg.connect(url)
    proxy.refusing = False
    connection = await asyncpg.connect(url)
    proxy.delay_seconds = SHORT_SECONDS
    here = asyncio.get_running_loop()
    began = here.time()
    assert await connection.fetchval("SELECT 7") == 7
    assert here.time() - began >= SHORT_SECONDS
    connection.terminate()
