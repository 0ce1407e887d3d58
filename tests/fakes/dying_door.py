"""The hospitals' door in a process of its own, told to die at a point of its next message.

Takes one JSON object as its argument: database URL, secret key, practice, point; says its port.
"""

import asyncio
import json
import sys
from uuid import UUID

from engage import crash
from engage.clock import SystemClock
from engage.db.sealing import MasterKeys
from engage.db.session import Database
from engage.db.vault import Vault
from engage.hl7v2.intake import Intake
from engage.hl7v2.mllp import Door
from engage.hl7v2.visits import Stays
from engage.ids import PracticeId


class NoBell:
    """A bell that nobody hears."""

    def ring(self, loop: str) -> None:
        """Do nothing."""


async def live(told: dict[str, str]) -> None:
    """Serve until standard input ends."""
    database = await Database.open(told["url"], setting="ENGAGE_DATABASE_URL", size=2)
    vault, clock = Vault(MasterKeys([told["secret"]]), database), SystemClock()
    # Its keys are known: the next unit of work is the message's.
    await vault.keys(PracticeId(UUID(told["practice"])))
    intake = Intake(database=database, vault=vault, clock=clock, bell=NoBell(), visits=Stays(clock))
    async with Door(intake, clock).open("127.0.0.1", 0) as port:
        crash.arm(told["crash"])
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
    await database.close()


if __name__ == "__main__":
    asyncio.run(live(json.loads(sys.argv[1])))
