"""`engage serve` with a disk on which the process dies.

`python -m tests.storm.dying_server PORT AT`: everything but the disk is what `engage serve` runs.
"""

import asyncio
import os
import sys

from engage import logs, running
from engage.settings import load
from tests.fakes.disk import DyingDisk


def main() -> None:
    """Serve until told to die."""
    settings = load(os.environ)
    logs.configure(settings.log_level)
    port, at = int(sys.argv[1]), sys.argv[2]
    asyncio.run(running.serve(settings, host="127.0.0.1", port=port, disk=DyingDisk(at)))


if __name__ == "__main__":
    main()
