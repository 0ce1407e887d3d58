"""A message between somebody of a family and the team. (p).

Only their own words and what the team wrote to them: nobody reads what another wrote. This room
refuses to say who else writes.
"""

from datetime import datetime
from uuid import UUID

from engage.people.fields import Personal


class Said(Personal, frozen=True, kw_only=True):
    """One message."""

    id: UUID
    at: datetime
    mine: bool
    #: The given name of whoever of the team wrote.
    name: str | None
    body: str
    #: What became of it: received, queued, sent, delivered, failed.
    state: str
