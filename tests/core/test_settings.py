"""What an operator may set, and the one sentence for each thing that is wrong."""

from pathlib import Path

import pytest

from engage.errors import WrongSetting
from engage.settings import Settings, is_loopback, load

KEY = "k" * 40
APP, OWNER = "postgresql://app@db/engage", "postgresql://owner@db/engage"
REAL = {
    "ENGAGE_DATABASE_URL": APP,
    "ENGAGE_OWNER_DATABASE_URL": OWNER,
    "ENGAGE_SECRET_KEYS": KEY,
    "ENGAGE_CARRIER": "twilio",
    "ENGAGE_PUBLIC_URL": "https://care.example/",
}


def test_nothing_set_means_embedded_and_simulated() -> None:
    """An empty environment is a demo on this machine."""
    assert load({}) == Settings()


def test_a_deployment_reads_back() -> None:
    """Every value arrives, the address without its slash, the keys apart."""
    settings = load(REAL | {"ENGAGE_SECRET_KEYS": f"{KEY}1, {KEY}2", "ENGAGE_LOG_LEVEL": "error"})

    assert settings.public_url == "https://care.example"
    assert settings.secret_keys == (f"{KEY}1", f"{KEY}2")
    assert settings.need("owner_database_url") == OWNER
    assert settings.log_level == "ERROR"
    assert KEY not in repr(settings)


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    """NAME_FILE is read as NAME, without the newline an editor leaves."""
    file = tmp_path / "keys"
    file.write_text(KEY + "\n", encoding="utf-8")
    environ = {n: v for n, v in REAL.items() if n != "ENGAGE_SECRET_KEYS"}

    assert load(environ | {"ENGAGE_SECRET_KEYS_FILE": str(file)}).secret_keys == (KEY,)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"ENGAGE_CARRIER": "pigeon"}, "ENGAGE_CARRIER"),
        ({"ENGAGE_CARRIER": "simulator"}, "ENGAGE_CARRIER"),
        ({"ENGAGE_LOG_LEVEL": "LOUD"}, "ENGAGE_LOG_LEVEL"),
        ({"ENGAGE_SPOOL_MAX_MB": "0"}, "ENGAGE_SPOOL_MAX_MB"),
        ({"ENGAGE_SPOOL_MAX_MB": "1e9"}, "ENGAGE_SPOOL_MAX_MB"),
        ({"ENGAGE_PUBLIC_URL": "care.example"}, "ENGAGE_PUBLIC_URL"),
        ({"ENGAGE_PASSWORD_COST": "19455,2,1"}, "ENGAGE_PASSWORD_COST"),
        ({"ENGAGE_PASSWORD_COST": "19456,2"}, "ENGAGE_PASSWORD_COST"),
        ({"ENGAGE_PASSWORD_COST": "19456,2,1,1"}, "ENGAGE_PASSWORD_COST"),
        ({"ENGAGE_PASSWORD_COST": "9999999,2,1"}, "ENGAGE_PASSWORD_COST"),
        ({"ENGAGE_CODES_A_DAY": "-1"}, "ENGAGE_CODES_A_DAY"),
        ({"ENGAGE_CODES_A_DAY": "many"}, "ENGAGE_CODES_A_DAY"),
        ({"ENGAGE_TRUSTED_PROXIES": "10.0.0.0/8, proxy"}, "ENGAGE_TRUSTED_PROXIES"),
        ({"ENGAGE_PUBLIC_URL": "http://care.example"}, "ENGAGE_PUBLIC_URL"),
        ({"ENGAGE_PUBLIC_URL": "https://care.example/?a=1"}, "ENGAGE_PUBLIC_URL"),
        ({"ENGAGE_SECRET_KEYS": "short"}, "ENGAGE_SECRET_KEYS"),
        ({"ENGAGE_SECRET_KEYS": f"{KEY},{KEY}"}, "ENGAGE_SECRET_KEYS"),
        ({"ENGAGE_SECRET_KEYS": ""}, "ENGAGE_SECRET_KEYS"),
        ({"ENGAGE_SECRET_KEYS_FILE": "/nowhere"}, "ENGAGE_SECRET_KEYS"),
        (
            {"ENGAGE_SECRET_KEYS": "", "ENGAGE_SECRET_KEYS_FILE": "/nowhere"},
            "ENGAGE_SECRET_KEYS_FILE",
        ),
        ({"ENGAGE_DATABASE_URL": "mysql://app@db/engage"}, "ENGAGE_DATABASE_URL"),
        ({"ENGAGE_DATABASE_URL": "postgresql://db/engage"}, "ENGAGE_DATABASE_URL"),
        ({"ENGAGE_DATABASE_URL": ""}, "ENGAGE_DATABASE_URL"),
        ({"ENGAGE_WORKER_DATABASE_URL": APP}, "ENGAGE_WORKER_DATABASE_URL"),
        ({"ENGAGE_REDIS_URL": "http://cache"}, "ENGAGE_REDIS_URL"),
        ({"ENGAGE_TWILIO_BASE_URL": "https://api.example"}, "ENGAGE_TWILIO_BASE_URL"),
        ({"ENGAGE_HEARTBEAT_URL": "http://watch.example/x"}, "ENGAGE_HEARTBEAT_URL"),
        ({"ENGAGE_HEARTBEAT_URL": "https://me@watch.example"}, "ENGAGE_HEARTBEAT_URL"),
        ({"ENGAGE_CANARY_MINUTES": "61"}, "ENGAGE_CANARY_MINUTES"),
        ({"ENGAGE_CANARY_MINUTES": "-5"}, "ENGAGE_CANARY_MINUTES"),
        ({"ENGAGE_SMTP_URL": "mail.example"}, "ENGAGE_SMTP_URL"),
        ({"ENGAGE_SMTP_URL": "smtp://"}, "ENGAGE_SMTP_URL"),
        ({"ENGAGE_SMTP_URL": "smtp://mail.example:port"}, "ENGAGE_SMTP_URL"),
        ({"ENGAGE_SMTP_URL": "smtp://mail.example?from=desk"}, "ENGAGE_SMTP_URL"),
        ({"ENGAGE_SMTP_URL": "smtp://mail.example?form=a@b.example"}, "ENGAGE_SMTP_URL"),
        ({"ENGAGE_SMTP_URL": "smtp://mail.example:0"}, "ENGAGE_SMTP_URL"),
        ({"ENGAGE_PUBLIC_URL": "http://[::1"}, "ENGAGE_PUBLIC_URL"),
        ({"ENGAGE_PUBLIC_URL": "https://care.example:99999"}, "ENGAGE_PUBLIC_URL"),
        ({"ENGAGE_PUBLIC_URL": "https://care.example:abc"}, "ENGAGE_PUBLIC_URL"),
        ({"ENGAGE_DATABASE_URL": "postgresql://app@[::1/engage"}, "ENGAGE_DATABASE_URL"),
        ({"ENGAGE_DATABASE_URL": "postgresql://app@db:abc/engage"}, "ENGAGE_DATABASE_URL"),
        ({"ENGAGE_DATABASE_URL": "postgresql://app@db:99999/engage"}, "ENGAGE_DATABASE_URL"),
        ({"ENGAGE_DATABASE_URL": "postgresql://app@db:1,db:abc/engage"}, "ENGAGE_DATABASE_URL"),
        (
            {"ENGAGE_OWNER_DATABASE_URL": "postgresql://owner@db:0/engage"},
            "ENGAGE_OWNER_DATABASE_URL",
        ),
        ({"ENGAGE_REDIS_URL": "redis://[::1"}, "ENGAGE_REDIS_URL"),
        ({"ENGAGE_REDIS_URL": "redis://cache:abc"}, "ENGAGE_REDIS_URL"),
        ({"ENGAGE_TWILIO_BASE_URL": "http://[::1"}, "ENGAGE_TWILIO_BASE_URL"),
        ({"ENGAGE_TWILIO_BASE_URL": "http://127.0.0.1:99999"}, "ENGAGE_TWILIO_BASE_URL"),
        ({"ENGAGE_REDIS_URLS": "redis://cache"}, "ENGAGE_REDIS_URLS"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_names_it(changed: dict[str, str], named: str) -> None:
    """What is missing, misspelled or contradictory stops the start, and says what it is."""
    with pytest.raises(WrongSetting) as wrong:
        load(REAL | changed)

    assert wrong.value.sentence.startswith(named + " ")
    assert wrong.value.sentence.endswith((".", "48"))


@pytest.mark.parametrize(
    "url", ["postgresql://app@a:5432,b:5433/engage", "postgres://app@/engage?host=/run/db"]
)
def test_every_kind_of_database_url_is_taken(url: str) -> None:
    """Several hosts, or a socket's directory, name a database as well as one host does."""
    assert load(REAL | {"ENGAGE_DATABASE_URL": url}).database_url == url


def test_a_needed_url_is_named() -> None:
    """A process that needs a login it was not given says which setting it is."""
    with pytest.raises(WrongSetting, match="ENGAGE_WORKER_DATABASE_URL"):
        load(REAL).need("worker_database_url")


OIDC = {
    "ENGAGE_OIDC_ISSUER": "https://id.example.org/engage",
    "ENGAGE_OIDC_CLIENT_ID": "engage",
    "ENGAGE_OIDC_CLIENT_SECRET": "a secret for tests",
    "ENGAGE_OIDC_GROUPS": "cn=nurses=care_manager, cn=heads=supervisor",
}


def test_an_organisations_sign_in_is_whole_or_none() -> None:
    """All of it is read; a part of it, a foreign role or an open address stops the start."""
    oidc = load(REAL | OIDC).oidc
    assert oidc is not None
    assert oidc.groups == (("cn=nurses", "care_manager"), ("cn=heads", "supervisor"))
    assert oidc.groups_claim == "groups"
    assert "secret" not in repr(oidc)
    wrong = (
        *({name: ""} for name in OIDC),
        {"ENGAGE_OIDC_GROUPS": "nurses=owner"},
        {"ENGAGE_OIDC_GROUPS": "nurses"},
        {"ENGAGE_OIDC_ISSUER": "http://id.example.org"},
        {"ENGAGE_OIDC_ISSUER": "https://id.example.org/?tenant=1"},
    )
    for one in wrong:
        with pytest.raises(WrongSetting, match="ENGAGE_OIDC_"):
            load(REAL | OIDC | one)


@pytest.mark.parametrize(
    ("host", "loop"),
    [("localhost", True), ("127.0.0.9", True), ("::1", True), ("10.0.0.1", False), ("x", False)],
)
def test_loopback(host: str, *, loop: bool) -> None:
    """Only names that can mean nothing but this machine are this machine."""
    assert is_loopback(host) is loop


def test_the_cut_off_of_the_phq_2_is_a_number_it_can_reach() -> None:
    """Three unless set; what no total can be, or every total is, stops the start by name."""
    assert load({}).phq2_cut_off == 3
    assert load({"ENGAGE_PHQ2_CUT_OFF": "2"}).phq2_cut_off == 2
    for wrong in ("0", "7", "two", "2.5"):
        with pytest.raises(WrongSetting, match="ENGAGE_PHQ2_CUT_OFF"):
            load({"ENGAGE_PHQ2_CUT_OFF": wrong})


def test_canaries_fly_where_they_can_come_home() -> None:
    """Every five minutes with https or the simulator; a number of minutes, or 0, says otherwise."""
    stand_in = {"ENGAGE_PUBLIC_URL": "http://127.0.0.1:8000"}

    assert load({}).canary_seconds == 300
    assert load(REAL).canary_seconds == 300
    assert load(REAL | stand_in).canary_seconds is None
    assert load(REAL | {"ENGAGE_CANARY_MINUTES": "2"}).canary_seconds == 120
    assert load(REAL | {"ENGAGE_CANARY_MINUTES": "0"}).canary_seconds is None
