"""The companion app on phones: in by a text, answered without a network, taken away at once."""

import asyncio
import re
import sys
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import asyncpg
import pytest
from playwright.async_api import Page, expect

from engage import embedded
from tests.policy.source import ROOT
from tests.web.conftest import Stage
from tests.web.eye import Eye
from tests.web.test_people import known, posted

OLGA, ANA, HOME, PAVEL = "+16025550151", "+16025550152", "+16025550153", "+16025550154"
OTHER = "+16025550155"
EXAMPLE = ROOT / "examples" / "companion-python" / "companion.py"
MINUTE = 60
MOST_QUESTIONS = 20
ALL: list[dict[str, Any]] = [
    {"category": one, "verbs": ["see", "answer", "act"]}
    for one in ("visits", "check-ins", "rides", "needs", "messages", "documents")
]
PHONE: dict[str, Any] = {"reduced_motion": "reduce", "is_mobile": True, "has_touch": True}
LEFT = """async () => {
  const kept = (await indexedDB.databases()).map(one => one.name);
  const caches_ = (await caches.keys()).filter(one => one.startsWith("engage-family-"));
  return [...kept, ...caches_];
}"""
CONTROLLED = """async () => {
  const worker = await navigator.serviceWorker.getRegistration();
  return worker?.active?.state === "activated";
}"""
WIDER = """() => {
  const wide = document.querySelector(".scroll");
  return wide === null ? 0 : wide.scrollWidth - wide.clientWidth;
}"""
OURS = {"X-Engage-CSRF": "1"}
MEANT = ("ERR_INTERNET_DISCONNECTED", "status of 404")


class Close(Eye):
    """Looks at what scrolls within the app, too: nothing in it is wider than the phone."""

    async def look(self, page: Page, state: str) -> None:
        """Note what is wrong with a page in a state."""
        await super().look(page, state)
        if (wider := await page.evaluate(WIDER)) > 0:
            self.found.append(f"{state}: {wider} px wider than its column")


async def texted(stage: Stage, page: Page, number: str, wanted: Callable[[str], str | None]) -> str:
    """Return what a text on a phone has of what is wanted, once it is there."""
    for _ in range(150):
        path = f"{stage.url}/simulator/handset?number={quote(number)}"
        for one in reversed((await (await page.request.get(path)).json())["items"]):
            if (found := wanted(one["body"])) is not None:
                return found
        await page.wait_for_timeout(200)
    pytest.fail("no such text came")


def link_in(text: str) -> str | None:
    """Return the link of an invitation."""
    found = re.search(r"http\S+/family/#i=\S+", text)
    return None if found is None else found[0]


def code_in(text: str) -> str | None:
    """Return the code of a sign-in."""
    found = re.search(r"(?<!\d)\d{6}(?!\d)", text)
    return None if found is None else found[0]


async def new_code(stage: Stage, desk: Page, number: str, known: list[str]) -> str:
    """Return the code that comes to a phone, beside those that came before."""

    def wanted(text: str) -> str | None:
        return None if (code := code_in(text)) in known else code

    known.append(await texted(stage, desk, number, wanted))
    return known[-1]


async def signed_in(stage: Stage, desk: Page, number: str, who: str, **options: object) -> Page:
    """Sign somebody in on a phone of their own."""
    page = await stage.window(**PHONE, **options)
    await page.goto(f"{stage.url}/family/")
    await comes_in(stage, desk, page, number, who, [])
    return page


async def comes_in(
    stage: Stage, desk: Page, page: Page, number: str, who: str, known: list[str]
) -> None:
    """Sign somebody in with the code that comes, among those who use the phone."""
    await page.locator("input[name=phone]").fill(number)
    await page.locator("input[name=phone]").press("Enter")
    code = page.locator("input[name=code]")
    await expect(code).to_have_attribute("autocomplete", "one-time-code")
    # As somebody pastes it: with words around it.
    await code.fill(f"engage: {await new_code(stage, desk, number, known)}")
    await (
        page.get_by_role("button", name=who, exact=True).or_(page.locator(".tabs")).first.wait_for()
    )
    if await page.locator(".tabs").count() == 0:
        await page.get_by_role("button", name=who, exact=True).click()
    await page.locator(".tabs").wait_for()


async def clock_of(page: Page) -> datetime:
    """Return the moment at which a page is."""
    return datetime.fromtimestamp(await page.evaluate("Date.now()") / 1000, UTC)


async def booked(page: Page, url: str, patient: str) -> None:
    """Book somebody a visit in three days, at a place that says what to bring."""
    place = await posted(
        page, f"{url}/v1/places", name="Elm Clinic", address="7 Elm St", bring="Your list of pills."
    )
    at = await clock_of(page) + timedelta(days=3)
    await posted(
        page,
        f"{url}/v1/appointments",
        patient_id=patient,
        place_id=place["id"],
        starts_at=at.isoformat(),
        ends_at=(at + timedelta(minutes=30)).isoformat(),
    )


async def invited(stage: Stage, desk: Page, patient: str, **more: object) -> None:
    """Let staff invite Ana to care for somebody."""
    who = {"given_name": "Ana", "family_name": "Ruiz", "language": "en", "phone": ANA}
    path = f"{stage.url}/v1/patients/{patient}/invitations"
    body = who | {"relationship": "daughter", "may": ALL, "how": "verbal"} | more
    await posted(desk, path, **body)


async def helped(page: Page, url: str, eye: Eye) -> None:
    """Take the drive, say that they come, hand over, write, and look at every other page."""
    card = page.locator(".card.visit")
    await card.get_by_role("button", name="I can drive").click()
    await expect(card).to_contain_text("You drive")
    await card.get_by_role("button", name="Yes, coming").click()
    await expect(card).to_contain_text("You said: coming")
    await page.get_by_role("link", name="To do").click()
    mine = page.locator(".errand", has_text="Drive to the visit")
    await mine.get_by_role("button", name="Ask somebody").click()
    await mine.get_by_role("button", name="Olga").click()
    await expect(page.get_by_text("Asked of Olga")).to_be_visible()
    await eye.look(page, "to do")
    await page.get_by_role("link", name="Messages").click()
    await page.get_by_label("Write to the team").fill("Which door do we take?")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".said.mine")).to_contain_text("Which door")
    await eye.look(page, "messages")
    for place in ("visits", "care", "more", "strain", "settings", "sign-ins"):
        await page.goto(f"{url}/family/{place}")
        await page.locator("main .head h1").wait_for()
        await eye.look(page, place)


async def test_a_daughter_is_in_within_a_minute_until_her_mother_ends_it(stage: Stage) -> None:
    """From the text to the card; two patients on one phone; what is revoked is gone at once."""
    eye = Close(360)
    desk = await stage.console()
    olga = await known(desk, stage.url, "Olga", phone=OLGA)
    pavel = await known(desk, stage.url, "Pavel", phone=PAVEL)
    await booked(desk, stage.url, olga)
    await invited(stage, desk, olga)
    link = await texted(stage, desk, ANA, link_in)
    page = await stage.window(viewport={"width": 360, "height": 780}, **PHONE)
    began = time.monotonic()
    await page.goto(link)
    await eye.look(page, "invited")
    assert "#" not in page.url
    await page.get_by_role("button", name="Accept and open").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Today for Olga")
    card = page.locator(".card.visit")
    await expect(card).to_contain_text("Your list of pills.")
    assert time.monotonic() - began < MINUTE
    await eye.look(page, "today")
    await helped(page, stage.url, eye)
    # A second person, while the app is open.
    await page.goto(f"{stage.url}/family/")
    await expect(card).to_be_visible()
    await invited(stage, desk, pavel, may=ALL[:1])
    await page.get_by_role("button", name="Pavel").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Today for Pavel")
    await expect(page.get_by_role("link", name="Messages")).to_have_count(0)
    await eye.look(page, "the other one")
    await page.get_by_role("button", name="Olga").click()
    await expect(card).to_be_visible()
    # Her mother ends it with one tap on her own phone, and reads who looked.
    hers = await signed_in(stage, desk, OLGA, "Olga", viewport={"width": 360, "height": 780})
    await hers.goto(f"{stage.url}/family/sharing")
    await expect(hers.locator(".list")).to_contain_text("Ana")
    await eye.look(hers, "sharing")
    await hers.get_by_role("link", name="Invite somebody").click()
    await hers.get_by_role("button", name="Send the invitation").wait_for()
    await eye.look(hers, "inviting")
    await hers.get_by_role("link", name="Back").click()
    await hers.get_by_role("button", name="Stop sharing with Ana").click()
    await expect(card).to_have_count(0, timeout=10_000)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Today for Pavel")
    await expect(page.locator("body")).not_to_contain_text("Olga")
    # She signs out: nothing of anybody is left on the phone.
    await page.goto(f"{stage.url}/family/more")
    await page.get_by_role("button", name="Sign out").click()
    await page.locator("input[name=phone]").wait_for()
    await page.wait_for_function(f"async () => (await ({LEFT})()).length === 0")
    assert eye.found == []


async def test_the_example_is_a_companion_app(stage: Stage) -> None:
    """The program that the guide leads through signs in, keeps in step, shows a day, signs out."""
    desk = await stage.console()
    quentin = await known(desk, stage.url, "Quentin", phone=OTHER)
    await booked(desk, stage.url, quentin)
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, str(EXAMPLE), stage.url, OTHER),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    code = await texted(stage, desk, OTHER, code_in)
    said, _ = await asyncio.wait_for(running.communicate(f"{code}\n".encode()), MINUTE)

    assert running.returncode == 0
    assert "Today for Quentin" in said.decode()
    assert "Bring: Your list of pills." in said.decode()


@asynccontextmanager
async def database_of(folder: Path) -> AsyncIterator["asyncpg.Connection"]:
    """Open the demo's database: for what would be a matter of waiting."""
    servers = await asyncio.to_thread(embedded.start, folder)
    database = await asyncpg.connect(servers.url("admin"))
    try:
        yield database
    finally:
        await database.close()
        await asyncio.to_thread(servers.stop)


async def hour_passed(folder: Path) -> None:
    """Let another code be asked for, and every proof be old."""
    async with database_of(folder) as database:
        await database.execute("DELETE FROM sign_in_try")
        await database.execute("UPDATE sign_in SET proved_at = proved_at - interval '1 hour'")


async def asked_now(page: Page, url: str, folder: Path, patient: str) -> None:
    """Let a patient be asked how they are tomorrow, and let that be now: nobody waits a minute."""
    tomorrow = (await clock_of(page) + timedelta(days=1)).date()
    plan = await posted(
        page,
        f"{url}/v1/patients/{patient}/check-in-plans",
        script="post-discharge",
        cadence="FREQ=DAILY;BYHOUR=10;BYMINUTE=0;COUNT=2",
        start=tomorrow.isoformat(),
    )
    one = UUID(plan["id"])
    async with database_of(folder) as database:
        await database.execute(
            "UPDATE check_in_plan SET next_at = now() - interval '1 second' WHERE id = $1", one
        )
        await database.execute(
            "UPDATE due SET due_at = now() WHERE kind = 'checkin' AND id = $1", one
        )


async def household(stage: Stage, desk: Page, folder: Path) -> tuple[str, dict[str, Any]]:
    """Bring in Elena, who shares her phone with her daughter Lucía, and let her be asked.

    Return Elena's id, and what Lucía may do with messages.
    """
    more = {"phone": HOME, "language": "es"}
    elena = await known(desk, stage.url, "Elena", **more)
    await asked_now(desk, stage.url, folder, elena)
    path = f"{stage.url}/v1/patients/{elena}"
    lucia = await posted(
        desk,
        f"{path}/caregivers",
        given_name="Lucía",
        family_name="Brooks",
        language="es",
        phone=HOME,
        relationship="hija",
    )
    made: dict[str, dict[str, Any]] = {}
    for one in ALL:
        grant = {"caregiver_id": lucia["id"], "how": "verbal"} | one
        made[one["category"]] = await posted(desk, f"{path}/grants", **grant)
    plan = b64encode(b"%PDF-1.7\n%%EOF\n").decode()
    await posted(desk, f"{path}/documents", title="Plan A", about="care-plan", content=plan)
    await booked(desk, stage.url, elena)
    return elena, made["messages"]


async def read_through(page: Page, url: str, eye: Eye) -> None:
    """Look at every place, all of it in Spanish, and at the largest letters."""
    places = ("visits", "to-do", "messages", "care", "more", "strain", "settings", "notices")
    for place in (*places, "sign-ins", "documents"):
        await page.goto(f"{url}/family/{place}")
        await page.locator("main .head h1").wait_for()
        await eye.look(page, place)
        await eye.walk(page, place)
        # What people wrote stays as they wrote it.
        words = (await page.locator("body").inner_text()).replace("Your list of pills.", "")
        assert not re.search(r"\b(the|you|and|of|with)\b", words), words
    async with page.expect_download() as file:
        await page.get_by_role("link", name="Plan A").click()
    assert (await file.value).suggested_filename == "care-plan.pdf"
    await page.get_by_role("link", name="Más").click()
    await page.get_by_role("link", name="Ajustes").click()
    await page.get_by_label("Muy grande").check()
    await eye.look(page, "the largest letters: settings")
    await page.get_by_role("link", name="Hoy").click()
    await eye.look(page, "the largest letters: today")


async def left(page: Page, url: str, eye: Eye) -> None:
    """Sign out without a network: asked about what was not sent, out at once, and out for good."""
    await kept(page, "Hasta mañana")
    await page.get_by_role("link", name="Más").click()
    await page.get_by_role("button", name="Salir").click()
    asked = page.get_by_role("dialog", name="No todo se envió")
    await asked.get_by_role("button", name="Enviar primero y después salir").click()
    await expect(asked).to_contain_text("Todavía no se pudo enviar todo")
    await eye.look(page, "not everything was sent")
    await asked.get_by_role("button", name="Salir y borrar").click()
    await page.locator("input[name=phone]").wait_for()
    await page.wait_for_function(f"async () => (await ({LEFT})()).length === 0")
    await page.context.set_offline(False)
    await page.goto(f"{url}/family/")
    await page.locator("input[name=phone]").wait_for()
    await expect(page.locator(".notice")).to_have_count(0)
    assert (await page.request.get(f"{url}/v1/me")).status == 401


async def kept(page: Page, words: str) -> None:
    """Write to the team without a network, and keep it after 911 and 988."""
    await page.context.set_offline(True)
    await page.get_by_role("link", name="Mensajes").click()
    await page.get_by_label("Escribir al equipo").fill(words)
    await page.get_by_role("button", name="Enviar").click()
    await page.get_by_role("button", name="Puede esperar").click()
    await expect(page.locator(".unsent")).to_contain_text(words)


async def ended(page: Page, url: str) -> None:
    """End the sign-in of a phone that has no network, and give it back its network."""
    said = {"X-Engage-App": "family", "X-Engage-CSRF": "1"}
    mine = await (await page.request.get(f"{url}/v1/me/sessions", headers=said)).json()
    (here,) = [one["id"] for one in mine["items"] if one["current"]]
    done = await page.request.delete(f"{url}/v1/me/sessions/{here}", headers=said)
    assert done.status == 204
    await page.context.set_offline(False)
    await page.locator("input[name=phone]").wait_for()


async def waited(page: Page, url: str, told: str, eye: Eye) -> None:
    """End the sign-in meanwhile: what was read is gone, what was written waits for its writer."""
    await ended(page, url)
    for _ in range(2):
        await expect(page.locator(".notice")).to_contain_text(told)
        await expect(page.locator("body")).not_to_contain_text("Elena")
        await eye.look(page, "signed out by itself")
        await page.reload()


async def taken_over(
    stage: Stage, desk: Page, page: Page, folder: Path, known: list[str], eye: Eye
) -> None:
    """Sign Elena in on the phone where her daughter's words wait: nobody hears of them."""
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    await kept(page, "Mamá no debe saberlo")
    await waited(page, stage.url, "Algo que usted escribió sigue", eye)
    assert any("Mamá" in one for one in sent), "her own sign-in, which had ended, tried"
    sent.clear()
    await hour_passed(folder)
    await comes_in(stage, desk, page, HOME, "Elena", known)
    await expect(page.locator(".notice.wrong")).to_contain_text("Se borró algo")
    await eye.look(page, "something was removed")
    await expect(page.locator(".saved, .unsent, [aria-labelledby=refused]")).to_have_count(0)
    await page.goto(f"{stage.url}/family/")
    await expect(page.locator(".card.visit")).to_be_visible()
    assert not any("Mam" in one for one in sent)


async def refused(desk: Page, page: Page, url: str, grant: dict[str, Any], eye: Eye) -> None:
    """Lose the right to write between writing and sending: the words stay with their writer."""
    await kept(page, "¿Por qué puerta?")
    assert (await desk.request.delete(f"{url}/grants/{grant['id']}", headers=OURS)).status == 204
    await page.context.set_offline(False)
    card = page.get_by_role("region", name="No se pudo enviar")
    await expect(card).to_contain_text("¿Por qué puerta?")
    await expect(card.locator('a[href^="tel:"]')).to_have_count(1)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await card.get_by_role("button", name="Copiar").click()
    await expect(page.locator(".notice.good")).to_have_text("Copiado.")
    assert await page.evaluate("navigator.clipboard.readText()") == "¿Por qué puerta?"
    await eye.look(page, "could not be sent")
    path = f"{url}/patients/{grant['patient_id']}/grants"
    await posted(desk, path, caregiver_id=grant["caregiver_id"], how="verbal", **ALL[4])
    await page.reload()
    await page.get_by_role("link", name="Mensajes").wait_for()


async def proved(stage: Stage, desk: Page, page: Page, known: list[str], eye: Eye) -> None:
    """Share more, some time after signing in: by a code to one's own phone, and only then."""
    await page.goto(f"{stage.url}/family/sharing")
    shown = page.get_by_label("Mensajes")
    await shown.select_option("none")
    await expect(page.locator(".notice.good")).to_be_visible()
    await shown.select_option("act")
    asked = page.get_by_role("dialog", name="¿Sigue siendo usted?")
    await asked.get_by_role("button", name="Mándenme un código").click()
    await asked.locator("input").fill(await new_code(stage, desk, HOME, known))
    await asked.wait_for(state="detached")
    await expect(shown).to_have_value("act")
    await eye.look(page, "proved")


async def answered_all(page: Page) -> int:
    """Answer every question of a check-in that is shown; return how many there were."""
    question, count = page.locator(".question h2"), 0
    while await question.count():
        before = await question.inner_text()
        await page.locator(".question .choice").last.click()
        count += 1
        assert count < MOST_QUESTIONS
        # The next one, or none: without a network this is the phone's own doing.
        await expect(page.locator("main")).not_to_contain_text(before)
    return count


async def test_answers_without_a_network_arrive_once(stage: Stage, folder: Path) -> None:
    """In Spanish, dark, at 320 px: all of a check-in answered offline, sent once each, as hers.

    Also if the sign-in ended meanwhile; never by somebody else who signs in on the same phone.
    """
    eye = Close(320)
    desk = await stage.console()
    elena, grant = await household(stage, desk, folder)
    codes: list[str] = []
    look = {"viewport": {"width": 320, "height": 700}, "color_scheme": "dark", "locale": "es-US"}
    page = await stage.window(**PHONE, **look)
    await page.goto(f"{stage.url}/family/")
    await comes_in(stage, desk, page, HOME, "Lucía", codes)
    await expect(page.locator("html")).to_have_attribute("lang", "es")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Hoy para Elena")
    await page.wait_for_function(CONTROLLED)
    await read_through(page, stage.url, eye)
    await page.get_by_role("link", name="Contestar ahora").click(timeout=120_000)
    await expect(page.locator(".proxy")).to_contain_text("Usted contesta por Elena")
    await eye.look(page, "question")
    await page.context.set_offline(True)
    count = await answered_all(page)
    assert count > 1
    await expect(page.locator("main")).to_contain_text("Guardado en este teléfono, se enviará")
    await eye.look(page, "saved")
    # An emergency is never kept silently.
    await page.get_by_role("link", name="Mensajes").click()
    await page.get_by_label("Escribir al equipo").fill("Se cayó y no se levanta")
    await page.get_by_role("button", name="Enviar").click()
    await expect(page.locator(".danger")).to_contain_text("nadie lee esto hasta que se envíe")
    await expect(page.locator('.danger a[href="tel:911"]')).to_be_visible()
    await eye.look(page, "nobody reads this")
    # The card is there to be read, also when the app is opened anew.
    await page.get_by_role("link", name="Hoy").click()
    await page.reload()
    await expect(page.locator(".card.visit")).to_contain_text("Elm Clinic")
    await expect(page.locator(".offline")).to_be_visible()
    await waited(page, stage.url, f"{count} cosas que usted escribió", eye)
    await hour_passed(folder)
    await comes_in(stage, desk, page, HOME, "Lucía", codes)
    await expect(page.locator(".card.visit")).to_contain_text("Elm Clinic")
    await expect(page.locator(".saved")).to_have_count(0)
    await page.goto(f"{stage.url}/family/check-in")
    await expect(page.locator(".question")).to_have_count(0)
    await refused(desk, page, f"{stage.url}/v1", grant, eye)
    await taken_over(stage, desk, page, folder, codes, eye)
    await hour_passed(folder)
    await proved(stage, desk, page, codes, eye)
    await left(page, stage.url, eye)
    stage.wrong[:] = [one for one in stage.wrong if not any(said in one for said in MEANT)]
    asked = await (await desk.request.get(f"{stage.url}/v1/patients/{elena}/check-ins")).json()
    answers = asked["items"][0]["answers"]
    assert [one["reporter"] for one in answers] == ["caregiver"] * count
    assert eye.found == []
