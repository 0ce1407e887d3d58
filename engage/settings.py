"""One frozen value from the environment: what an operator may set, and nothing else.

Each NAME may also be given as NAME_FILE, a file that holds the value (a mounted secret). This room
refuses to guess: a missing or contradictory setting is one sentence that names it.
docs/settings.md describes every setting; a test compares.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from msgspec import Struct

from engage.errors import WrongSetting
from engage.setting_values import (
    LEAST_PASSWORD_COST,
    PUSH_HOSTS,
    Oidc,
    is_loopback,
    read_database,
    read_heartbeat,
    read_listen,
    read_networks,
    read_number,
    read_number_or,
    read_oidc,
    read_password_cost,
    read_push_hosts,
    read_redis,
    read_secret_keys,
    read_smtp,
    read_tls,
    read_url,
    read_vapid_keys,
    sentence,
    value,
)

__all__ = ["NAMES", "CarrierKind", "Settings", "is_loopback", "load"]

CarrierKind: TypeAlias = Literal["simulator", "twilio"]

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
MOST_SPOOL_MB = 1_000_000
MOST_CANARY_MINUTES = 60
CANARY_SECONDS = 300.0
"""How often each practice's canary flies where nothing else is said."""
PAGE_PROOF_DAYS = 90
MOST_PAGE_PROOF_DAYS = 365

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
    "ENGAGE_OIDC_ISSUER",
    "ENGAGE_OIDC_CLIENT_ID",
    "ENGAGE_OIDC_CLIENT_SECRET",
    "ENGAGE_OIDC_GROUPS",
    "ENGAGE_OIDC_GROUPS_CLAIM",
    "ENGAGE_VAPID_KEYS",
    "ENGAGE_PUSH_HOSTS",
    "ENGAGE_PAGE_PROOF_DAYS",
    "ENGAGE_WORKER_METRICS",
    "ENGAGE_TRUSTED_PROXIES",
    "ENGAGE_LOG_LEVEL",
)
"""Every setting, as the environment spells it."""

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
    #: The organisation's own sign-in; None: staff sign in here alone.
    oidc: Oidc | None = None
    #: Keys that push services know us by: the first is for new browsers, all push.
    vapid_keys: tuple[str, ...] = ()
    #: The push services that may be called; `*.` stands for all below a name.
    push_hosts: tuple[str, ...] = PUSH_HOSTS
    #: After so long a way of paging should be proven again.
    page_proof_days: int = PAGE_PROOF_DAYS
    #: Where a worker shows its metrics, host and port; None: nowhere.
    worker_metrics: tuple[str, int] | None = None
    #: The networks of our own proxies, whose X-Forwarded-For is believed.
    trusted_proxies: tuple[str, ...] = ()
    log_level: str = "INFO"

    def __repr__(self) -> str:
        """Hide URLs and keys."""
        return f"Settings(carrier={self.carrier!r}, …)"

    @property
    def real(self) -> bool:
        """Whether texts reach real phones: by the carrier, and not by a stand-in for it."""
        return self.carrier == "twilio" and not self.twilio_base_url

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
            raise WrongSetting(sentence(f"ENGAGE_{name.upper()}", "is needed here and is empty."))
        return value


def load(environ: Mapping[str, str]) -> Settings:
    """Read and check all settings; a wrong one raises WrongSetting with one sentence."""
    _refuse_unknown(environ)
    values = {name: value(environ, name) for name in NAMES}
    carrier = values["ENGAGE_CARRIER"] or "simulator"
    if carrier not in ("simulator", "twilio"):
        raise WrongSetting(sentence("ENGAGE_CARRIER", 'must be "simulator" or "twilio".'))
    level = (values["ENGAGE_LOG_LEVEL"] or "INFO").upper()
    if level not in LEVELS:
        raise WrongSetting(sentence("ENGAGE_LOG_LEVEL", f"must be one of {', '.join(LEVELS)}."))
    public_url = (values["ENGAGE_PUBLIC_URL"] or "http://127.0.0.1:8000").rstrip("/")
    data_dir, reviews = values["ENGAGE_DATA_DIR"], values["ENGAGE_TEXT_REVIEWS"]
    settings = Settings(
        database_url=read_database(values, "ENGAGE_DATABASE_URL"),
        owner_database_url=read_database(values, "ENGAGE_OWNER_DATABASE_URL"),
        worker_database_url=read_database(values, "ENGAGE_WORKER_DATABASE_URL"),
        auditor_database_url=read_database(values, "ENGAGE_AUDITOR_DATABASE_URL"),
        redis_url=read_redis(values["ENGAGE_REDIS_URL"]),
        data_dir=Path(data_dir) if data_dir else None,
        spool_max_mb=read_number_or(values, "ENGAGE_SPOOL_MAX_MB", 1, MOST_SPOOL_MB, 256),
        public_url=public_url,
        secret_keys=read_secret_keys(values["ENGAGE_SECRET_KEYS"]),
        carrier=carrier,
        twilio_base_url=values["ENGAGE_TWILIO_BASE_URL"].rstrip("/"),
        text_reviews=Path(reviews) if reviews else None,
        phq2_cut_off=read_number_or(values, "ENGAGE_PHQ2_CUT_OFF", 1, 6, 3),
        smtp_url=read_smtp(values["ENGAGE_SMTP_URL"]),
        heartbeat_url=read_heartbeat(values["ENGAGE_HEARTBEAT_URL"]),
        canary_minutes=read_number(values, "ENGAGE_CANARY_MINUTES", 0, MOST_CANARY_MINUTES),
        mllp_listen=read_listen(values, "ENGAGE_MLLP_LISTEN", "127.0.0.1:2575"),
        mllp_tls=read_tls(values),
        password_cost=read_password_cost(values["ENGAGE_PASSWORD_COST"]),
        codes_a_day=read_number_or(values, "ENGAGE_CODES_A_DAY", 0, MOST_CODES_A_DAY, 50),
        oidc=read_oidc(values),
        vapid_keys=read_vapid_keys(values["ENGAGE_VAPID_KEYS"]),
        push_hosts=read_push_hosts(values["ENGAGE_PUSH_HOSTS"]),
        page_proof_days=read_number_or(
            values, "ENGAGE_PAGE_PROOF_DAYS", 1, MOST_PAGE_PROOF_DAYS, PAGE_PROOF_DAYS
        ),
        worker_metrics=read_listen(values, "ENGAGE_WORKER_METRICS", "127.0.0.1:9464"),
        trusted_proxies=read_networks(values["ENGAGE_TRUSTED_PROXIES"]),
        log_level=level,
    )
    _check_together(settings)
    return settings


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = {*NAMES, *(f"{name}_FILE" for name in NAMES), *COMMANDS_OWN}
    for name in sorted(environ):
        if name.startswith("ENGAGE_") and name not in known:
            # A misspelled name would silently mean "embedded", or "unsigned".
            raise WrongSetting(sentence(name, "is no setting; docs/settings.md lists them all."))


def _check_together(settings: Settings) -> None:
    parts = read_url("ENGAGE_PUBLIC_URL", settings.public_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise WrongSetting(sentence("ENGAGE_PUBLIC_URL", "must be an http or https address."))
    if parts.query or parts.fragment or parts.username:
        raise WrongSetting(
            sentence("ENGAGE_PUBLIC_URL", "must have no query, fragment or sign-in in it.")
        )
    loopback = is_loopback(parts.hostname)
    if settings.carrier == "simulator" and not loopback:
        raise WrongSetting(
            sentence(
                "ENGAGE_CARRIER",
                "is simulator, but ENGAGE_PUBLIC_URL is not a loopback address; set it to twilio.",
            )
        )
    if settings.carrier == "twilio" and parts.scheme == "http" and not loopback:
        raise WrongSetting(sentence("ENGAGE_PUBLIC_URL", "must be https with the Twilio carrier."))
    if settings.carrier == "simulator" and settings.twilio_base_url:
        raise WrongSetting(
            sentence("ENGAGE_TWILIO_BASE_URL", "is set, but ENGAGE_CARRIER is simulator.")
        )
    carriers = read_url("ENGAGE_TWILIO_BASE_URL", settings.twilio_base_url)
    if settings.twilio_base_url and not is_loopback(carriers.hostname or ""):
        raise WrongSetting(
            sentence("ENGAGE_TWILIO_BASE_URL", "is for tests and must be a loopback address.")
        )
    others = (
        ("ENGAGE_OWNER_DATABASE_URL", settings.owner_database_url),
        ("ENGAGE_WORKER_DATABASE_URL", settings.worker_database_url),
        ("ENGAGE_AUDITOR_DATABASE_URL", settings.auditor_database_url),
    )
    for name, url in others:
        if url and not settings.database_url:
            raise WrongSetting(sentence("ENGAGE_DATABASE_URL", f"is empty, but {name} is set."))
        if url and urlsplit(url).username == urlsplit(settings.database_url).username:
            raise WrongSetting(
                sentence(name, "must sign in as another login than ENGAGE_DATABASE_URL does.")
            )
    if settings.mllp_listen and not settings.mllp_tls and not is_loopback(settings.mllp_listen[0]):
        raise WrongSetting(
            sentence(
                "ENGAGE_MLLP_LISTEN",
                "is not a loopback address: set ENGAGE_MLLP_TLS_CERT, ENGAGE_MLLP_TLS_KEY and "
                "ENGAGE_MLLP_TLS_CLIENT_CA, so that only known systems can send.",
            )
        )
    if settings.database_url and not settings.secret_keys:
        raise WrongSetting(
            sentence("ENGAGE_SECRET_KEYS", "is empty: without it nothing can be sealed.")
        )
