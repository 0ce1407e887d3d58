"""An owner of embedded servers in a process of its own, to be killed or shared with.

`python -m tests.embedded.owner DATA_DIR` starts the servers, says so in one line of JSON, and stops
them when its standard input ends.
"""

import json
import sys
from pathlib import Path

from engage import embedded


def main() -> None:
    """Start, say where, wait, stop."""
    servers = embedded.start(Path(sys.argv[1]), throwaway=True)
    said = {
        "url": servers.url("app"),
        "owner_url": servers.url("owner"),
        "redis": servers.redis_url,
    }
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    servers.stop()


if __name__ == "__main__":
    main()
