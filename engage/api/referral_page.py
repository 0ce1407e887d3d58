"""The one-time page of an organization: it reads what is asked, and answers, without an account.

Whoever holds the link sees one referral: a first name with an initial, what is asked, and a number
only if the person agreed to it. Looking changes nothing and is recorded; an answer that ends the
referral uses the link up. No script, no cookie, nothing from elsewhere. This room refuses to tell a
link that never was from one that is wrong.
"""

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from html import escape
from http import HTTPStatus
from importlib import resources
from typing import Annotated, Any, Final
from urllib.parse import parse_qs

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from engage import audit
from engage.api.auth.marks import ANYBODY
from engage.api.bare_page import FORM, bare, spoken_by, wait
from engage.api.once import in_turn
from engage.api.page_pace import PagePaces
from engage.api.parts import Parts
from engage.api.referrals import LONGEST_NOTE, NEWS
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import NotFound
from engage.needs import moving
from engage.needs.moving import By
from engage.needs.referral import (
    ANSWERS,
    DECLINES,
    Answer,
    Move,
    Reason,
    ReasonMissing,
    Referral,
    WrongMove,
    WrongReason,
    answers_at,
    moves_of,
)
from engage.needs.referring import store
from engage.needs.referring.store import Linked, ReferralSeen
from engage.people.store import get_patient
from engage.turns.referring import News

Language = Annotated[
    str, QueryParameter(name="lang", max_length=2, description="en or es", required=False)
]
_ANSWERS: Final[Mapping[str, Answer]] = {one: one for one in ANSWERS}
_REASONS: Final[Mapping[str, Reason]] = {one: one for one in DECLINES}
_MOST_FIELDS: Final = 8
_LONGEST_TOKEN: Final = 64


class Shown(Struct, frozen=True, kw_only=True):
    """All that the page tells."""

    seen: ReferralSeen
    practice: str
    support: str
    #: First name and an initial.
    who: str
    phone: str | None

    def __repr__(self) -> str:
        """Hide all of it."""
        return "Shown(…)"


class _Said(Struct, frozen=True):
    answer: Answer
    reason: Reason | None
    note: str | None


@get(
    "/referral/{token:str}",
    opt=ANYBODY,
    operation_id="showReferral",
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
    """Show what is asked. Looking changes nothing, and is recorded."""
    words = _words(request, lang)
    if page_paces.refuses(token, parts.clock.now()):
        return _too_often(words)
    linked = await _follow(parts, token)
    if linked is None and page_paces.missed(request, parts.clock.now()):
        return _too_often(words)
    if linked is None or not linked.usable:
        return _closed(linked, words)
    keys = await parts.vault.keys(linked.practice_id)
    async with parts.database.work([linked.practice_id], linked.practice_id) as work:
        shown = await _shown(work, keys, linked)
        if shown is None:
            return _closed(None, words)
        await audit.record(
            work,
            linked.practice_id,
            parts.clock.now(),
            actor="system",
            action="referral.page-seen",
            subject="referral",
            subject_id=linked.referral_id,
            patient_id=shown.seen.referral.patient_id,
        )
    return _page(_asking(shown, words, ""), words, shown.practice)


@post(
    "/referral/{token:str}",
    opt=ANYBODY,
    operation_id="answerReferral",
    include_in_schema=False,
    media_type="text/html",
    status_code=HTTPStatus.OK,
)
async def answer(
    request: Request[Any, Any, State],
    token: FromPath[str],
    parts: NamedDependency[Parts],
    page_paces: NamedDependency[PagePaces],
    lang: Language = "",
) -> Response[str]:
    """Take the organization's answer; the practice hears of what needs a person."""
    words = _words(request, lang)
    if page_paces.refuses(token, parts.clock.now()):
        return _too_often(words)
    linked = await _follow(parts, token)
    if linked is None and page_paces.missed(request, parts.clock.now()):
        return _too_often(words)
    if linked is None or not linked.usable:
        return _closed(linked, words)
    keys = await parts.vault.keys(linked.practice_id)
    said = _said(request.headers.get("content-type", ""), await request.body())

    async def act(work: Work) -> tuple[Shown | None, bool]:
        shown = await _shown(work, keys, linked)
        if shown is None or said is None:
            return shown, False
        patient = shown.seen.referral.patient_id
        await parts.turns.before_change(work, linked.practice_id, patient)
        seen, need = await moving.move_referral(
            work,
            keys,
            linked.referral_id,
            partial(_moves, said),
            By("target"),
            parts.clock.now(),
            lambda _: True,
            said.note,
        )
        news: News | None = NEWS.get(seen.referral.status)
        if news is not None:
            await parts.turns.referral_news(
                work, linked.practice_id, patient, need.domain, news, linked.referral_id
            )
        return shown, True

    try:
        shown, taken = await in_turn(parts, act, linked.practice_id)
    except (WrongMove, ReasonMissing, WrongReason):
        # Somebody else of theirs was faster, or the answer says too little: show what stands now.
        async with parts.database.work([linked.practice_id]) as work:
            shown, taken = await _shown(work, keys, linked), False
    if shown is None:
        return _closed(None, words)
    if not taken:
        return _page(
            _asking(shown, words, words["again"]),
            words,
            shown.practice,
            HTTPStatus.UNPROCESSABLE_ENTITY,
        )
    return _page(f"<p>{escape(_fill(words['thanks'], shown))}</p>", words, shown.practice)


async def _follow(parts: Parts, token: str) -> Linked | None:
    if not 1 <= len(token) <= _LONGEST_TOKEN:
        return None
    hashes = parts.vault.master.credential_hashes(store.LINK, token)
    async with parts.database.work() as work:
        return await store.follow_link(work, hashes, parts.clock.now())


async def _shown(work: Work, keys: PracticeKeys, linked: Linked) -> Shown | None:
    seen = await store.one(work, keys, linked.referral_id)
    if seen is None:
        return None
    try:
        person = await get_patient(work, keys, seen.referral.patient_id)
    except NotFound:
        return None
    practice, support = await store.practice_called(work, keys.practice)
    agreed = seen.referral.consent
    return Shown(
        seen=seen,
        practice=practice,
        support=support,
        who=f"{person.given_name} {person.family_name[:1]}.",
        phone=person.phone.e164 if agreed and agreed.phone and person.phone else None,
    )


def _said(content_type: str, body: bytes) -> _Said | None:
    """Return what the form says; None if it is none of ours."""
    if content_type.partition(";")[0].strip().lower() != FORM:
        return None
    try:
        fields = parse_qs(body.decode("utf-8"), max_num_fields=_MOST_FIELDS)
    except ValueError:
        return None
    pressed, because = fields.get("answer", [""])[0], fields.get("reason", [""])[0]
    known = _ANSWERS.get(pressed)
    if known is None:
        return None
    reason = _REASONS.get(because)
    note = fields.get("note", [""])[0].replace("\x00", "").strip()[:LONGEST_NOTE]
    return _Said(known, reason if known == "decline" else None, note or None)


def _moves(said: _Said, one: Referral) -> Sequence[Move]:
    return moves_of(one.status, said.answer, said.reason)


# What is shown


@lru_cache(maxsize=1)
def _all_words() -> Mapping[str, Mapping[str, str]]:
    text = (resources.files("engage.api") / "referral_page.toml").read_text(encoding="utf-8")
    made = tomllib.loads(text)
    return {language: {**made[language], "language": language} for language in ("en", "es")}


def _words(request: Request[Any, Any, State], lang: str) -> Mapping[str, str]:
    return _all_words()[lang if lang in {"en", "es"} else spoken_by(request)]


def _fill(text: str, shown: Shown) -> str:
    return text.replace("{practice}", shown.practice).replace("{support}", shown.support)


def _asking(shown: Shown, words: Mapping[str, str], wrong: str) -> str:
    one = shown.seen.referral
    told = [
        (words["who"], shown.who),
        (words["asked"], shown.seen.asked),
        *([(words["service"], shown.seen.service)] if shown.seen.service else []),
        *([(words["phone"], shown.phone)] if shown.phone else []),
        (words["status"], words[one.status]),
    ]
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(said)}</dd>" for name, said in told)
    choices = "".join(
        f'<label><input type="radio" name="answer" value="{one}" required> '
        f"{escape(words[one])}</label>{_reasons(words) if one == 'decline' else ''}"
        for one in answers_at(one.status)
    )
    note = escape(_fill(words["note"], shown))
    return (
        f'<p><a href="?lang={"en" if words["language"] == "es" else "es"}">{words["other"]}</a></p>'
        f"<h1>{escape(_fill(words['title'], shown))}</h1>"
        f"{f'<p role=alert><strong>{escape(wrong)}</strong></p>' if wrong else ''}"
        f"<dl>{listed}</dl><p>{escape(words['consent'])}</p>"
        f'<form method="post"><fieldset>{choices}</fieldset>'
        f'<label>{note}<textarea name="note" rows="3" maxlength="{LONGEST_NOTE}"></textarea>'
        f"</label><button>{escape(words['send'])}</button></form>"
        f"<p>{escape(_fill(words['questions'], shown))}</p>"
    )


def _reasons(words: Mapping[str, str]) -> str:
    options = "".join(
        f'<option value="{one}">{escape(words["reason-other" if one == "other" else one])}</option>'
        for one in DECLINES
    )
    return f'<select name="reason" aria-label="{escape(words["decline"])}">{options}</select>'


def _closed(linked: Linked | None, words: Mapping[str, str]) -> Response[str]:
    if linked is None:
        return _page(f"<p>{escape(words['unknown'])}</p>", words, "", HTTPStatus.NOT_FOUND)
    body = f"<h1>{escape(words['over'])}</h1><p>{escape(words['over-more'])}</p>"
    return _page(body, words, "", HTTPStatus.GONE)


def _too_often(words: Mapping[str, str]) -> Response[str]:
    return wait(f"<p>{escape(words['too-often'])}</p>", words["language"])


def _page(
    body: str, words: Mapping[str, str], practice: str, status: int = HTTPStatus.OK
) -> Response[str]:
    title = words["title"].replace("{practice}", practice) if practice else "engage"
    return bare(body, words["language"], title, status)
