"""The page behind the opaque link of a visit by video: a button, and the way to the visit.

Looking changes nothing and tells nobody's name; the real address is told to whoever presses the
button, from half an hour before the visit until its end, and is in no page, no list and no log.
This room refuses to send anybody anywhere at another time, and says kindly when it is.
"""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from html import escape
from http import HTTPStatus
from importlib import resources
from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from engage.api.auth.marks import ANYBODY
from engage.api.bare_page import POLICY, bare, spoken_by, wait
from engage.api.page_pace import PagePaces
from engage.api.parts import Parts
from engage.appointments import links, store
from engage.appointments.appointment import Appointment
from engage.appointments.local import day_of, say_day, say_time
from engage.appointments.telehealth import OPENS, door
from engage.appointments.video import store as video
from engage.ids import AppointmentId
from engage.people.merging.store import survivor
from engage.people.store import get_patient
from engage.turns.on_the_page.store import called

Language = Annotated[
    str, QueryParameter(name="lang", max_length=2, description="en or es", required=False)
]
_LANGUAGES: Final = ("en", "es")
_KIND: Final = "visit-link"
# A form that is answered by the way to another site needs its policy to allow that one.
_POLICY: Final = POLICY.replace("form-action 'self'", "form-action 'self' https:")


class Found(Struct, frozen=True, kw_only=True):
    """What a link leads to, and whom the page speaks to."""

    visit: Appointment
    address: str
    language: str
    practice: str
    support: str

    def __repr__(self) -> str:
        """Hide all of it."""
        return "Found(…)"


@get(
    "/v/{token:str}",
    opt=ANYBODY,
    operation_id="showVideoVisit",
    include_in_schema=False,
    media_type="text/html",
)
async def show(
    request: Request[Any, Any, State],
    token: FromPath[str],
    parts: NamedDependency[Parts],
    page_paces: NamedDependency[PagePaces],
    lang: Language = "",
) -> Response[str]:
    """Show the button, or when there will be one. Looking changes nothing."""
    if page_paces.refuses(token, parts.clock.now()):
        return _too_often(request, lang)
    found = await _follow(parts, token)
    if found is None:
        if page_paces.missed(request, parts.clock.now()):
            return _too_often(request, lang)
        return _unknown(request, lang)
    return _page(found, parts, lang)


@post(
    "/v/{token:str}",
    opt=ANYBODY,
    operation_id="goToVideoVisit",
    include_in_schema=False,
    media_type="text/html",
    status_code=HTTPStatus.SEE_OTHER,
)
async def go(
    request: Request[Any, Any, State],
    token: FromPath[str],
    parts: NamedDependency[Parts],
    page_paces: NamedDependency[PagePaces],
    lang: Language = "",
) -> Response[str]:
    """Send whoever pressed the button to the visit, if it is time."""
    if page_paces.refuses(token, parts.clock.now()):
        return _too_often(request, lang)
    found = await _follow(parts, token)
    if found is None:
        if page_paces.missed(request, parts.clock.now()):
            return _too_often(request, lang)
        return _unknown(request, lang)
    if door(found.visit, parts.clock.now()) != "open":
        return _page(found, parts, lang)
    answer = bare("", found.language, found.practice, HTTPStatus.SEE_OTHER)
    answer.headers["Location"] = found.address
    return answer


async def _follow(parts: Parts, token: str) -> Found | None:
    if not 1 <= len(token) <= links.LONGEST_TOKEN:
        return None
    hashes = parts.vault.master.credential_hashes(_KIND, token)
    async with parts.database.work() as work:
        linked = await links.follow(work, _KIND, hashes, parts.clock.now())
    if linked is None or not linked.usable:
        return None
    keys = await parts.vault.keys(linked.practice_id)
    async with parts.database.work([linked.practice_id]) as work:
        mine = AppointmentId(linked.subject_id)
        kept, address = await store.one(work, keys, mine), await video.address_of(work, keys, mine)
        if kept is None or address is None:
            return None
        person = await survivor(work, keys.practice, kept.visit.patient_id)
        language = (await get_patient(work, keys, person)).language
        practice, support = await called(work, keys.practice)
    return Found(
        visit=kept.visit, address=address, language=language, practice=practice, support=support
    )


@lru_cache(maxsize=1)
def _all_words() -> Mapping[str, Mapping[str, str]]:
    text = (resources.files("engage.api") / "video_page.toml").read_text(encoding="utf-8")
    made = tomllib.loads(text)
    return {language: made[language] for language in _LANGUAGES}


def _unknown(request: Request[Any, Any, State], lang: str) -> Response[str]:
    chosen = lang if lang in _LANGUAGES else spoken_by(request)
    return bare(_paragraph(chosen, "gone"), chosen, status=HTTPStatus.NOT_FOUND)


def _too_often(request: Request[Any, Any, State], lang: str) -> Response[str]:
    chosen = lang if lang in _LANGUAGES else spoken_by(request)
    return wait(_paragraph(chosen, "too-often"), chosen)


def _paragraph(language: str, key: str) -> str:
    return f"<p>{escape(_all_words()[language][key])}</p>"


def _page(found: Found, parts: Parts, lang: str) -> Response[str]:
    language = lang if lang in _LANGUAGES else found.language
    language = language if language in _LANGUAGES else "en"
    words, stands = _all_words()[language], door(found.visit, parts.clock.now())
    filled = {"support": found.support} | _when(found.visit, language)

    def said(key: str) -> str:
        text = words[key]
        for name, value in filled.items():
            text = text.replace(f"{{{name}}}", value)
        return escape(text)

    other = "en" if language == "es" else "es"
    body = f'<p><a href="?lang={other}" hreflang="{other}">{said("other")}</a></p>'
    body += f"<h1>{said(stands)}</h1><p>{said(f'{stands}-more')}</p>"
    if stands == "open":
        body += (
            f'<form method="post" action="?lang={language}"><button>{said("go")}</button></form>'
        )
    body += f"<p>{said('questions')}</p>"
    status = HTTPStatus.GONE if stands == "over" else HTTPStatus.OK
    page = bare(body, language, found.practice, status)
    page.headers["Content-Security-Policy"] = _POLICY
    return page


def _when(visit: Appointment, language: str) -> dict[str, str]:
    if visit.time is None:
        return {}
    opens = visit.time.starts_at - OPENS
    return {
        "day": say_day(day_of(opens, visit.zone), language),
        "time": say_time(opens, visit.zone, language),
    }
