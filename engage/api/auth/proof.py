"""Fresh proof: what gives something away asks again who is there, at most five minutes ago.

A sign-in keeps when its holder last proved themselves: when it began, and with each step-up. A
token of `engage token` was made by whoever runs the server, and is fresh while it is young. In the
simulator nobody proved anything to begin with, so its tokens are never asked. This room refuses to
ask for less because somebody has a role.
"""

from datetime import timedelta
from typing import Final

from engage.api.auth.bearer import claims_of
from engage.api.parts import Parts
from engage.api.refusals import FreshProofNeeded
from engage.people.signing import store

FRESH_FOR: Final = timedelta(minutes=5)


async def require_proof(parts: Parts, token: str) -> None:
    """Let a request go on whose caller has just proved who they are; FreshProofNeeded otherwise."""
    if not await is_proved(parts, token):
        raise FreshProofNeeded


async def is_proved(parts: Parts, token: str) -> bool:
    """Say whether a caller has just proved who they are: where only some requests ask for it."""
    claims = await claims_of(parts, token)
    if claims is None and parts.settings.carrier == "simulator":
        return True
    async with parts.database.work() as work:
        if claims is None:
            hashes = parts.vault.master.credential_hashes("token", token)
            proved = await store.token_made(work, hashes)
        else:
            proved = await store.proved(work, claims)
    return proved is not None and parts.clock.now() - proved <= FRESH_FOR
