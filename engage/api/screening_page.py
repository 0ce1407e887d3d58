"""The one-time page of a screening or a check-in: one question, one tap, no account, no script.

Whoever holds the link answers for the person it was made for. Looking changes nothing, so the link
previews of phones do nothing either; what is on the page is the question and never a name. The
address, the title and what is cached say nothing about anybody. This room refuses to keep anything:
the conversation does, and a page that was left behind is shown where it stands.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from html import escape
from http import HTTPStatus
from importlib import resources
from typing import Annotated, Any, Final, Literal, TypeAlias
from urllib.parse import parse_qs

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from engage.api.auth.marks import ANYBODY
from engage.api.bare_page import FORM, bare, spoken_by, wait
from engage.api.once import in_turn
from engage.api.page_pace import PagePaces
from engage.api.parts import Parts
from engage.conversation.answers import Answer, Declined, DidNotKnow, Measured, as_one
from engage.conversation.script import Prompt
from engage.db.session import Work
from engage.messaging.texts import Question
from engage.turns.on_the_page import PageSeen
from engage.turns.on_the_page import store as pages
from engage.turns.on_the_page.store import Linked
from engage.turns.page_links import KIND

Language = Annotated[
    str, QueryParameter(name="lang", max_length=2, description="en or es", required=False)
]
Spoken: TypeAlias = Literal["en", "es"]
_LANGUAGES: Final[tuple[Spoken, ...]] = ("en", "es")
_SPOKEN: Final[Mapping[str, Spoken]] = {one: one for one in _LANGUAGES}
_MOST_FIELDS: Final = 40
_LONGEST_TOKEN: Final = 64
_LONGEST_FIELD: Final = 80
_DECLINED, _UNKNOWN = "~declined", "~unknown"
"""Buttons that are no option of anything; an option's key never begins so."""


class Frame(Struct, frozen=True, kw_only=True):
    """What stands around a question."""

    words: Mapping[str, str]
    language: str
    practice: str
    support: str
    #: Whether who looks may say in which language they are texted.
    may_keep: bool = False

    def said(self, key: str, **values: str) -> str:
        """Return one of the page's sentences, escaped."""
        text = self.words[key]
        for name, value in {"practice": self.practice, "support": self.support, **values}.items():
            text = text.replace(f"{{{name}}}", value)
        return escape(text)


@get(
    "/answer/{token:str}",
    opt=ANYBODY,
    operation_id="showQuestion",
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
    """Show the question that is asked now. Looking changes nothing."""
    if page_paces.refuses(token, parts.clock.now()):
        return _too_often(request, lang)
    linked = await _follow(parts, token)
    if linked is None:
        missed = page_paces.missed(request, parts.clock.now())
        return _too_often(request, lang) if missed else _unknown(request, lang)
    async with parts.database.work([linked.practice_id]) as work:
        seen = await parts.turns.page_of(work, linked.practice_id, linked.screening_id)
        practice, support = await pages.called(work, linked.practice_id)
        own = await parts.turns.is_own_page(work, linked.practice_id, linked.screening_id)
    if seen is None:
        return _unknown(request, lang)
    frame = _frame(lang or seen.language, practice, support, may_keep=own)
    if not linked.usable:
        return _said(frame, "over", HTTPStatus.GONE)
    return _shown(parts, frame, seen, HTTPStatus.GONE)


@post(
    "/answer/{token:str}",
    opt=ANYBODY,
    operation_id="answerQuestion",
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
    """Take an answer, as a text would be taken, and show the next question."""
    if page_paces.refuses(token, parts.clock.now()):
        return _too_often(request, lang)
    linked = await _follow(parts, token)
    if linked is None:
        missed = page_paces.missed(request, parts.clock.now())
        return _too_often(request, lang) if missed else _unknown(request, lang)
    practice, screening = linked.practice_id, linked.screening_id
    said = _given(request.headers.get("content-type", ""), await request.body())
    put, given = said.question, said.answer

    async def act(work: Work) -> PageSeen | None:
        if linked.usable and said.speaks is not None:
            return await parts.turns.page_speaks(work, practice, screening, said.speaks)
        if not linked.usable or given is None:
            return await parts.turns.page_of(work, practice, screening)
        return await parts.turns.page_answered(work, practice, screening, put, given)

    seen = await in_turn(parts, act, practice)
    if seen is None:
        return _unknown(request, lang)
    async with parts.database.work([practice]) as work:
        own = await parts.turns.is_own_page(work, practice, screening)
        called = await pages.called(work, practice)
    frame = _frame(lang or seen.language, *called, may_keep=own)
    if not linked.usable:
        return _said(frame, "over", HTTPStatus.GONE)
    parts.bell.ring("outbox")
    parts.bell.ring("page")
    wrong = "refused" if seen.refused or given is None else "stale" if seen.stale else ""
    if said.speaks is not None:
        wrong = "kept" if own else ""
    return _shown(parts, frame, seen, HTTPStatus.OK, wrong)


async def _follow(parts: Parts, token: str) -> Linked | None:
    if not 1 <= len(token) <= _LONGEST_TOKEN:
        return None
    hashes = parts.vault.master.credential_hashes(KIND, token)
    async with parts.database.work() as work:
        return await pages.follow(work, hashes, parts.clock.now())


class _Given(Struct, frozen=True):
    """What a form says: which question it answers, and how; or which language they want."""

    question: str = ""
    #: None: none of ours.
    answer: Answer | None = None
    speaks: Spoken | None = None

    def __repr__(self) -> str:
        """Hide the answer."""
        return "_Given(…)"


def _given(content_type: str, body: bytes) -> _Given:
    if content_type.partition(";")[0].strip().lower() != FORM:
        return _Given()
    try:
        fields = parse_qs(body.decode("utf-8"), max_num_fields=_MOST_FIELDS)
    except ValueError:
        return _Given()
    speaks = _SPOKEN.get(fields.get("speaks", [""])[0])
    if speaks is not None:
        return _Given(speaks=speaks)
    put = fields.get("question", [""])[0][:_LONGEST_FIELD]
    pressed = [one[:_LONGEST_FIELD] for one in fields.get("answer", [])]
    numbers = [one.strip().replace(",", ".") for one in fields.get("number", [])]
    if _DECLINED in pressed:
        return _Given(put, Declined())
    if _UNKNOWN in pressed:
        return _Given(put, DidNotKnow())
    if numbers:
        try:
            return _Given(put, Measured.of("/".join(numbers)))
        except ValueError:
            return _Given(put)
    return _Given(put, as_one(pressed) if pressed else None)


# What is shown


@lru_cache(maxsize=1)
def _all_words() -> Mapping[str, Mapping[str, str]]:
    text = (resources.files("engage.api") / "screening_page.toml").read_text(encoding="utf-8")
    made = tomllib.loads(text)
    return {language: made[language] for language in _LANGUAGES}


def _frame(language: str, practice: str, support: str, *, may_keep: bool = False) -> Frame:
    spoken = _SPOKEN.get(language, "en")
    return Frame(
        words=_all_words()[spoken],
        language=spoken,
        practice=practice,
        support=support,
        may_keep=may_keep,
    )


def _unknown(request: Request[Any, Any, State], lang: str) -> Response[str]:
    frame = _frame(lang or spoken_by(request), "", "")
    return bare(f"<p>{frame.said('gone')}</p>", frame.language, status=HTTPStatus.NOT_FOUND)


def _too_often(request: Request[Any, Any, State], lang: str) -> Response[str]:
    frame = _frame(lang or spoken_by(request), "", "")
    return wait(f"<p>{frame.said('too-often')}</p>", frame.language)


def _said(frame: Frame, what: str, status: int = HTTPStatus.OK) -> Response[str]:
    body = f"<h1>{frame.said(what)}</h1><p>{frame.said(f'{what}-more')}</p>"
    return bare(body, frame.language, frame.practice, status)


def _shown(
    parts: Parts, frame: Frame, seen: PageSeen, ended: int, wrong: str = ""
) -> Response[str]:
    """Return the page as it stands; one that has ended says so, with a status of its own."""
    if seen.status != "asking" or seen.prompt is None:
        gone = seen.status in {"finished", "over"}
        return _said(frame, seen.status, ended if gone else HTTPStatus.OK)
    status = HTTPStatus.OK
    if wrong and wrong != "kept":
        status = HTTPStatus.CONFLICT if wrong == "stale" else HTTPStatus.UNPROCESSABLE_ENTITY
    question = parts.turns.question_of(seen.prompt.key)
    body = "".join(_asking(frame, seen, seen.prompt, question, wrong))
    return bare(body, frame.language, frame.practice, status)


def _asking(
    frame: Frame, seen: PageSeen, prompt: Prompt, question: Question | None, wrong: str
) -> Iterator[str]:
    other = "en" if frame.language == "es" else "es"
    yield f'<p><a href="?lang={other}" hreflang="{other}">{frame.said("other")}</a></p>'
    if frame.may_keep and frame.language != seen.language:
        yield f'<form method="post" action="?lang={frame.language}">'
        yield f'<button class="tap calm" name="speaks" value="{frame.language}">'
        yield f"{frame.said('keep')}</button></form>"
    if wrong == "kept":
        yield f"<p role=status>{frame.said(wrong)}</p>"
    elif wrong:
        yield f"<p role=alert><strong>{frame.said(wrong)}</strong></p>"
    yield f"<h1>{_worded(frame, prompt, question)}</h1>"
    yield f'<form method="post" action="?lang={frame.language}">'
    yield f'<input type="hidden" name="question" value="{escape(prompt.key)}">'
    if prompt.measure is not None:
        yield from _numbers(frame, prompt)
    elif prompt.several:
        yield f"<p>{frame.said('several')}</p>"
        for key, label in _choices(frame, prompt, question):
            box = f'<input type="checkbox" name="answer" value="{escape(key)}">'
            yield f"<label>{box} {label}</label>"
        yield f"<button>{frame.said('send')}</button>"
    else:
        for key, label in _choices(frame, prompt, question):
            yield _tap(key, label, "tap")
    yield "</form>"
    # A form of its own: a half-filled one can be left without an answer.
    yield f'<form method="post" action="?lang={frame.language}">'
    yield f'<input type="hidden" name="question" value="{escape(prompt.key)}">'
    yield _tap(_UNKNOWN, frame.said("unknown-answer"), "tap calm")
    yield _tap(_DECLINED, frame.said("declined"), "tap calm")
    yield "</form>"
    counted = frame.said("left", count=str(seen.left)) if seen.left > 1 else frame.said("last")
    yield f"<p>{counted}. {frame.said('intro')}</p><p>{frame.said('questions')}</p>"


def _tap(key: str, label: str, style: str) -> str:
    return f'<button class="{style}" name="answer" value="{escape(key)}">{label}</button>'


def _numbers(frame: Frame, prompt: Prompt) -> Iterator[str]:
    parts = prompt.measure.parts if prompt.measure else ()
    for place, _ in enumerate(parts):
        label = frame.said("number") + (f" {place + 1}" if len(parts) > 1 else "")
        yield (
            f'<label>{label} <input name="number" inputmode="decimal" autocomplete="off" '
            'maxlength="9" required></label>'
        )
    yield f"<button>{frame.said('send')}</button>"


def _worded(frame: Frame, prompt: Prompt, question: Question | None) -> str:
    if question is None:
        return frame.said("help-want" if prompt.key == "help.want" else "help-first")
    return escape(question.text.get(frame.language) or question.text["en"])


def _choices(frame: Frame, prompt: Prompt, question: Question | None) -> Iterator[tuple[str, str]]:
    """Yield what can be tapped: the options as they are worded, but not the one for both unsures.

    "Don't know or won't say" is two buttons of the page, so nobody has to be asked which.
    """
    if question is None:
        for option in prompt.options:
            if prompt.key == "help.want":
                yield option.key, frame.said(f"help-{option.key}")
            else:
                nth = frame.words[f"nth-{option.number}"]
                yield option.key, frame.said("help-nth", nth=nth)
        return
    worded = {one.number: one.text for one in question.choices}
    for option in prompt.options:
        if option.meaning != "combined-unsure":
            text = worded[option.number]
            yield option.key, escape(text.get(frame.language) or text["en"])
