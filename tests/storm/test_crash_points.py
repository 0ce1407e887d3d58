"""R2: every crash point is safe; and every effect has one, or this fails.

Each point once with the kinds in turn; `STORM_MATRIX=whole` takes every point with every kind, at
its first, second and later passes in turn (`make storm`).
"""

import os
import sys
from collections.abc import AsyncIterator, Iterator

import pytest

from engage import embedded
from engage.crash import POINTS, Point
from tests.storm.matrix import KINDS, Matrix, matrix

pytestmark = [pytest.mark.database, pytest.mark.slow, pytest.mark.xdist_group("crash points")]

SEED = int(os.environ.get("STORM_SEED", "1"))
WHOLE = os.environ.get("STORM_MATRIX") == "whole"


@pytest.fixture(scope="module")
async def cells(
    servers: embedded.Servers, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Matrix]:
    """Set the scene once."""
    folder = tmp_path_factory.mktemp("matrix")
    folder.chmod(0o700)
    async with matrix(servers, template, folder) as made:
        yield made


def _wanted() -> Iterator[tuple[Point, str]]:
    kinds = sorted(KINDS)
    for place, point in enumerate(POINTS):
        if WHOLE:
            for kind in kinds:
                yield point, kind
        else:
            yield point, kinds[(place + SEED) % len(kinds)]


async def test_every_crash_point_is_safe(cells: Matrix) -> None:
    """Die at a point, live again: nothing is lost, nothing is doubled, everything has an owner."""
    passes = await cells.passes("answer")
    assert sorted(passes) == sorted(POINTS), "a point that no life passes is never tried"
    wanted = list(_wanted())
    wrong: list[str] = []
    for place, (point, kind) in enumerate(wanted):
        # Not only at the first pass: the k-th of those that there are, in turn.
        nth = 1 + place % passes[point] if WHOLE else 1
        wrong += await cells.cell(point, nth, kind)
    sys.stdout.write(f"{len(wanted)} crashes at {len(POINTS)} points: {len(wrong)} violations\n")
    assert not wrong, "\n".join(wrong)
