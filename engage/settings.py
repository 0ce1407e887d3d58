"""One frozen value from the environment: what an operator may set, and nothing else.

Each NAME may also be given as NAME_FILE, a file that holds the value (a mounted secret). This room
refuses to guess: a missing or contradictory setting is one sentence that names it.
docs/settings.md describes every setting; a test compares.
"""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import SplitResult, parse_qs, urlsplit

from msgspec import Struct

from engage.errors import WrongSetting

CarrierKind: TypeAlias = Literal["simulator", "twilio"]

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
SHORTEST_SECRET_KEY = 32
MOST_SPOOL_MB = 1_000_000
MOST_CANARY_MINUTES = 60
CANARY_SECONDS = 300.0
"""How often each practice's canary flies where nothing else is said."""
HIGHEST_PORT = 65535
LEAST_PASSWORD_COST = (19456, 2, 1)
"""Argon2id as OWASP recommends it at least: KiB of memory, passes, lanes."""
MOST_PASSWORD_COST = (1 << 20, 16, 16)
MOST_CODES_A_DAY = 100_000
NAMES = (
    "ENGAGE_DATABASE_URL",
    "ENGAGE_OWNER_DATABASE_URL",
    "ENGAGE_WORKER_DATABASE_URL",
    "ENGAGE_AUDITOR_DATABASE_URL",
    "ENGAGE_REDIS_URL",
    "ENGAGE_DATA_DIR",
    "ENGAGE_SPOOL_MAX_MB",
    "ENGAGE_PUBLIC_URL",
    "ENGAGE_SECRET_KEYS",
    "ENGAGE_CARRIER",
    "ENGAGE_TWILIO_BASE_URL",
    "ENGAGE_TEXT_REVIEWS",
    "ENGAGE_PHQ2_CUT_OFF",
    "ENGAGE_SMTP_URL",
    "ENGAGE_HEARTBEAT_URL",
    "ENGAGE_CANARY_MINUTES",
    "ENGAGE_MLLP_LISTEN",
    "ENGAGE_MLLP_TLS_CERT",
    "ENGAGE_MLLP_TLS_KEY",
    "ENGAGE_MLLP_TLS_CLIENT_CA",
    "ENGAGE_PASSWORD_COST",
    "ENGAGE_CODES_A_DAY",
    "ENGAGE_TRUSTED_PROXIES",
    "ENGAGE_LOG_LEVEL",
)
"""Every setting, as the environment spells it."""

LATER = (
    "ENGAGE_VAPID_KEYS",
    "ENGAGE_OIDC_",
)
"""Names kept for features to come: tolerated, so that one environment serves several releases."""

COMMANDS_OWN = ("ENGAGE_AUTH_TOKEN", "ENGAGE_DEMO_CHILD", "ENGAGE_CRASH_AT")
"""What single commands read besides; not settings of a deployment."""


class Settings(Struct, frozen=True, kw_only=True):
    """All settings. An empty database or Redis URL means: embedded."""

    database_url: str = ""
    owner_database_url: str = ""
    worker_database_url: str = ""
    auditor_database_url: str = ""
    redis_url: str = ""
    data_dir: Path | None = None
    #: How much of the carrier's requests may wait on the disk while the database is away.
    spool_max_mb: int = 256
    public_url: str = "http://127.0.0.1:8000"
    #: The first signs and seals, all verify and open.
    secret_keys: tuple[str, ...] = ()
    carrier: CarrierKind = "simulator"
    #: Only for tests: where the carrier's API is, instead of the real one.
    twilio_base_url: str = ""
    #: A file of reviewed wordings; drafts that are not in it can't be sent by a real carrier.
    text_reviews: Path | None = None
    #: From which total of the PHQ-2 on somebody looks at the answers the same business day.
    phq2_cut_off: int = 3
    #: Who takes our e-mail; without it pages stand in the console alone.
    smtp_url: str = ""
    #: What is called after each audit that has passed; empty: nobody outside watches.
    heartbeat_url: str = ""
    #: Minutes between canaries, 0 for none; None: as `canary_seconds` says.
    canary_minutes: int | None = None
    #: Where hospitals' systems call, host and port; None: nowhere.
    mllp_listen: tuple[str, int] | None = None
    #: Our certificate, its key, and who signs those of the callers: all three or none.
    mllp_tls: tuple[Path, Path, Path] | None = None
    #: What hashing one password costs: KiB of memory, passes, lanes.
    password_cost: tuple[int, int, int] = LEAST_PASSWORD_COST
    #: How many sign-in codes a day leave by text at most, of all practices together.
    codes_a_day: int = 50
    #: The networks of our own proxies, whose X-Forwarded-For is believed.
    trusted_proxies: tuple[str, ...] = ()
    log_level: str = "INFO"

    def __repr__(self) -> str:
        """Hide URLs and keys."""
        return f"Settings(carrier={self.carrier!r}, …)"

    @property
    def canary_seconds(self) -> float | None:
        """How often each practice's canary flies; None: not at all."""
        if self.canary_minutes is not None:
            return self.canary_minutes * 60.0 or None
        known = self.carrier == "simulator" or self.public_url.startswith("https:")
        return CANARY_SECONDS if known else None

    def need(self, name: str) -> str:
        """Return a database URL by field name, or stop with the sentence that names the setting."""
        value: str = getattr(self, name)
        if not value:
            raise WrongSetting(_sentence(f"ENGAGE_{name.upper()}", "is needed here and is empty."))
        return value


def load(environ: Mapping[str, str]) -> Settings:
    """Read and check all settings; a wrong one raises WrongSetting with one sentence."""
    _refuse_unknown(environ)
    values = {name: _value(environ, name) for name in NAMES}
    carrier = values["ENGAGE_CARRIER"] or "simulator"
    if carrier not in ("simulator", "twilio"):
        raise WrongSetting(_sentence("ENGAGE_CARRIER", 'must be "simulator" or "twilio".'))
    level = (values["ENGAGE_LOG_LEVEL"] or "INFO").upper()
    if level not in LEVELS:
        raise WrongSetting(_sentence("ENGAGE_LOG_LEVEL", f"must be one of {', '.join(LEVELS)}."))
    public_url = (values["ENGAGE_PUBLIC_URL"] or "http://127.0.0.1:8000").rstrip("/")
    data_dir, reviews = values["ENGAGE_DATA_DIR"], values["ENGAGE_TEXT_REVIEWS"]
    settings = Settings(
        database_url=_database(values, "ENGAGE_DATABASE_URL"),
        owner_database_url=_database(values, "ENGAGE_OWNER_DATABASE_URL"),
        worker_database_url=_database(values, "ENGAGE_WORKER_DATABASE_URL"),
        auditor_database_url=_database(values, "ENGAGE_AUDITOR_DATABASE_URL"),
        redis_url=_redis(values["ENGAGE_REDIS_URL"]),
        data_dir=Path(data_dir) if data_dir else None,
        spool_max_mb=_number_or(values, "ENGAGE_SPOOL_MAX_MB", 1, MOST_SPOOL_MB, 256),
        public_url=public_url,
        secret_keys=_secret_keys(values["ENGAGE_SECRET_KEYS"]),
        carrier=carrier,
        twilio_base_url=values["ENGAGE_TWILIO_BASE_URL"].rstrip("/"),
        text_reviews=Path(reviews) if reviews else None,
        phq2_cut_off=_number_or(values, "ENGAGE_PHQ2_CUT_OFF", 1, 6, 3),
        smtp_url=_smtp(values["ENGAGE_SMTP_URL"]),
        heartbeat_url=_heartbeat(values["ENGAGE_HEARTBEAT_URL"]),
        canary_minutes=_number(values, "ENGAGE_CANARY_MINUTES", 0, MOST_CANARY_MINUTES),
        mllp_listen=_listen(values["ENGAGE_MLLP_LISTEN"]),
        mllp_tls=_tls(values),
        password_cost=_password_cost(values["ENGAGE_PASSWORD_COST"]),
        codes_a_day=_number_or(values, "ENGAGE_CODES_A_DAY", 0, MOST_CODES_A_DAY, 50),
        trusted_proxies=_networks(values["ENGAGE_TRUSTED_PROXIES"]),
        log_level=level,
    )
    _check_together(settings)
    return settings


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = {*NAMES, *(f"{name}_FILE" for name in NAMES), *COMMANDS_OWN}
    for name in sorted(environ):
        if name.startswith("ENGAGE_") and name not in known and not name.startswith(LATER):
            # A misspelled name would silently mean "embedded", or "unsigned".
            raise WrongSetting(_sentence(name, "is no setting; docs/settings.md lists them all."))


def _check_together(settings: Settings) -> None:
    parts = _url("ENGAGE_PUBLIC_URL", settings.public_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise WrongSetting(_sentence("ENGAGE_PUBLIC_URL", "must be an http or https address."))
    if parts.query or parts.fragment or parts.username:
        raise WrongSetting(
            _sentence("ENGAGE_PUBLIC_URL", "must have no query, fragment or sign-in in it.")
        )
    loopback = is_loopback(parts.hostname)
    if settings.carrier == "simulator" and not loopback:
        raise WrongSetting(
            _sentence(
                "ENGAGE_CARRIER",
                "is simulator, but ENGAGE_PUBLIC_URL is not a loopback address; set it to twilio.",
            )
        )
    if settings.carrier == "twilio" and parts.scheme == "http" and not loopback:
        raise WrongSetting(_sentence("ENGAGE_PUBLIC_URL", "must be https with the Twilio carrier."))
    if settings.carrier == "simulator" and settings.twilio_base_url:
        raise WrongSetting(
            _sentence("ENGAGE_TWILIO_BASE_URL", "is set, but ENGAGE_CARRIER is simulator.")
        )
    carriers = _url("ENGAGE_TWILIO_BASE_URL", settings.twilio_base_url)
    if settings.twilio_base_url and not is_loopback(carriers.hostname or ""):
        raise WrongSetting(
            _sentence("ENGAGE_TWILIO_BASE_URL", "is for tests and must be a loopback address.")
        )
    others = (
        ("ENGAGE_OWNER_DATABASE_URL", settings.owner_database_url),
        ("ENGAGE_WORKER_DATABASE_URL", settings.worker_database_url),
        ("ENGAGE_AUDITOR_DATABASE_URL", settings.auditor_database_url),
    )
    for name, url in others:
        if url and not settings.database_url:
            raise WrongSetting(_sentence("ENGAGE_DATABASE_URL", f"is empty, but {name} is set."))
        if url and urlsplit(url).username == urlsplit(settings.database_url).username:
            raise WrongSetting(
                _sentence(name, "must sign in as another login than ENGAGE_DATABASE_URL does.")
            )
    if settings.mllp_listen and not settings.mllp_tls and not is_loopback(settings.mllp_listen[0]):
        raise WrongSetting(
            _sentence(
                "ENGAGE_MLLP_LISTEN",
                "is not a loopback address: set ENGAGE_MLLP_TLS_CERT, ENGAGE_MLLP_TLS_KEY and "
                "ENGAGE_MLLP_TLS_CLIENT_CA, so that only known systems can send.",
            )
        )
    if settings.database_url and not settings.secret_keys:
        raise WrongSetting(
            _sentence("ENGAGE_SECRET_KEYS", "is empty: without it nothing can be sealed.")
        )


def is_loopback(host: str) -> bool:
    """Say whether a host name of a URL can only mean this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _value(environ: Mapping[str, str], name: str) -> str:
    direct = environ.get(name, "").strip()
    file = environ.get(f"{name}_FILE", "").strip()
    if direct and file:
        raise WrongSetting(_sentence(name, f"and {name}_FILE are both set; keep one."))
    if not file:
        return direct
    try:
        return Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSetting(_sentence(f"{name}_FILE", "names a file that can't be read.")) from error


def _url(name: str, url: str) -> SplitResult:
    """Take a URL apart; what Python would only refuse later, at each look, is refused now."""
    try:
        parts = urlsplit(url)
        # A database may be named by several hosts, of which the first that answers is used.
        hosts = parts.netloc.rpartition("@")[2].split(",")
        if any(urlsplit(f"//{host}").port == 0 for host in hosts):
            raise WrongSetting(_sentence(name, "has the port 0, on which nothing listens."))
    except ValueError:
        raise WrongSetting(
            _sentence(name, "is no URL that can be read: look at its host and its port.")
        ) from None
    return parts


def _database(values: Mapping[str, str], name: str) -> str:
    url = values[name]
    parts = _url(name, url)
    if url and parts.scheme not in ("postgresql", "postgres"):
        raise WrongSetting(_sentence(name, "must begin with postgresql://."))
    if url and not parts.username:
        raise WrongSetting(_sentence(name, "must name the login it signs in as."))
    return url


def _redis(url: str) -> str:
    if url and _url("ENGAGE_REDIS_URL", url).scheme not in ("redis", "rediss", "unix"):
        raise WrongSetting(
            _sentence("ENGAGE_REDIS_URL", "must begin with redis://, rediss:// or unix://.")
        )
    return url


def _smtp(url: str) -> str:
    if not url:
        return ""
    parts = _url("ENGAGE_SMTP_URL", url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/"):
        raise WrongSetting(
            _sentence("ENGAGE_SMTP_URL", "must be smtp:// or smtps:// and the name of a server.")
        )
    asked = parse_qs(parts.query, keep_blank_values=True)
    if asked.keys() - {"from"} or any("@" not in one for one in asked.get("from", [])):
        raise WrongSetting(
            _sentence("ENGAGE_SMTP_URL", "may end in ?from= and an e-mail address, nothing else.")
        )
    return url


def _heartbeat(url: str) -> str:
    parts = _url("ENGAGE_HEARTBEAT_URL", url)
    loopback = is_loopback(parts.hostname or "")
    fits = parts.scheme == "https" or (parts.scheme == "http" and loopback)
    if url and (not fits or not parts.hostname or parts.username or parts.fragment):
        raise WrongSetting(
            _sentence("ENGAGE_HEARTBEAT_URL", "must be an https address without a sign-in in it.")
        )
    return url


def _number(values: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    raw = values[name]
    if not raw:
        return None
    number = int(raw) if raw.isascii() and raw.isdigit() and len(raw) <= len(str(most)) else -1
    if not least <= number <= most:
        raise WrongSetting(_sentence(name, f"must be a whole number from {least} to {most}."))
    return number


def _number_or(values: Mapping[str, str], name: str, least: int, most: int, otherwise: int) -> int:
    number = _number(values, name, least, most)
    return otherwise if number is None else number


def _listen(raw: str) -> tuple[str, int] | None:
    if not raw:
        return None
    host, _, port = raw.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    number = int(port) if port.isascii() and port.isdigit() and len(port) <= len("65535") else -1
    if not host or not 0 <= number <= HIGHEST_PORT:
        raise WrongSetting(
            _sentence("ENGAGE_MLLP_LISTEN", "must be host:port, like 127.0.0.1:2575.")
        )
    return host, number


def _tls(values: Mapping[str, str]) -> tuple[Path, Path, Path] | None:
    names = ("ENGAGE_MLLP_TLS_CERT", "ENGAGE_MLLP_TLS_KEY", "ENGAGE_MLLP_TLS_CLIENT_CA")
    certificate, key, client_ca = (values[name] for name in names)
    if not (certificate or key or client_ca):
        return None
    for name in names:
        if not values[name]:
            raise WrongSetting(_sentence(name, "is empty: its two companions are set."))
    return Path(certificate), Path(key), Path(client_ca)


def _password_cost(raw: str) -> tuple[int, int, int]:
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
                _sentence(
                    "ENGAGE_PASSWORD_COST",
                    "must be KiB, passes and lanes of Argon2id, from 19456,2,1 to 1048576,16,16.",
                )
            )


def _networks(raw: str) -> tuple[str, ...]:
    try:
        return tuple(str(ip_network(one.strip())) for one in raw.split(",") if one.strip())
    except ValueError:
        raise WrongSetting(
            _sentence("ENGAGE_TRUSTED_PROXIES", "must be addresses or networks: 10.0.0.0/8, ::1.")
        ) from None


def _secret_keys(raw: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in raw.split(",") if key.strip())
    if any(len(key) < SHORTEST_SECRET_KEY for key in keys):
        raise WrongSetting(
            _sentence(
                "ENGAGE_SECRET_KEYS",
                f"has a key of fewer than {SHORTEST_SECRET_KEY} characters; "
                "make one with: openssl rand -base64 48",
            )
        )
    if len(set(keys)) != len(keys):
        raise WrongSetting(_sentence("ENGAGE_SECRET_KEYS", "names a key twice."))
    return keys


def _sentence(name: str, rest: str) -> str:
    return f"{name} {rest}"
