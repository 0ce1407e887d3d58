"""No file of the repository holds a key, a token or an address of someone's machine."""

import re
from pathlib import Path

import pytest

from tests.policy.source import ROOT

PATTERNS = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a Twilio API key": r"\bSK[0-9a-f]{32}\b",
    "a cloud access key": r"\b(AKIA|ASIA)[A-Z0-9]{16}\b",
    "a repository token": r"\b(gh[pousr]_[A-Za-z0-9]{36}|glpat-[\w-]{20})",
    "a registry token": r"\b(pypi-[\w-]{40}|npm_[A-Za-z0-9]{36})",
    "a chat token": r"\bxox[abprs]-[\w-]{10}",
    "a signed token": r"\beyJ[\w-]{20,}\.eyJ[\w-]{20,}\.[\w-]{20,}",
    "a password in an address": r"\b[a-z+]+://[^\s:/@{}<>$\"'*]+:[^\s:/@{}<>$\"'*]{6,}@(?!localhost)",
}
SKIPPED = {
    ".git",
    ".hypothesis",
    ".venv",
    "__pycache__",
    "dist",
    "node_modules",
    "requirements",
}
INVENTED = {"AKIAIOSFODNN7EXAMPLE"}
MOST_BYTES = 1_000_000


def leaks(text: str) -> list[str]:
    """Return what kinds of secret a text holds."""
    return [
        kind
        for kind, pattern in PATTERNS.items()
        if any(match[0] not in INVENTED for match in re.finditer(pattern, text))
    ]


def _files() -> list[Path]:
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and not SKIPPED & set(path.relative_to(ROOT).parts)
        and "_cache" not in str(path.relative_to(ROOT))
        and path.stat().st_size < MOST_BYTES
        and path != Path(__file__)
    ]


def test_no_secret_in_any_file() -> None:
    """No file holds what looks like a live secret."""
    found = {
        str(path.relative_to(ROOT)): kinds
        for path in _files()
        if (kinds := leaks(path.read_text("utf-8", errors="ignore")))
    }

    assert not found, f"Take it out, and revoke it, since it has been seen: {found}"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("a private key", "-----BEGIN RSA PRIVATE KEY-----"),
        ("a Twilio API key", "SK" + "0a" * 16),
        ("a cloud access key", "AKIA" + "A1B2" * 4),
        ("a repository token", "ghp_" + "a" * 36),
        ("a registry token", "pypi-" + "a" * 40),
        ("a chat token", "xoxb-1234567890"),
        ("a signed token", ".".join(("eyJ" + "a" * 20, "eyJ" + "b" * 20, "c" * 20))),
        ("a password in an address", "postgresql://app:hunter22@db.example/engage"),
    ],
)
def test_a_secret_is_found(kind: str, text: str) -> None:
    """Each kind of secret is found."""
    assert leaks(f'KEY = "{text}"') == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://app@/engage?host=/run/postgresql",
        "postgresql://app:<password>@db/engage",
        'f"postgresql://{name}:{password}@{host}/engage"',
        "+13125550142",
    ],
)
def test_an_ordinary_line_passes(text: str) -> None:
    """A template, a socket and an invented phone number are no secrets."""
    assert not leaks(text)
