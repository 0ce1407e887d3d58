"""A member of staff from the invitation to the console, and back in by a passkey; axe watches."""

import base64
import time

from playwright.async_api import Page, expect

from engage.people.signing.second_factor import STEP_SECONDS, code_at
from tests.web.conftest import Stage
from tests.web.eye import Eye

OURS = {"X-Engage-CSRF": "1"}
WIDTH = 1366


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
