"""`python -m tests.storm`: one storm, its table, and 0 if every promise was kept."""

import argparse
import asyncio
import sys

from tests.storm.storm import Asked, run


def main() -> int:
    """Read how hard it shall storm, and let it."""
    usual = Asked()
    parser = argparse.ArgumentParser(prog="python -m tests.storm")
    parser.add_argument("--texts", type=int, default=usual.texts)
    parser.add_argument("--kills", type=int, default=usual.kills)
    parser.add_argument("--lines", type=int, default=usual.lines)
    parser.add_argument("--away", type=float, default=usual.away_seconds)
    parser.add_argument("--every", type=float, default=usual.every_seconds)
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--rescue", type=float, default=usual.rescue_seconds)
    parser.add_argument("--drain", type=float, default=usual.drain_seconds)
    given = parser.parse_args()
    asked = Asked(
        texts=given.texts,
        kills=given.kills,
        lines=given.lines,
        away_seconds=given.away,
        every_seconds=given.every,
        seed=given.seed,
        rescue_seconds=given.rescue,
        drain_seconds=given.drain,
    )
    return asyncio.run(run(asked))


if __name__ == "__main__":
    sys.exit(main())
