"""How staff sign in by their organisation: a code with PKCE, and a token about who they are.

It knows where to go from the discovery of the one issuer, which must name itself exactly so. State,
nonce and verifier are of one round: once, for ten minutes, on the device that began it. Whom it
lets in must be staff already, under an address that it verified, and may no more than the groups
allow that the settings map; a role that nobody gave them here is not theirs. This room refuses
redirects, addresses that are not https, and to say what was wrong.
"""

import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias, cast
from urllib.parse import quote, urlencode, urlsplit

import msgspec
import structlog
from msgspec import Struct

from engage.clock import Clock, fresh_id, random_bytes
from engage.db.sealing import MasterKeys
from engage.db.session import Database
from engage.errors import EngageError
from engage.people.fields import EmailAddress, NotAnEmail, Personal
from engage.people.signing import id_token, limits, store
from engage.people.signing.id_token import Expected, Said
from engage.people.signing.keeping import Keeping, NoSignIn, Tokens, opaque
from engage.people.signing.staff_ways import WrongSignIn
from engage.people.signing.store import Counted
from engage.people.staffing import store as staffing
from engage.setting_values import Oidc, is_loopback

LASTS: Final = timedelta(minutes=10)
KNOWN_FOR: Final = timedelta(minutes=10)
_LONGEST: Final = 1 << 20
_OK: Final = 200
RETURN: Final = "/console/organisation"

Fetch: TypeAlias = Callable[[str, Mapping[str, str], bytes | None], Awaitable[tuple[int, bytes]]]
"""Gets from an address, or posts a body to it; the status is 0 if nobody answered."""

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class OrganisationAway(EngageError):  # noqa: N818 - reads as a sentence
    """Your organization's sign-in does not answer; try again, or use your password."""


class Places(Struct, frozen=True):
    """Where an issuer's doors are."""

    authorize: str
    token: str
    keys: str


class _Round(Personal, frozen=True):
    nonce: str
    verifier: str


class Issuer:
    """The organisation's sign-in as it describes itself; asked for again after ten minutes."""

    def __init__(self, oidc: Oidc, fetch: Fetch, clock: Clock) -> None:
        """Take who it is and how it is reached."""
        self.oidc = oidc
        self._fetch = fetch
        self._clock = clock
        self._places: tuple[datetime, Places] | None = None
        self._keys: tuple[datetime, list[Mapping[str, Any]]] | None = None

    async def places(self) -> Places:
        """Return where its doors are; OrganisationAway if it does not say so about itself."""
        at = self._clock.now()
        if self._places is None or at - self._places[0] > KNOWN_FOR:
            where = f"{self.oidc.issuer.rstrip('/')}/.well-known/openid-configuration"
            said = await self._json(where)
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            found = [said.get(name) for name in names]
            # Another name than ours is another issuer, however it is reached.
            if said.get("issuer") != self.oidc.issuer or not all(map(_is_safe, found)):
                _log.warning("the organisation's sign-in describes itself wrongly")
                raise OrganisationAway
            self._places = (at, Places(*cast("list[str]", found)))
        return self._places[1]

    async def keys(self, *, anew: bool = False) -> list[Mapping[str, Any]]:
        """Return the keys it signs with."""
        at = self._clock.now()
        if self._keys is None or at - self._keys[0] > KNOWN_FOR or anew:
            said = await self._json((await self.places()).keys)
            listed = said.get("keys")
            found = cast("list[Any]", listed) if isinstance(listed, list) else []
            self._keys = (at, [one for one in found if isinstance(one, dict)])
        return self._keys[1]

    async def token(self, code: str, verifier: str, back: str) -> str | None:
        """Exchange a code for what it says about somebody; None if it refuses."""
        form = urlencode(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": back,
                "code_verifier": verifier,
            }
        )
        secret = f"{quote(self.oidc.client_id, '')}:{quote(self.oidc.client_secret, '')}"
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}",
        }
        where = (await self.places()).token
        status, body = await self._fetch(where, headers, form.encode())
        if status == 0:
            raise OrganisationAway
        found = _object(body).get("id_token") if status == _OK else None
        return found if isinstance(found, str) else None

    async def _json(self, where: str) -> Mapping[str, Any]:
        status, body = await self._fetch(where, {"Accept": "application/json"}, None)
        if status != _OK:
            raise OrganisationAway
        return _object(body)


class OrganisationWays:
    """The two steps by which staff get in by their organisation."""

    def __init__(
        self,
        database: Database,
        master: MasterKeys,
        clock: Clock,
        keeping: Keeping,
        issuer: Issuer,
        public_url: str,
    ) -> None:
        """Take what the steps stand on."""
        self._database = database
        self._master = master
        self._clock = clock
        self._keeping = keeping
        self._issuer = issuer
        self._back = f"{public_url}{RETURN}"

    async def begin(self, device: str, came_from: str) -> str:
        """Return the address at the organisation where somebody goes on."""
        at = self._clock.now()
        places = await self._issuer.places()
        state, nonce, verifier = (opaque(random_bytes(32)) for _ in range(3))
        row = fresh_id(self._clock)
        told = msgspec.json.encode(_Round(nonce, verifier)).decode()
        async with self._database.work() as work:
            counted = Counted(limits.PASSKEY_FROM_ADDRESS, came_from)
            await store.allow(work, self._master, (counted,), at)
            await store.put_round(
                work,
                row,
                self._hashes("oidc-state", state)[0],
                self._hashes("device", device)[0],
                self._master.seal_global(store.ROUND_PLACE, row, told),
                at,
                at + LASTS,
            )
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self._issuer.oidc.client_id,
            "redirect_uri": self._back,
            "scope": "openid email profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        joined = "&" if urlsplit(places.authorize).query else "?"
        return f"{places.authorize}{joined}{urlencode(asked)}"

    async def enter(self, code: str, state: str, device: str, came_from: str) -> Tokens:
        """Take what the organisation sent back; WrongSignIn whatever was wrong."""
        at = self._clock.now()
        async with self._database.work() as work:
            counted = Counted(limits.STEP_FROM_ADDRESS, came_from)
            await store.allow(work, self._master, (counted,), at)
            taken = await store.take_round(
                work, self._hashes("oidc-state", state), self._hashes("device", device), at
            )
        # Used up by now, whatever comes of it.
        if taken is None:
            raise WrongSignIn
        kept = self._master.open_global(store.ROUND_PLACE, *taken)
        this = msgspec.json.decode(kept, type=_Round)
        said = await self._said(code, this)
        if said is None:
            raise WrongSignIn
        oidc = self._issuer.oidc
        roles = sorted({role for group, role in oidc.groups if group in said.groups})
        try:
            address = EmailAddress.parse(said.email)
        except NotAnEmail:
            raise WrongSignIn from None
        if not roles:
            raise WrongSignIn
        async with self._database.work() as work:
            person = await staffing.find_staff(work, self._master, address, at)
            if person is None:
                raise WrongSignIn
            try:
                return await self._keeping.begin_staff(work, person, "organisation", roles)
            except NoSignIn:
                raise WrongSignIn from None

    async def _said(self, code: str, this: _Round) -> Said | None:
        token = await self._issuer.token(code, this.verifier, self._back)
        if token is None:
            return None
        oidc = self._issuer.oidc
        expected = Expected(
            issuer=oidc.issuer,
            client=oidc.client_id,
            nonce=this.nonce,
            groups_claim=oidc.groups_claim,
        )
        at = self._clock.now()
        found = id_token.read(token, await self._issuer.keys(), expected, at)
        # It may have a new key since we asked: once more, with its list of now.
        return found or id_token.read(token, await self._issuer.keys(anew=True), expected, at)

    def _hashes(self, kind: str, presented: str) -> list[bytes]:
        return self._master.credential_hashes(kind, presented)


def _is_safe(where: object) -> bool:
    if not isinstance(where, str):
        return False
    try:
        parts = urlsplit(where)
        host = parts.hostname or ""
    except ValueError:
        return False
    local = parts.scheme == "http" and is_loopback(host)
    return bool(host) and (parts.scheme == "https" or local) and not parts.fragment


def _object(body: bytes) -> Mapping[str, Any]:
    if len(body) > _LONGEST:
        return {}
    try:
        found = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}
