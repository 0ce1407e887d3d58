"""What a carrier's error code means: for the text, for the number, for the account.

Pure (p): the codes are data (carrier_codes.toml), read once on import; this module refuses to know
one by heart. A code that is not in the list is final for its text, says nothing about the number
and is shown to a human. Numbers below 10000 are HTTP statuses that the client library puts where a
code should be: not codes at all.
"""

from importlib import resources
from typing import Literal

import msgspec
from msgspec import Struct

SMALLEST_CODE = 10_000
"""Anything below is an HTTP status in disguise."""

Group = Literal[
    "ambiguous",
    "blocked",
    "bug",
    "content",
    "landline",
    "number-dead",
    "number-invalid",
    "number-unreachable",
    "opted-out",
    "our-config",
    "policy",
    "stale",
    "throttle",
    "throttle-long",
    "transient",
    "unlisted",
    "unreachable-now",
]
OnMessage = Literal["fail", "again", "find", "redecide"]
OnNumber = Literal[
    "none",
    "invalid",
    "unreachable",
    "dead",
    "landline",
    "doubtful",
    "opted-out",
    "suspected-opt-out",
]
OnAccount = Literal["none", "slow-down", "pause", "stop"]


class Effect(Struct, frozen=True, forbid_unknown_fields=True):
    """What may be done next; call sites never work it out from the code again."""

    message: OnMessage
    number: OnNumber
    account: OnAccount
    #: Somebody must look.
    human: bool
    #: How many more times the text may be sent; only meaningful with message "again".
    tries: int = 0
    #: How long to wait before that, or how long the account pauses.
    wait_seconds: int = 0


class CodeRule(Struct, frozen=True):
    """One row of the list: a code, where it appears, and what follows from it."""

    code: int | None
    kind: Literal["sync", "async", "both"]
    group: Group
    #: One sentence for a care manager; it names no product and no number.
    means: str
    effect: Effect


class _Row(Struct, frozen=True, forbid_unknown_fields=True):
    code: int
    kind: Literal["sync", "async", "both"]
    group: Group
    means: str
    tries: int | None = None
    wait_seconds: int | None = None


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    group: dict[Group, Effect]
    code: list[_Row]


def _rule(row: _Row, base: Effect) -> CodeRule:
    effect = msgspec.structs.replace(
        base,
        tries=base.tries if row.tries is None else row.tries,
        wait_seconds=base.wait_seconds if row.wait_seconds is None else row.wait_seconds,
    )
    return CodeRule(row.code, row.kind, row.group, row.means, effect)


def _load() -> tuple[dict[int, CodeRule], CodeRule]:
    packaged = resources.files("engage.messaging").joinpath("carrier_codes.toml")
    listed = msgspec.toml.decode(packaged.read_bytes(), type=_File)
    unlisted = CodeRule(
        code=None,
        kind="both",
        group="unlisted",
        means="The carrier gives a reason that engage does not know.",
        effect=listed.group["unlisted"],
    )
    return {row.code: _rule(row, listed.group[row.group]) for row in listed.code}, unlisted


_RULES, _UNLISTED = _load()


def classify(code: int | None) -> CodeRule:
    """Return what a code means; no code, an HTTP status and an unknown code are all "unlisted"."""
    if code is None or code < SMALLEST_CODE:
        return _UNLISTED
    known = _RULES.get(code)
    return msgspec.structs.replace(_UNLISTED, code=code) if known is None else known


def listed() -> tuple[CodeRule, ...]:
    """Return every rule of the list, by code: for the docs and for tests."""
    return tuple(rule for _, rule in sorted(_RULES.items()))
