"""Purity, and who may touch which package.

The floors of the house are import-linter's (pyproject.toml). These two contracts stand here,
because they name modules by pattern and some rooms are still to come.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable

import pytest

from tests.policy.source import ROOT, Source, imported, matches, matches_any, sources

PURE = (
    "engage.appointments.appointment",
    "engage.appointments.asked.values",
    "engage.appointments.date_grammar",
    "engage.appointments.date_words",
    "engage.appointments.dates",
    "engage.appointments.day_list",
    "engage.appointments.heard",
    "engage.appointments.ical",
    "engage.appointments.local",
    "engage.appointments.pattern",
    "engage.appointments.place",
    "engage.appointments.provider",
    "engage.appointments.refusals",
    "engage.appointments.reminders",
    "engage.appointments.ride",
    "engage.appointments.telehealth",
    "engage.appointments.slot",
    "engage.appointments.waiting",
    "engage.auditor.checks",
    "engage.auditor.facts",
    "engage.checkins.cadence",
    "engage.checkins.call",
    "engage.checkins.discharge_csv",
    "engage.checkins.plan",
    "engage.checkins.rescreen",
    "engage.checkins.script",
    "engage.checkins.visit",
    "engage.conversation.**",
    "engage.errors",
    "engage.family.choice",
    "engage.family.doing",
    "engage.family.documents",
    "engage.family.errand",
    "engage.family.facts",
    "engage.family.news",
    "engage.family.strain",
    "engage.family.talk",
    "engage.family.telling",
    "engage.hl7v2.adt",
    "engage.hl7v2.answers",
    "engage.hl7v2.message",
    "engage.hl7v2.moment",
    "engage.hl7v2.siu",
    "engage.ids",
    "engage.measures.answered",
    "engage.measures.cells",
    "engage.measures.events",
    "engage.measures.evidence",
    "engage.measures.reach",
    "engage.measures.spending",
    "engage.measures.waits",
    "engage.messaging.account",
    "engage.messaging.attributed",
    "engage.messaging.budget",
    "engage.messaging.carrier_codes",
    "engage.messaging.copies",
    "engage.messaging.delivery",
    "engage.messaging.help_lines",
    "engage.messaging.hidden",
    "engage.messaging.kinds",
    "engage.messaging.lint",
    "engage.messaging.may_text",
    "engage.messaging.model",
    "engage.messaging.pacing",
    "engage.messaging.phone_state",
    "engage.messaging.quiet_hours",
    "engage.messaging.segments",
    "engage.messaging.signature",
    "engage.messaging.spool.posted",
    "engage.messaging.texts",
    "engage.messaging.voice",
    "engage.messaging.webhook_form",
    "engage.needs.closing",
    "engage.needs.codes",
    "engage.needs.directory",
    "engage.needs.hsds",
    "engage.needs.hsds_tables",
    "engage.needs.instrument",
    "engage.needs.need",
    "engage.needs.own_directory",
    "engage.needs.referral",
    "engage.needs.scoring",
    "engage.needs.screening",
    "engage.people.access",
    "engage.people.caregiver",
    "engage.people.closures",
    "engage.people.consent",
    "engage.people.csv_import",
    "engage.people.fields",
    "engage.people.pagers.browser",
    "engage.people.patient",
    "engage.people.phone",
    "engage.people.practice",
    "engage.people.practice_change",
    "engage.people.restriction",
    "engage.people.sharing.grant",
    "engage.people.sharing.shown",
    "engage.people.signing.access_token",
    "engage.people.signing.codes",
    "engage.people.signing.id_token",
    "engage.people.signing.limits",
    "engage.people.signing.passwords",
    "engage.people.signing.principal",
    "engage.people.signing.second_factor",
    "engage.people.staff",
    "engage.people.unsaid",
    "engage.queue.canned",
    "engage.queue.clocks",
    "engage.queue.due",
    "engage.queue.escalation",
    "engage.queue.flag",
    "engage.queue.item",
    "engage.queue.leaving",
    "engage.queue.routing",
    "engage.queue.rules",
    "engage.queue.verbs",
    "engage.reading.**",
    "engage.turns.advancing",
    "engage.turns.answering",
    "engage.turns.arranging",
    "engage.turns.asked",
    "engage.turns.attribution",
    "engage.turns.burst",
    "engage.turns.checkins",
    "engage.turns.checks",
    "engage.turns.choosing",
    "engage.turns.clarify",
    "engage.turns.coming",
    "engage.turns.compared",
    "engage.turns.consents",
    "engage.turns.context",
    "engage.turns.correction",
    "engage.turns.crisis",
    "engage.turns.decide",
    "engage.turns.decision",
    "engage.turns.draft",
    "engage.turns.expected",
    "engage.turns.explaining",
    "engage.turns.filled",
    "engage.turns.found",
    "engage.turns.happenings",
    "engage.turns.helping",
    "engage.turns.inbound",
    "engage.turns.informing",
    "engage.turns.intents",
    "engage.turns.invite",
    "engage.turns.inviting",
    "engage.turns.languages",
    "engage.turns.late",
    "engage.turns.library",
    "engage.turns.meeting",
    "engage.turns.meetings",
    "engage.turns.needing",
    "engage.turns.notices",
    "engage.turns.occurring",
    "engage.turns.on_page",
    "engage.turns.outcome",
    "engage.turns.privacy",
    "engage.turns.refusals",
    "engage.turns.reviews",
    "engage.turns.scene",
    "engage.turns.screenings",
    "engage.turns.spoken",
    "engage.turns.talks",
    "engage.turns.telling",
    "engage.turns.transcript",
    "engage.turns.triage",
    "engage.turns.typed",
    "engage.turns.under_way",
    "engage.turns.unsharing",
    "engage.turns.written",
    "engage.turns.visit_words",
    "engage.turns.visit_world",
    "engage.turns.visits",
    "engage.turns.world",
)
"""The (p) modules of docs/architecture.md. Everything they need is an argument."""

EXPECTED = (
    "engage.checkins.silence",
    "engage.people.grants",
)
"""The (p) modules of rooms still to come. Whoever builds one moves its name up into PURE."""

OUT_OF_REACH = (
    # the shell of our own
    *("engage.audit", "engage.clock", "engage.db.**", "engage.feed", "engage.logs"),
    "engage.settings",
    # waiting, the network, the machine
    *("asyncio", "logging", "os", "select", "socket", "ssl", "subprocess", "threading", "time"),
    *("urllib.request", "random", "secrets"),
    # what others wrote for that
    *("aiohttp", "aiosmtplib", "alembic", "arq", "asyncpg", "httpx", "litestar"),
    *("prometheus_client", "redis"),
    *("requests", "sqlalchemy", "structlog", "twilio", "uvicorn"),
)
"""What no (p) module may reach, itself or through what it imports from engage."""

ONLY_IN = {
    "sqlalchemy": ("engage.db.**", "engage.audit", "engage.feed", "engage.**.store"),
    "alembic": ("engage.db.**",),
    "cryptography": (
        "engage.db.sealing",
        "engage.people.pagers.vapid",
        "engage.people.signing.access_token",
        "engage.people.signing.passwords",
        "engage.people.signing.second_factor",
    ),
    "py_vapid": ("engage.people.pagers.vapid",),
    "pywebpush": ("engage.queue.paging.push",),
    "jwt": ("engage.people.signing.access_token", "engage.people.signing.id_token"),
    "webauthn": ("engage.people.signing.passkeys",),
    "segno": ("engage.api.qr",),
    "asyncpg": ("engage.db.**", "engage.embedded.**", "engage.feed"),
    "hl7": ("engage.hl7v2.message",),
    "aiosmtplib": ("engage.messaging.mail",),
    "twilio": ("engage.messaging.twilio", "engage.messaging.twilio_http"),
    "litestar": ("engage.api.**", "engage.web.**"),
    "arq": ("engage.jobs.**",),
    # Twilio's client wants a logger of the standard library to be given to it.
    "logging": ("engage.logs", "engage.messaging.twilio_http"),
}
"""Which modules may import a package directly. Two stars stand for any rooms between or below."""


def reach(name: str, house: dict[str, Source]) -> dict[str, tuple[str, ...]]:
    """Return everything a module reaches through engage, each with the way there."""
    ways: dict[str, tuple[str, ...]] = {}
    waiting: list[tuple[str, ...]] = [(name,)]
    while waiting:
        way = waiting.pop(0)
        # Importing a.b.c runs a and a.b first.
        parents = {way[-1].rsplit(".", n)[0] for n in range(1, way[-1].count(".") + 1)}
        for step in sorted(imported(house[way[-1]]) | (parents & house.keys())):
            if step not in ways:
                ways[step] = (*way, step)
                if step in house:
                    waiting.append(ways[step])
    return ways


def impurities(house: dict[str, Source]) -> list[str]:
    """Return a sentence for each way in which a (p) module is not pure."""
    found: list[str] = []
    for name, source in house.items():
        if not matches_any(name, PURE):
            continue
        ways = reach(name, house)
        for step, way in ways.items():
            if any(matches(step, bad) or step.startswith(f"{bad}.") for bad in OUT_OF_REACH):
                found.append(" > ".join(way))
        found += [
            f"{name}:{node.lineno} waits"
            for node in ast.walk(source.tree)
            if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith)
        ]
    return found


def trespasses(source: Source) -> list[str]:
    """Return a sentence for each package that a module may not import directly."""
    roots = {name.partition(".")[0] for name in imported(source)}
    return [
        f"{source.name} imports {package}; only {', '.join(places)} may"
        for package, places in ONLY_IN.items()
        if package in roots and not any(_in_place(source.name, place) for place in places)
    ]


def _in_place(name: str, place: str) -> bool:
    if ".**." in place:
        head, _, tail = place.partition(".**.")
        return name.startswith(f"{head}.") and name.endswith(f".{tail}")
    return matches(name, place)


def undeclared(source: Source, declared: set[str]) -> set[str]:
    """Return the packages a module imports that pyproject.toml does not ask for."""
    roots = {name.partition(".")[0] for name in imported(source)}
    return roots - set(sys.stdlib_module_names) - declared - {"engage"}


def unguarding(patterns: tuple[str, ...], names: list[str]) -> list[str]:
    """Return the patterns that match no module."""
    return [one for one in patterns if not any(matches(name, one) for name in names)]


def _house(*examples: Source) -> dict[str, Source]:
    return {example.name: example for example in examples}


def test_pure_modules_stay_pure() -> None:
    """No (p) module waits, reads a clock, or reaches a database, a network or a setting."""
    found = impurities({source.name: source for source in sources()})

    assert not found, (
        "Pass it in as an argument, or move the decision up into turns "
        "(docs/architecture.md, Rooms):\n" + "\n".join(found)
    )


def test_every_pure_name_guards_something() -> None:
    """Each name in PURE stands there once and is a module; each in EXPECTED is not one yet."""
    names = [source.name for source in sources()]
    idle = unguarding(PURE, names)
    built = set(EXPECTED) - set(unguarding(EXPECTED, names))

    assert not idle, f"It guards nothing: mend its name, or take it out of PURE: {idle}"
    assert len(set(PURE)) == len(PURE)
    assert not built, f"It has been built: move it from EXPECTED to PURE: {sorted(built)}"


def miscalled(house: Iterable[Source]) -> list[str]:
    """Return the modules that call themselves pure and are not held to it, or the reverse."""
    return [
        source.name
        for source in house
        if ("(p)" in (ast.get_docstring(source.tree) or "")) != matches_any(source.name, PURE)
    ]


def test_who_says_pure_is_held_to_it() -> None:
    """A module's head says (p) exactly if the module stands in PURE."""
    assert not miscalled(sources()), 'Name it in PURE, or take "(p)" out of its docstring.'


def test_a_word_about_purity_is_found() -> None:
    """A module that says (p) beside the list, and one of the list that does not say it."""
    assert miscalled(
        [
            Source("engage.queue.work", '"""Works. (p)."""'),
            Source("engage.queue.item", '"""An item."""'),
            Source("engage.queue.clocks", '"""Clocks. (p)."""'),
        ]
    ) == ["engage.queue.work", "engage.queue.item"]


def test_packages_keep_to_their_rooms() -> None:
    """A package that changes the world is imported by the room that owns it and no other."""
    found = [sentence for source in sources() for sentence in trespasses(source)]

    assert not found, "Ask the room that owns it for a function instead:\n" + "\n".join(found)


def test_what_we_import_is_declared() -> None:
    """Every package that engage imports is a dependency by its own right."""
    declared = _declared_roots()
    found = {s.name: missing for s in sources() if (missing := undeclared(s, declared))}

    assert not found, f"Add it to [project.dependencies] and run `make locks`: {found}"


OTHERWISE = {"python_dateutil": "dateutil", "pyjwt": "jwt"}
"""Packages that are imported by another name than they are asked for."""


def _declared_roots() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {re.match(r"[A-Za-z0-9-]+", line)[0] for line in project["dependencies"]}  # type: ignore[index]
    roots = {name.replace("-", "_").lower() for name in names}
    return roots | {OTHERWISE[root] for root in roots & OTHERWISE.keys()}


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("import sqlalchemy", "engage.queue.flag > sqlalchemy"),
        ("from sqlalchemy.ext import asyncio", "engage.queue.flag > sqlalchemy.ext"),
        ("import engage.queue.store", "engage.queue.flag > engage.queue.store > sqlalchemy"),
        ("from engage.queue import store", "engage.queue.flag > engage.queue.store > sqlalchemy"),
        ("from engage.clock import Clock", "engage.queue.flag > engage.clock"),
        ("async def rule() -> None: ...", "engage.queue.flag:1 waits"),
    ],
)
def test_an_impure_module_is_found(text: str, way: str) -> None:
    """A (p) module that reaches out, itself or through another, is found with the way there."""
    house = _house(
        Source("engage.queue.flag", text),
        Source("engage.queue.store", "import sqlalchemy"),
        Source("engage.clock", "import time"),
    )

    assert way in impurities(house)


def test_an_impure_package_head_is_found() -> None:
    """What a package's own __init__ imports counts for every module in it."""
    house = _house(
        Source("engage.people", "import litestar"),
        Source("engage.people.access", ""),
    )

    assert impurities(house) == ["engage.people.access > engage.people > litestar"]


def test_a_misspelt_name_is_found() -> None:
    """A pattern that matches no module is found."""
    assert unguarding(("engage.a", "engage.b.**", "engage.aa"), ["engage.a", "engage.b.c"]) == [
        "engage.aa"
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("engage.api.webhooks", "from sqlalchemy import select"),
        ("engage.queue.work", "import sqlalchemy as sa"),
        ("engage.api.webhooks", "from twilio.request_validator import RequestValidator"),
        ("engage.messaging.outbox", "import arq"),
        ("engage.turns.take", "from litestar import Request"),
        ("engage.turns.take", "import logging"),
        ("engage.api.auth.cookie", "from cryptography.fernet import Fernet"),
    ],
)
def test_a_trespass_is_found(name: str, text: str) -> None:
    """A package imported outside its room is found."""
    assert trespasses(Source(name, text))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("engage.queue.store", "from sqlalchemy import select"),
        ("engage.people.register.store", "from sqlalchemy import select"),
        ("engage.db.session", "import asyncpg"),
        ("engage.messaging.twilio", "from twilio.request_validator import RequestValidator"),
        ("engage.jobs.worker", "from arq import Worker"),
    ],
)
def test_a_room_may_use_its_package(name: str, text: str) -> None:
    """The room that owns a package may import it."""
    assert not trespasses(Source(name, text))


def test_an_undeclared_package_is_found() -> None:
    """A package that only comes along with another is found."""
    assert undeclared(Source("engage.x", "import yarl, json, click"), {"click"}) == {"yarl"}
