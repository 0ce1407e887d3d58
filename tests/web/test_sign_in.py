"""How people get in, in a real browser: by an invitation, a passkey, a code, their organisation."""

import asyncio
import base64
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import msgspec
import uvicorn
from playwright.async_api import Browser, Page, Route, expect

from engage.api.app import create_app
from engage.api.auth.marks import ANYBODY
from engage.clock import SettableClock
from engage.db.vault import Vault
from engage.people.signing.organisation import Issuer
from engage.people.signing.second_factor import STEP_SECONDS, code_at
from engage.web import pages
from tests.api.conftest import House, alive, built
from tests.api.test_organisation import OIDC
from tests.conftest import Databases
from tests.fakes.issuer import ISSUER, FakeIssuer
from tests.web.conftest import DANA, Stage
from tests.web.eye import Eye
from tests.web.test_family import code_in, texted
from tests.web.test_people import known, posted

OURS = {"X-Engage-CSRF": "1"}
WIDTH = 1366
WENDELL = "+19075550181"
FAMILY_WIDTH = 360
PROOF_NEEDED = '{"code": "fresh-proof-needed", "status": 403, "detail": "Show that it is you."}'


async def _invitation(stage: Stage) -> tuple[str, str]:
    """Let the demo's administrator invite a colleague who works there alone."""
    page = await stage.window()
    people = await (await page.request.get(f"{stage.url}/simulator/people")).json()
    admin = next(one for one in people["staff"] if one["role"] == "practice_admin")
    mine = [one for one in people["staff"] if one["practice_name"] == admin["practice_name"]]
    email = next(one["email"] for one in mine if one["role"] == "supervisor")
    signed = await page.request.post(
        f"{stage.url}/simulator/sign-in", data={"email": admin["email"]}
    )
    assert signed.status == 204
    asked = await page.request.post(
        f"{stage.url}/v1/staff/invitations", data={"email": email}, headers=OURS
    )
    assert asked.status == 201, await asked.text()
    return email, (await asked.json())["invitation"]


def _code(secret: str, later: int = 0) -> str:
    # The demo runs by the clock on the wall.
    now = int(time.time()) // STEP_SECONDS  # noqa: TID251 - as an authenticator does
    return code_at(base64.b32decode(secret), now + later)


async def _device(page: Page) -> None:
    """Let the browser have an authenticator that knows its holder."""
    devices = await page.context.new_cdp_session(page)
    await devices.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    await devices.send("WebAuthn.addVirtualAuthenticator", {"options": device})


async def _signs_out(page: Page) -> None:
    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_label("Work e-mail").wait_for()


async def test_from_the_invitation_to_a_passkey(stage: Stage) -> None:
    """Password, authenticator, recovery codes, console; out; code; passkey; out; in by it."""
    email, token = await _invitation(stage)
    eye = Eye(WIDTH)
    page = await stage.window(reduced_motion="reduce")
    # A passkey is for a name: of a loopback address that is localhost.
    here = stage.url.replace("127.0.0.1", "localhost")
    stage.url = here
    await _device(page)

    await page.goto(f"{here}/console/invitation#{token}")
    await page.get_by_label("New password").fill("a long walk along the river")
    assert token not in page.url
    await eye.look(page, "invitation")
    await page.get_by_role("button", name="Continue").click()
    secret = (await page.locator(".secret").inner_text()).replace(" ", "")
    await eye.look(page, "authenticator")
    await page.get_by_label("The code that the app shows now").fill(_code(secret, -1))
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("heading", name="Your recovery codes").wait_for()
    codes = await page.locator(".codes code").all_inner_texts()
    await eye.look(page, "recovery codes")
    await page.get_by_role("button", name="I have kept them").click()
    await page.locator("#queue").wait_for()
    assert len(codes) == 10

    await _signs_out(page)
    await eye.look(page, "sign-in")
    await page.get_by_label("Work e-mail").fill(email)
    await page.get_by_label("Password").fill("a long walk along the shore")
    await page.get_by_role("button", name="Continue").click()
    await page.locator(".notice.wrong").wait_for()
    await page.get_by_label("Password").fill("a long walk along the river")
    await page.get_by_role("button", name="Continue").click()
    code = page.get_by_label("Code from your authenticator")
    await expect(code).to_be_focused()
    await expect(code).to_have_attribute("autocomplete", "one-time-code")
    await eye.look(page, "code")
    await code.fill(codes[0].upper())
    await page.get_by_role("button", name="Continue").click()
    await page.locator("#queue").wait_for()

    await page.get_by_role("button", name="Where I am signed in").click()
    dialog = page.get_by_role("dialog", name="My sign-ins")
    await dialog.get_by_role("button", name="Add a passkey").click()
    await dialog.get_by_role("button", name="Remove the passkey").wait_for()
    await dialog.get_by_role("button", name="End the sign-in").wait_for(state="detached")
    await eye.look(page, "my sign-ins")
    await dialog.get_by_role("button", name="Close").click()

    await _signs_out(page)
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await page.locator("#queue").wait_for()

    assert eye.found == []


async def _family(stage: Stage) -> None:
    """Let Wendell be known, who shares his visits with his son."""
    desk = await stage.console()
    wendell = await known(desk, stage.url, "Wendell", phone=WENDELL)
    path = f"{stage.url}/v1/patients/{wendell}"
    son = {"given_name": "Abe", "family_name": "Brooks", "relationship": "son", "language": "en"}
    abe = await posted(desk, f"{path}/caregivers", **son)
    visits = {"category": "visits", "verbs": ["see"], "how": "verbal"}
    await posted(desk, f"{path}/grants", caregiver_id=abe["id"], **visits)


async def test_a_family_gets_a_passkey_and_proves_itself(stage: Stage) -> None:
    """In by a code and offered one; in by it beside a console; asked before more is shared."""
    eye = Eye(FAMILY_WIDTH)
    stage.url = here = stage.url.replace("127.0.0.1", "localhost")
    await _family(stage)
    # One browser, whose holder works here and is a patient: a console in one window.
    # Without the app's worker: what goes through it can't be answered for the server.
    console = await stage.console(DANA, service_workers="block")
    page = await console.context.new_page()
    await page.set_viewport_size({"width": FAMILY_WIDTH, "height": 780})
    await _device(page)
    await page.goto(f"{here}/family/")
    await page.locator("input[name=phone]").fill(WENDELL)
    await page.locator("input[name=phone]").press("Enter")
    await page.locator("input[name=code]").fill(await texted(stage, page, WENDELL, code_in))
    await page.get_by_role("button", name="Add a passkey").wait_for()
    await eye.look(page, "offered")
    await page.get_by_role("button", name="Add a passkey").click()
    await expect(page.locator(".notice.good")).to_contain_text("Next time")
    await expect(page.get_by_role("button", name="Add a passkey")).to_have_count(0)
    await page.goto(f"{here}/family/sign-ins")
    await page.get_by_role("button", name="Remove it").wait_for()
    await eye.look(page, "passkeys")
    await page.goto(f"{here}/family/more")
    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await page.locator(".tabs").wait_for()
    assert await page.get_by_role("button", name="Add a passkey").count() == 0

    # As after five minutes: what gives something away asks who is there, and then does it.
    async def stale(route: Route) -> None:
        problem = "application/problem+json"
        await route.fulfill(status=403, content_type=problem, body=PROOF_NEEDED)

    await page.goto(f"{here}/family/sharing")
    for answer in ("Cancel", "Use my passkey"):
        await page.route("**/v1/family/*/sharing/*", stale, times=1)
        await page.get_by_label("Visits").select_option("answer")
        asked = page.get_by_role("dialog", name="Is it still you?")
        await asked.wait_for()
        await eye.look(page, "is it still you")
        await asked.get_by_role("button", name=answer).click()
        await asked.wait_for(state="detached")
        words = "Nothing was changed" if answer == "Cancel" else "has what you chose"
        await expect(page.locator(".state")).to_contain_text(words)
        shown = "see" if answer == "Cancel" else "answer"
        await expect(page.get_by_label("Visits")).to_have_value(shown)
    await page.goto(f"{here}/family/more")
    await page.get_by_role("button", name="Sign out").click()
    await page.locator("input[name=phone]").wait_for()
    await console.reload()
    await console.locator("#queue").wait_for()

    expected = ("status of 403", "Service Worker registration blocked")
    stage.wrong[:] = [one for one in stage.wrong if not any(said in one for said in expected)]
    assert eye.found == []


@asynccontextmanager
async def _organised(house: House) -> AsyncGenerator[tuple[str, FakeIssuer]]:
    """Serve the app with its pages, for a practice whose staff sign in by their organisation."""
    fake = FakeIssuer(house.clock)
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{door.getsockname()[1]}"
    settings = msgspec.structs.replace(house.parts.settings, public_url=url)
    issuer = Issuer(OIDC, fake.fetch, house.clock)
    parts = msgspec.structs.replace(house.parts, settings=settings, issuer=issuer)
    extra = pages.routes(pages.Pages.read(), simulated=False, open_to_all=ANYBODY)
    app = create_app(parts, extra=extra)
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    async with alive(app):
        serving = asyncio.create_task(server.serve(sockets=[door]))
        yield url, fake
        server.should_exit = True
        server.force_exit = True
        await serving


async def test_by_the_organisation(
    opened: Browser, databases: Databases, vault: Vault, clock: SettableClock
) -> None:
    """From the door to the issuer and back: in with what the groups allow, else not at all."""
    async with built(databases, vault, clock) as house, _organised(house) as (url, fake):
        context = await opened.new_context(locale="en-US")
        page = await context.new_page()

        async def signs_in(route: Route) -> None:
            back = f"{url}/console/organisation?{urlencode(fake.goes(route.request.url))}"
            await route.fulfill(content_type="text/html", body=f'<a href="{back}">Go back</a>')

        await context.route(f"{ISSUER}/**", signs_in)
        button = page.get_by_role("button", name="Sign in with your organization")
        fake.groups = ("visitors",)
        await page.goto(f"{url}/console/")
        await button.click()
        await page.get_by_role("link", name="Go back").click()
        await expect(page.locator(".notice.wrong")).to_be_visible()
        assert page.url == f"{url}/console/"
        fake.groups = ("heads", "nurses")
        await button.click()
        await page.get_by_role("link", name="Go back").click()
        await page.locator("#queue").wait_for()
        me = await (await page.request.get(f"{url}/v1/me")).json()
        address = page.url
        await context.close()

    assert [one["role"] for one in me["memberships"]] == ["care_manager"]
    assert "code" not in address
