"""The Dockerfile, the composition and the examples, read and held against the code.

No container engine runs where the tests run, so these files are checked, not run: the runbook says
so. What can be run of a deployment is run in test_systemd.py.
"""

import re
import shlex
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from engage.cli import main
from engage.settings import NAMES
from tests.deploy.units import ROOT, UNITS, Unit
from tests.policy.test_secrets import leaks

DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "api-1", "api-2", "worker-1", "worker-2")
UNIT_FILES = ("engage-migrate.service", "engage-api@.service", "engage-worker@.service")
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
SETTING = re.compile(r"\bENGAGE_[A-Z_]*[A-Z]")

Instruction = tuple[str, str]


def instructions(dockerfile: str) -> list[Instruction]:
    """Return each instruction of a Dockerfile and what follows it, comments and breaks gone."""
    lines = [line for line in dockerfile.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    words = (line.split(maxsplit=1) for line in joined.splitlines() if line.strip())
    return [(word[0].upper(), word[1]) for word in words]


def stages(found: list[Instruction]) -> list[list[Instruction]]:
    """Return the instructions of each stage."""
    cut: list[list[Instruction]] = []
    for word, rest in found:
        if word == "FROM":
            cut.append([])
        cut[-1].append((word, rest))
    return cut


DOCKERFILE = instructions((DEPLOY / "Dockerfile").read_text("utf-8"))
PINNED = re.compile(r"[a-z0-9./-]+:\d+\.\d+[\w.-]*")


def environment(service: Mapping[str, Any]) -> dict[str, str]:
    """Return what a service has in its environment of its own."""
    return dict(service.get("environment", {}))


def doctor_of(name: str) -> list[str]:
    """Return the arguments with which a service's health check asks the doctor."""
    kind, *test = SERVICES[name]["healthcheck"]["test"]
    words = shlex.split(test[0].partition("&&")[0]) if kind == "CMD-SHELL" else test
    assert words[0] == "engage", name
    return words[1:]


# Both


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_setting_exists(path: Path) -> None:
    """A setting that a deploy file names is one that engage reads, itself or as a file."""
    named = {name.removesuffix("_FILE") for name in SETTING.findall(path.read_text("utf-8"))}

    assert named <= set(NAMES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_secret_is_written_down(path: Path) -> None:
    """Passwords, keys and the URLs that hold them are files made at the place of use."""
    text = path.read_text("utf-8")

    assert not leaks(text)
    # A secret's setting appears as NAME_FILE only.
    secrets = r"ENGAGE_(?:\w*DATABASE_URL|SECRET_KEYS|REDIS_URL)\s*[:=]"
    assert not re.search(secrets, text)


def test_every_command_exists() -> None:
    """Each command that a service or a unit runs is one that engage has, with these options."""
    commands = [
        *([str(word) for word in SERVICES[name]["command"]] for name in OURS[1:]),
        *(shlex.split(part)[1:] for part in SERVICES["migrate"]["entrypoint"][2].split("&&")),
        *(doctor_of(name) for name in OURS[1:]),
        *(
            command
            for name in UNIT_FILES
            for key in ("ExecStartPre", "ExecStart")
            for command in Unit.read(name, "8000").commands(key)
        ),
    ]
    for command in commands:
        ran = CliRunner().invoke(main, [*command, "--help"])
        assert ran.exit_code == 0, (command, ran.output)


# Containers


def test_images_are_pinned() -> None:
    """Every image is named with a full release, never by a moving name."""
    based_on = [rest.split()[0] for word, rest in DOCKERFILE if word == "FROM"]
    named = [service["image"] for service in SERVICES.values()]

    assert all(PINNED.fullmatch(image) for image in (*based_on, *named)), (based_on, named)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert {SERVICES[name]["image"] for name in OURS} == {f"engage:{version}"}


def test_the_image_runs_as_nobody_in_particular() -> None:
    """The last stage sets an account without rights, builds nothing, and brings its own check."""
    last = stages(DOCKERFILE)[-1]
    words = [word for word, _ in last]

    assert ("USER", "10001:10001") in last
    assert words.index("USER") < words.index("ENTRYPOINT")
    assert "HEALTHCHECK" in words
    assert ("STOPSIGNAL", "SIGTERM") in last
    assert not any("pip" in rest or "npm" in rest for _, rest in last)


def test_everything_installed_is_locked() -> None:
    """Packages come from hashed locks only, for Python and for the pages."""
    ran = " && ".join(rest for word, rest in DOCKERFILE if word == "RUN")
    installs = re.findall(r"(?:pip install|npm (?:ci|install))[^&]*", ran)

    assert len(installs) == 4
    for install in installs:
        ours = "--no-deps /dist/" in install
        assert ours or "--require-hashes" in install or install.startswith("npm ci"), install


def test_what_is_copied_exists_and_travels() -> None:
    """Each COPY names files of the repository that the ignore file lets through."""
    let = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    for word, rest in DOCKERFILE:
        if word != "COPY" or rest.startswith("--from"):
            continue
        for source in rest.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert f"!{source.split('/')[0]}" in let, source


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_is_checked(name: str) -> None:
    """Each service says how its health is known; the migration's is its exit code."""
    check = SERVICES[name]["healthcheck"]

    if name == "migrate":
        assert check == {"disable": True}
        assert "engage doctor" in SERVICES[name]["entrypoint"][2]
    else:
        assert check["test"]


def test_the_doctor_is_the_readiness_check_everywhere() -> None:
    """Each process of ours asks the doctor for its own part, in a container and as a unit."""
    for name in OURS[1:]:
        assert doctor_of(name) == ["doctor", "--part", name.partition("-")[0]]
    for name, key in zip(UNIT_FILES, ("ExecStart", "ExecStartPre", "ExecStartPre"), strict=True):
        part = {"engage-migrate.service": "deployment"}.get(name, name[7:].partition("@")[0])
        assert ["doctor", "--part", part] in Unit.read(name).commands(key)
    # A process that hangs is another thing than one that is not set up.
    assert "/health/ready" in SERVICES["api-1"]["healthcheck"]["test"][1]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_secrets_are_files_that_exist_in_the_container(name: str) -> None:
    """A _FILE setting names a secret that the service is given, and it is given no other."""
    service = SERVICES[name]
    given = set(service.get("secrets", ()))
    named = {
        value.removeprefix("/run/secrets/")
        for value in environment(service).values()
        if value.startswith("/run/secrets/")
    }

    assert given <= set(COMPOSE["secrets"])
    assert named <= given
    if name in OURS:
        assert given == named
        assert all(key.endswith("_FILE") for key in environment(service))


def test_only_the_migration_holds_the_owner() -> None:
    """No process that serves or works can change the schema, or read as the auditor."""
    holders = {name for name, s in SERVICES.items() if "owner_database_url" in s.get("secrets", ())}

    assert holders == {"migrate"}


@pytest.mark.parametrize("name", OURS)
def test_our_containers_are_closed(name: str) -> None:
    """Read-only, without capabilities, as an account without rights."""
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] == "10001:10001"


def test_nobody_outside_reaches_the_database_or_redis() -> None:
    """They publish no port and stand on a network without a way out."""
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name in ("database", "redis"):
        assert "ports" not in SERVICES[name]
        assert SERVICES[name]["networks"] == ["inside"]


def test_who_serves_waits_for_the_migration() -> None:
    """Two API processes and two workers, and none before the schema is there."""
    for name in OURS[1:]:
        assert SERVICES[name]["depends_on"]["migrate"] == {
            "condition": "service_completed_successfully"
        }


def test_the_secrets_are_those_that_the_script_makes(tmp_path: Path) -> None:
    """make-secrets.sh makes every file that the composition and the units ask for."""
    script = (DEPLOY / "make-secrets.sh").read_text("utf-8")
    asked = {Path(one["file"]).name for one in COMPOSE["secrets"].values()}
    asked |= {Path(p).name for name in UNIT_FILES for p in Unit.read(name).credentials().values()}
    for name in asked:
        login = re.fullmatch(r"(admin|owner|app|worker|auditor)_(password|database_url)", name)
        made = f"${{login}}_{login[2]}" if login else name
        assert made in script, name


def test_the_spool_has_a_disk_that_lasts() -> None:
    """Where the settings put the spool, a container has a volume and a unit a folder of its own."""
    example = (DEPLOY / "engage.env.example").read_text("utf-8")
    place = re.findall(r"^ENGAGE_DATA_DIR=(.+)$", example, re.MULTILINE)

    assert place == ["/var/lib/engage"]
    for name in ("api-1", "api-2"):
        assert f"state:{place[0]}" in SERVICES[name]["volumes"]
    assert "state" in COMPOSE["volumes"]
    made = [rest for word, rest in stages(DOCKERFILE)[-1] if word == "RUN"]
    assert f"install -d -o engage -g engage -m 700 {place[0]}" in made[0]
    said = Unit.read("engage-api@.service").said
    assert (said["StateDirectory"], said["StateDirectoryMode"]) == (("engage",), ("0700",))


# Units


@pytest.mark.parametrize("name", UNIT_FILES)
def test_units_are_closed(name: str) -> None:
    """A unit gives up what it does not need, and reads secrets as credentials."""
    said = Unit.read(name).said

    for key, value in {
        "User": "engage",
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "CapabilityBoundingSet": "",
        "UMask": "0077",
        "EnvironmentFile": "/etc/engage/engage.env",
    }.items():
        assert said[key] == (value,), key


@pytest.mark.parametrize("name", UNIT_FILES)
def test_units_name_what_they_are_given(name: str) -> None:
    """Each credential has its setting and each setting its credential."""
    unit = Unit.read(name)
    files = {Path(one.split("=", 1)[1]).name for one in unit.said["Environment"]}

    assert files == set(unit.credentials())
    assert all(one.split("=")[0].endswith("_FILE") for one in unit.said["Environment"])


def test_processes_are_started_again_and_given_time_to_end() -> None:
    """A process that dies comes back at once, for ever; one that ends has longer than it needs."""
    for name in UNIT_FILES[1:]:
        said = Unit.read(name).said
        assert said["Restart"] == ("always",)
        assert int(said["TimeoutStopSec"][0]) > 20
        assert "StartLimitIntervalSec=0" in (UNITS / name).read_text("utf-8")


def test_a_gap_is_found() -> None:
    """These tests can fail: what they read is read as it stands."""
    found = instructions("# c\nFROM a:1.2 AS b\nRUN x \\\n  # why\n  && y\nFROM c:latest\nUSER 0\n")

    assert [len(stage) for stage in stages(found)] == [2, 2]
    assert found[1] == ("RUN", "x && y")
    assert not PINNED.fullmatch("postgres:latest")
    assert not PINNED.fullmatch("postgres")
