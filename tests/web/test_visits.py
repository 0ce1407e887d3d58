"""The practice's day: a reminder is answered on a phone, and the day in the console follows."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.async_api import Locator, Page, expect

from tests.web.conftest import Stage
from tests.web.eye import Eye
from tests.web.test_people import STILL, known, posted

VERA = "+16025550179"
NOON, HALF_DAY, DAY = 12, 12, 24
DOCTOR = "Dr. Lamb"


def by_day(now: datetime) -> str:
    """Return a clock on which it is about noon: nobody is reminded at night."""
    ahead = NOON - now.hour
    return f"Etc/GMT{-(ahead if ahead > -HALF_DAY else ahead + DAY):+d}"


class Booked:
    """A schedule with a visit in two days, and one other free time five days from now."""

    def __init__(self, page: Page, url: str) -> None:
        """Take whoever is signed in."""
        self._page, self._url = page, url
        self.day = ""
        self.other: dict[str, Any] = {}

    async def times(self, schedule: str, day: str, *hours: str) -> list[dict[str, Any]]:
        """Add times of half an hour on a day."""
        path = f"{self._url}/v1/schedules/{schedule}/slots"
        made = await posted(self._page, path, from_day=day, times=list(hours), minutes=30)
        return made["items"]

    async def write(self, patient: str) -> None:
        """Book the visit; it is reminded of two days before, within two minutes."""
        now = datetime.fromtimestamp(await self._page.evaluate("Date.now()") / 1000, UTC)
        zone = by_day(now)
        place = await posted(
            self._page, f"{self._url}/v1/places", name="Lamb", address="7 Elm St", zone=zone
        )
        schedule = await posted(
            self._page, f"{self._url}/v1/schedules", place_id=place["id"], name=DOCTOR
        )
        near = now.astimezone(ZoneInfo(zone)) + timedelta(days=2, seconds=100)
        (one,) = await self.times(schedule["id"], near.date().isoformat(), f"{near:%H:%M}")
        self.day = (near.date() + timedelta(days=3)).isoformat()
        first, self.other = await self.times(schedule["id"], self.day, "10:00", "14:00")
        await posted(
            self._page, f"{self._url}/v1/appointments", patient_id=patient, slot_id=one["id"]
        )
        # Only one time is left to be offered.
        await self.take(first["id"], await known(self._page, self._url, "Wanda"))

    async def take(self, slot: str, patient: str) -> None:
        """Give a time to somebody, beside every page."""
        await posted(self._page, f"{self._url}/v1/appointments", patient_id=patient, slot_id=slot)


async def chosen(page: Page, booked: Booked, url: str, eye: Eye) -> None:
    """Choose a time that somebody else takes meanwhile: said kindly, and the list is read anew."""
    xenia = await known(page, url, "Xenia")
    await page.goto(f"{url}/console/people/{xenia}")
    await page.get_by_text("Free times, waiting list, calendar").click()
    await page.get_by_text("Book a free time").click()
    form = page.locator("form", has=page.get_by_role("button", name="Book it"))
    await form.get_by_label("Schedule").select_option(label=DOCTOR)
    await form.get_by_role("button", name="Later days").click()
    await form.get_by_role("button", name="Earlier days").click()
    await form.get_by_label("2:00 PM").check()
    await eye.look(page, "choosing")
    other = await known(page, url, "Yolanda")
    await booked.take(booked.other["id"], other)
    await form.get_by_role("button", name="Book it").click()
    await expect(form).to_contain_text("Somebody was faster")
    await expect(form.get_by_label("2:00 PM")).to_have_count(0)
    # Yolanda's visit is called off again: her time is free, for whoever comes next.
    path = f"{url}/v1/appointments"
    (hers,) = (await (await page.request.get(f"{path}?patient={other}")).json())["items"]
    await posted(page, f"{path}/{hers['id']}/status", status="cancelled", reason="other")
    await waits(page)
    await eye.look(page, "a person's times")


async def waits(page: Page) -> None:
    """Wait for a time of the schedule, and no more; say which times suit; make the calendar."""
    part = page.get_by_role("region", name="Visits and rides")
    await part.get_by_text("Which times suit them").click()
    await part.get_by_label("Late, from five").check()
    await part.get_by_role("button", name="Record", exact=True).click()
    await part.get_by_text("Calendar on their phone").click()
    await part.get_by_role("button", name="Make the address").click()
    address = await part.get_by_label("Address of their calendar").input_value()
    assert "BEGIN:VCALENDAR" in await (await page.request.get(address)).text()
    await part.get_by_role("button", name="Close every address").click()
    await expect(part).to_contain_text("No address of their calendar works any more.")


async def scheduled(page: Page, url: str, eye: Eye) -> None:
    """As the administrator, on a phone: the schedules, the times of one, when we remind."""
    await page.goto(f"{url}/console/schedules")
    one = page.get_by_role("listitem", name=DOCTOR)
    await one.get_by_role("button", name="Lista de espera").click()
    await expect(one).to_contain_text("Nadie espera")
    await one.get_by_role("button", name="Horas").click()
    await one.get_by_text("Añadir horas").click()
    await one.get_by_label("La primera empieza").fill("15:00")
    await one.get_by_label("La última termina").fill("16:00")
    await one.get_by_role("button", name="Añadirlas").click()
    await expect(one).to_contain_text("Libre")
    await one.get_by_role("button", name="Bloquear").first.click()
    await expect(one).to_contain_text("Bloqueada")
    await page.get_by_text("Cambiar los recordatorios").click()
    await page.get_by_label("Horas antes de una cita").fill("168, pronto")
    await page.get_by_role("button", name="Guardar").click()
    await expect(page.get_by_text("Solo números enteros.")).to_be_visible()
    await eye.look(page, "agendas")


def bubble(phone: Locator, words: str) -> Locator:
    """Return the text on a phone that has some words."""
    return phone.locator(".bubble.received", has_text=words)


async def test_a_change_plays_from_the_phone_to_the_day(stage: Stage) -> None:
    """Reminded, 2, 1: the day that is open in the console has the visit, and nobody reloads it."""
    page = await stage.console(**STILL)
    eye, url = Eye(1366), stage.url
    vera = await known(page, url, "Vera", phone=VERA)
    # A phone that has never written is asked whether it is theirs first.
    await stage.text(page, VERA, "hello")
    booked = Booked(page, url)
    await booked.write(vera)
    await chosen(page, booked, url, eye)
    admin = await stage.console(
        "Marisol Vega",
        viewport={"width": 320, "height": 640},
        color_scheme="dark",
        locale="es-US",
        **STILL,
    )
    small = Eye(320)

    phones = await stage.phones()
    await phones.get_by_role("combobox").first.select_option(VERA)
    vera_s = phones.locator(f'[data-number="{VERA}"]')
    await expect(bubble(vera_s, "your visit is on")).to_have_count(1, timeout=120_000)
    await page.goto(f"{url}/console/visits/{booked.day}")
    hers = page.get_by_role("listitem").filter(has_text="Vera Brooks")
    await expect(page.get_by_role("link", name="Wanda Brooks")).to_be_visible()
    await expect(hers).to_have_count(0)
    await page.evaluate("window.kept = true")
    for digit, answer in (("2", "Reply 1 for"), ("1", "Your visit is now on")):
        await vera_s.get_by_role("textbox").fill(digit)
        await vera_s.get_by_role("textbox").press("Enter")
        await expect(bubble(vera_s, answer)).to_have_count(1)

    for words in ("2:00 PM", "Booked", "Coming"):
        await expect(hers).to_contain_text(words)
    assert await page.evaluate("window.kept")
    await expect(page.locator(".counts")).to_contain_text("1 coming")
    await hers.get_by_role("button", name="Times, answer").click()
    await hers.get_by_text("Record what they say").click()
    await hers.get_by_label("Said no").check()
    await eye.look(page, "a day")
    await hers.get_by_role("button", name="Record", exact=True).click()
    await expect(hers).to_contain_text("Said no")
    await scheduled(admin, url, small)
    await admin.goto(f"{url}/console/visits/{booked.day}")
    await expect(admin.get_by_role("listitem").filter(has_text="Vera")).to_contain_text(
        "Dijo que no"
    )
    await small.look(admin, "el día")
    assert eye.found + small.found == []
