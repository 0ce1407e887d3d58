"""How the pages are handed out: to whom, under which headers, and what is never served."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from litestar import Litestar

from engage.api.auth.marks import ANYBODY
from engage.web.pages import Pages, routes

SCRIPT = b"let x = 1;" * 100


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Build three small pages."""
    for name in ("index.html", "console/index.html", "family/index.html", "phone/index.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"<!doctype html><title>{name}</title>", "utf-8")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "console-AbCd1234.js").write_bytes(SCRIPT)
    (tmp_path / ".built").touch()
    return tmp_path


@asynccontextmanager
async def _visited(folder: Path, *, simulated: bool = True) -> AsyncIterator[httpx.AsyncClient]:
    handlers = routes(Pages.read(folder), simulated=simulated, open_to_all=ANYBODY)
    app = Litestar(list(handlers), openapi_config=None, logging_config=None)
    transport = httpx.ASGITransport(cast("Any", app))
    async with httpx.AsyncClient(transport=transport, base_url="http://engage") as client:
        yield client


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/", "index.html"),
        ("/phone/", "phone/index.html"),
        ("/console", "console/index.html"),
        ("/console/", "console/index.html"),
        ("/console/items/0195c1a0-0000-7000-8000-0000000000d3", "console/index.html"),
        ("/family", "family/index.html"),
        ("/family/", "family/index.html"),
        ("/family/check-in", "family/index.html"),
        ("/family/index.html", "family/index.html"),
    ],
)
async def test_a_page_comes_under_a_strict_policy(built: Path, path: str, title: str) -> None:
    """Every place in the console is the console; no page is kept, framed, or may run text."""
    async with _visited(built) as client:
        answer = await client.get(path)

    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 200
    assert title in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert "unsafe" not in policy
    assert "*" not in policy
    assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= set(
        policy.split("; ")
    )


async def test_the_console_has_a_worker_that_may_nothing(built: Path) -> None:
    """It is asked for anew each time and loads nothing; the console may name it, phones not."""
    (built / "console" / "sw.js").write_bytes(SCRIPT)
    async with _visited(built) as client:
        worker = await client.get("/console/sw.js")
        console, phone = [await client.get(path) for path in ("/console/paging", "/phone/")]

    assert (worker.status_code, worker.content) == (200, SCRIPT)
    assert worker.headers["content-type"].startswith("text/javascript")
    assert worker.headers["cache-control"] == "no-cache"
    assert worker.headers["content-security-policy"] == "default-src 'none'"
    assert "trusted-types engage-worker" in console.headers["content-security-policy"]
    assert "trusted-types 'none'" in phone.headers["content-security-policy"]


async def test_the_companion_app_has_a_worker_and_a_manifest(built: Path) -> None:
    """Both are asked for anew each time; the worker may fetch from us, the page may name it."""
    (built / "family" / "sw.js").write_bytes(SCRIPT)
    (built / "family" / "manifest.es.webmanifest").write_text("{}", "utf-8")
    async with _visited(built, simulated=False) as client:
        worker = await client.get("/family/sw.js")
        manifest = await client.get("/family/manifest.es.webmanifest")
        policy = (await client.get("/family/")).headers["content-security-policy"].split("; ")

    assert (worker.status_code, worker.content) == (200, SCRIPT)
    assert worker.headers["content-type"].startswith("text/javascript")
    assert worker.headers["cache-control"] == manifest.headers["cache-control"] == "no-cache"
    assert worker.headers["content-security-policy"] == "default-src 'none'; connect-src 'self'"
    assert manifest.headers["content-type"].startswith("application/manifest+json")
    wanted = {"worker-src 'self'", "manifest-src 'self'", "trusted-types engage-worker"}
    assert wanted <= set(policy)


async def test_what_a_page_loads_is_kept_for_ever(built: Path) -> None:
    """A file named by its content never changes; it is packed for browsers that unpack."""
    async with _visited(built) as client:
        packed = await client.get("/assets/console-AbCd1234.js")
        plain = await client.get(
            "/assets/console-AbCd1234.js", headers={"Accept-Encoding": "identity"}
        )

    assert packed.content == plain.content == SCRIPT
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert plain.headers["content-type"].startswith("text/javascript")
    assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert plain.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/other.js",
        "/assets/..%2f.built",
        "/assets/../../pages.py",
        "/assets/%2e%2e/.built",
        "/.built",
        "/index.html",
    ],
)
async def test_only_what_was_built_is_served(built: Path, path: str) -> None:
    """A path is looked up by its exact name: nothing beside the pages can be reached."""
    async with _visited(built) as client:
        answer = await client.get(path)

    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/", "/phone/"])
async def test_the_demo_is_not_there_with_a_real_carrier(built: Path, path: str) -> None:
    """Without the simulator there are the console and the app, and nothing to play with."""
    async with _visited(built, simulated=False) as client:
        played = await client.get(path)
        served = [await client.get(page) for page in ("/console/", "/family/")]

    assert played.status_code == 404
    assert [one.status_code for one in served] == [200, 200]


@pytest.mark.parametrize("path", ["/", "/console/", "/family/", "/phone/"])
async def test_pages_that_were_not_built_say_how(tmp_path: Path, path: str) -> None:
    """Before `make web` the address answers 503, in a sentence that says what to do."""
    async with _visited(tmp_path) as client:
        answer = await client.get(path)

    assert answer.status_code == 503
    assert "make web" in answer.text
