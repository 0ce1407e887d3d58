"""What passkeys look like in JSON: options as browsers take them, and answers part by part.

`PublicKeyCredential.parseRequestOptionsFromJSON` and `parseCreationOptionsFromJSON` take the
options as they are. This room refuses parts that are longer than devices make them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from engage.people.signing.passkey_store import Listed
from engage.people.signing.passkeys import ALGORITHMS, Assertion, Attestation, Site, encoded

_B64 = r"^[A-Za-z0-9_-]*$"
Short = Annotated[str, Meta(min_length=1, max_length=1400, pattern=_B64)]
Long = Annotated[str, Meta(min_length=1, max_length=16384, pattern=_B64)]
_MILLISECONDS = 300_000


class Named(Struct, frozen=True):
    """A passkey by the device's own name for it."""

    id: str
    type: Literal["public-key"] = "public-key"


class RequestOptionsOut(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a page asks a device for that shows a passkey."""

    challenge: str
    rp_id: str
    timeout: int = _MILLISECONDS
    user_verification: Literal["required"] = "required"
    allow_credentials: tuple[Named, ...] = ()


class RpOut(Struct, frozen=True):
    """Who we are to a device."""

    id: str
    name: Literal["engage"] = "engage"


class HolderOut(Struct, frozen=True, kw_only=True, rename="camel"):
    """Whom a device keeps a passkey for."""

    id: str
    name: str
    display_name: str


class AlgorithmOut(Struct, frozen=True):
    """One way to sign."""

    alg: int
    type: Literal["public-key"] = "public-key"


class SelectionOut(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a device must be able to do."""

    resident_key: Literal["required"] = "required"
    require_resident_key: bool = True
    user_verification: Literal["required"] = "required"


class CreationOptionsOut(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a page asks a device for that makes a passkey."""

    challenge: str
    rp: RpOut
    user: HolderOut
    pub_key_cred_params: tuple[AlgorithmOut, ...]
    exclude_credentials: tuple[Named, ...]
    authenticator_selection: SelectionOut = SelectionOut()
    attestation: Literal["none"] = "none"
    timeout: int = _MILLISECONDS


class AssertionIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A passkey that was shown: the parts of the device's answer, each as base64url."""

    id: Short
    client_data: Annotated[Long, Meta(description="`response.clientDataJSON`")]
    authenticator_data: Annotated[Long, Meta(description="`response.authenticatorData`")]
    signature: Annotated[Short, Meta(description="`response.signature`")]
    user_handle: Annotated[Short, Meta(description="`response.userHandle`")]

    def value(self) -> Assertion:
        """Return it as the rules take it."""
        return Assertion(
            id=self.id,
            client_data=self.client_data,
            authenticator_data=self.authenticator_data,
            signature=self.signature,
            user_handle=self.user_handle,
        )

    def __repr__(self) -> str:
        """Hide the parts."""
        return f"{type(self).__name__}(…)"


class AttestationIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A passkey that was made: the parts of the device's answer, each as base64url."""

    id: Short
    client_data: Annotated[Long, Meta(description="`response.clientDataJSON`")]
    attestation: Annotated[Long, Meta(description="`response.attestationObject`")]

    def value(self) -> Attestation:
        """Return it as the rules take it."""
        return Attestation(id=self.id, client_data=self.client_data, attestation=self.attestation)

    def __repr__(self) -> str:
        """Hide the parts."""
        return "AttestationIn(…)"


class PasskeyOut(Struct, frozen=True, kw_only=True):
    """One of my passkeys."""

    id: UUID
    synced: Annotated[bool, Meta(description="Kept by a password manager, on several devices.")]
    made_at: datetime
    used_at: datetime | None

    @classmethod
    def of(cls, one: Listed) -> "PasskeyOut":
        """Show one."""
        return cls(id=one.id, synced=one.synced, made_at=one.made_at, used_at=one.used_at)


class PasskeysOut(Struct, frozen=True):
    """My passkeys, the oldest first."""

    items: tuple[PasskeyOut, ...]
    next: None = None


def asked_for(site: Site, challenge: bytes, of: Sequence[Listed] = ()) -> RequestOptionsOut:
    """Return what a page asks for; without `of` the device says whose passkeys it has."""
    named = tuple(Named(one.credential_id) for one in of)
    return RequestOptionsOut(
        challenge=encoded(challenge), rp_id=site.rp_id, allow_credentials=named
    )


def to_be_made(
    site: Site, challenge: bytes, handle: bytes, name: str, known: Sequence[Listed]
) -> CreationOptionsOut:
    """Return what a page asks for that makes a passkey of somebody who has these."""
    return CreationOptionsOut(
        challenge=encoded(challenge),
        rp=RpOut(site.rp_id),
        user=HolderOut(id=encoded(handle), name=name, display_name=name),
        pub_key_cred_params=tuple(AlgorithmOut(one) for one in ALGORITHMS),
        exclude_credentials=tuple(Named(one.credential_id) for one in known),
    )
