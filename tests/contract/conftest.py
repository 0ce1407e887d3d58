"""One Prism for the run, and before it, for each test, a front of its own."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.conftest import counted
from tests.contract import peer
from tests.contract.front import Front


@pytest.fixture(scope="session")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run Prism, once for all pytest workers: the first starts it, the last out ends it."""
    own = tmp_path_factory.getbasetemp()
    shared = "PYTEST_XDIST_WORKER" in os.environ
    home = own.parent if shared else own
    sharers = home / "prism-sharers"
    with counted(sharers, +1) as number:
        # The workers' parent is the run; it outlives each of them.
        run = os.getppid() if shared else os.getpid()
        url = peer.start(home, run) if number == 1 else peer.address(home)
    yield url
    with counted(sharers, -1) as left:
        if not left:
            peer.stop(home)


@pytest.fixture
async def front(prism: str) -> AsyncIterator[Front]:
    """Stand before Prism; no request of the test may leave the description."""
    async with Front(prism) as made:
        yield made
    assert made.wrong == []
