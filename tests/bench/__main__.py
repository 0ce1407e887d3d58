"""The command behind `make bench`."""

import argparse
import asyncio
import sys
from pathlib import Path

from tests.bench.run import Plan, run


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.5, help="per level and round")
    parser.add_argument(
        "--only",
        choices=("hot", "beside", "consoles", "reader", "sync", "sign-in"),
        help="a part of it; sign-in is measured only so, since it takes minutes",
    )
    parser.add_argument("--write", type=Path, help="also put the table into this page")
    asked = parser.parse_args()
    plan = Plan(rounds=asked.rounds, seconds=asked.seconds, only=asked.only, page=asked.write)
    sys.exit(asyncio.run(run(plan)))


main()
