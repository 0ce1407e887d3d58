"""What a setting may be, kind by kind: a URL, a number, a place to listen, keys, names of hosts.

Each takes the text as it was given and returns the value, or stops with a sentence that names the
setting. This room refuses to repair what it is given: a guess would be somebody else's deployment.
"""

import re
from base64 import b64decode
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

from msgspec import Struct

from engage.errors import WrongSetting

SHORTEST_SECRET_KEY = 32
HIGHEST_PORT = 65535
VAPID_BYTES = 32
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
MOST_PASSWORD_COST = (1 << 20, 16, 16)
LEAST_PASSWORD_COST = (19456, 2, 1)
"""Argon2id as OWASP recommends it at least: KiB of memory, passes, lanes."""
PUSH_HOSTS = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "*.push.apple.com",
    "*.notify.windows.com",
)
"""The push services of the browsers there are; we call no other."""
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


def is_loopback(host: str) -> bool:
    """Say whether a host name of a URL can only mean this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def value(environ: Mapping[str, str], name: str) -> str:
    """Return a setting, given directly or as a file."""
    direct = environ.get(name, "").strip()
    file = environ.get(f"{name}_FILE", "").strip()
    if direct and file:
        raise WrongSetting(sentence(name, f"and {name}_FILE are both set; keep one."))
    if not file:
        return direct
    try:
        return Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSetting(sentence(f"{name}_FILE", "names a file that can't be read.")) from error


def read_url(name: str, url: str) -> SplitResult:
    """Take a URL apart; what Python would only refuse later, at each look, is refused now."""
    try:
        parts = urlsplit(url)
        # A database may be named by several hosts, of which the first that answers is used.
        hosts = parts.netloc.rpartition("@")[2].split(",")
        if any(urlsplit(f"//{host}").port == 0 for host in hosts):
            raise WrongSetting(sentence(name, "has the port 0, on which nothing listens."))
    except ValueError:
        raise WrongSetting(
            sentence(name, "is no URL that can be read: look at its host and its port.")
        ) from None
    return parts


def read_database(values: Mapping[str, str], name: str) -> str:
    """Return the URL of a database."""
    url = values[name]
    parts = read_url(name, url)
    if url and parts.scheme not in ("postgresql", "postgres"):
        raise WrongSetting(sentence(name, "must begin with postgresql://."))
    if url and not parts.username:
        raise WrongSetting(sentence(name, "must name the login it signs in as."))
    return url


def read_redis(url: str) -> str:
    """Return the URL of the doorbell."""
    if url and read_url("ENGAGE_REDIS_URL", url).scheme not in ("redis", "rediss", "unix"):
        raise WrongSetting(
            sentence("ENGAGE_REDIS_URL", "must begin with redis://, rediss:// or unix://.")
        )
    return url


def read_smtp(url: str) -> str:
    """Return the URL of the mail server."""
    if not url:
        return ""
    parts = read_url("ENGAGE_SMTP_URL", url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/"):
        raise WrongSetting(
            sentence("ENGAGE_SMTP_URL", "must be smtp:// or smtps:// and the name of a server.")
        )
    asked = parse_qs(parts.query, keep_blank_values=True)
    if asked.keys() - {"from"} or any("@" not in one for one in asked.get("from", [])):
        raise WrongSetting(
            sentence("ENGAGE_SMTP_URL", "may end in ?from= and an e-mail address, nothing else.")
        )
    return url


class Oidc(Struct, frozen=True, kw_only=True):
    """An organisation's own sign-in, and what its groups allow here."""

    issuer: str
    client_id: str
    client_secret: str
    #: Each group with a role that its members may have.
    groups: tuple[tuple[str, str], ...]
    groups_claim: str = "groups"

    def __repr__(self) -> str:
        """Hide the secret."""
        return "Oidc(…)"


_OIDC: Final = ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "GROUPS")
ROLES: Final = ("care_manager", "supervisor", "practice_admin")


def read_oidc(values: Mapping[str, str]) -> Oidc | None:
    """Return the organisation's own sign-in: all of it, or none."""
    found = {name: values[f"ENGAGE_OIDC_{name}"].strip() for name in _OIDC}
    if not any(found.values()):
        return None
    for name, said in found.items():
        if not said:
            raise WrongSetting(sentence(f"ENGAGE_OIDC_{name}", "is empty, but others are set."))
    parts = read_url("ENGAGE_OIDC_ISSUER", found["ISSUER"])
    local = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not (parts.scheme == "https" or local) or parts.query or parts.fragment or parts.username:
        raise WrongSetting(
            sentence("ENGAGE_OIDC_ISSUER", "must be the https address that it names itself by.")
        )
    pairs = [one.strip().rpartition("=") for one in found["GROUPS"].split(",") if one.strip()]
    if not pairs or any(not group.strip() or role.strip() not in ROLES for group, _, role in pairs):
        raise WrongSetting(
            sentence("ENGAGE_OIDC_GROUPS", f"must be group=role, a role of {', '.join(ROLES)}.")
        )
    return Oidc(
        issuer=found["ISSUER"],
        client_id=found["CLIENT_ID"],
        client_secret=found["CLIENT_SECRET"],
        groups=tuple((group.strip(), role.strip()) for group, _, role in pairs),
        groups_claim=values["ENGAGE_OIDC_GROUPS_CLAIM"].strip() or "groups",
    )


def read_heartbeat(url: str) -> str:
    """Return the address of the watcher outside."""
    parts = read_url("ENGAGE_HEARTBEAT_URL", url)
    loopback = is_loopback(parts.hostname or "")
    fits = parts.scheme == "https" or (parts.scheme == "http" and loopback)
    if url and (not fits or not parts.hostname or parts.username or parts.fragment):
        raise WrongSetting(
            sentence("ENGAGE_HEARTBEAT_URL", "must be an https address without a sign-in in it.")
        )
    return url


def read_number(values: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    """Return a whole number within bounds; None if it is not set."""
    raw = values[name]
    if not raw:
        return None
    number = int(raw) if raw.isascii() and raw.isdigit() and len(raw) <= len(str(most)) else -1
    if not least <= number <= most:
        raise WrongSetting(sentence(name, f"must be a whole number from {least} to {most}."))
    return number


def read_number_or(
    values: Mapping[str, str], name: str, least: int, most: int, otherwise: int
) -> int:
    """Return a whole number within bounds, or what holds otherwise."""
    number = read_number(values, name, least, most)
    return otherwise if number is None else number


def read_listen(values: Mapping[str, str], name: str, example: str) -> tuple[str, int] | None:
    """Return where to listen; None if it is not set."""
    raw = values[name]
    if not raw:
        return None
    host, _, port = raw.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    number = int(port) if port.isascii() and port.isdigit() and len(port) <= len("65535") else -1
    if not host or not 0 <= number <= HIGHEST_PORT:
        raise WrongSetting(sentence(name, f"must be host:port, like {example}."))
    return host, number


def read_tls(values: Mapping[str, str]) -> tuple[Path, Path, Path] | None:
    """Return certificate, key and who signs callers: all three or None."""
    names = ("ENGAGE_MLLP_TLS_CERT", "ENGAGE_MLLP_TLS_KEY", "ENGAGE_MLLP_TLS_CLIENT_CA")
    certificate, key, client_ca = (values[name] for name in names)
    if not (certificate or key or client_ca):
        return None
    for name in names:
        if not values[name]:
            raise WrongSetting(sentence(name, "is empty: its two companions are set."))
    return Path(certificate), Path(key), Path(client_ca)


def read_vapid_keys(raw: str) -> tuple[str, ...]:
    """Return the keys that push services know us by."""
    keys = tuple(key.strip() for key in raw.split(",") if key.strip())
    for key in keys:
        bare = key.rstrip("=")
        try:
            whole = b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
        except ValueError:
            whole = b""
        if len(whole) != VAPID_BYTES or not 0 < int.from_bytes(whole) < P256_ORDER:
            raise WrongSetting(
                sentence(
                    "ENGAGE_VAPID_KEYS",
                    "holds private keys as base64url; make one with: engage paging new-key",
                )
            )
    return keys


def read_push_hosts(raw: str) -> tuple[str, ...]:
    """Return the push services that may be called."""
    if not raw:
        return PUSH_HOSTS
    hosts = tuple(host.strip().lower() for host in raw.split(",") if host.strip())
    for host in hosts:
        labels = host.removeprefix("*.").split(".")
        # A name of one part, or one that ends in a number, is inside a network or an address.
        if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or labels[-1].isdigit():  # noqa: PLR2004 - a name and its domain
            raise WrongSetting(
                sentence(
                    "ENGAGE_PUSH_HOSTS",
                    "must be names of push services: fcm.googleapis.com, *.push.apple.com.",
                )
            )
    return hosts


def read_password_cost(raw: str) -> tuple[int, int, int]:
    """Return what hashing a password costs."""
    if not raw:
        return LEAST_PASSWORD_COST
    parts = [part.strip() for part in raw.split(",")]
    whole = all(part.isascii() and part.isdigit() and len(part) <= len("1048576") for part in parts)
    cost = tuple(int(part) for part in parts) if whole else ()
    match cost:
        case (memory, passes, lanes) if all(
            least <= one <= most
            for least, one, most in zip(LEAST_PASSWORD_COST, cost, MOST_PASSWORD_COST, strict=True)
        ):
            return memory, passes, lanes
        case _:
            raise WrongSetting(
                sentence(
                    "ENGAGE_PASSWORD_COST",
                    "must be KiB, passes and lanes of Argon2id, from 19456,2,1 to 1048576,16,16.",
                )
            )


def read_networks(raw: str) -> tuple[str, ...]:
    """Return networks."""
    try:
        return tuple(str(ip_network(one.strip())) for one in raw.split(",") if one.strip())
    except ValueError:
        raise WrongSetting(
            sentence("ENGAGE_TRUSTED_PROXIES", "must be addresses or networks: 10.0.0.0/8, ::1.")
        ) from None


def read_secret_keys(raw: str) -> tuple[str, ...]:
    """Return the secret keys."""
    keys = tuple(key.strip() for key in raw.split(",") if key.strip())
    if any(len(key) < SHORTEST_SECRET_KEY for key in keys):
        raise WrongSetting(
            sentence(
                "ENGAGE_SECRET_KEYS",
                f"has a key of fewer than {SHORTEST_SECRET_KEY} characters; "
                "make one with: openssl rand -base64 48",
            )
        )
    if len(set(keys)) != len(keys):
        raise WrongSetting(sentence("ENGAGE_SECRET_KEYS", "names a key twice."))
    return keys


def sentence(name: str, rest: str) -> str:
    """Return the sentence that names a setting."""
    return f"{name} {rest}"
