"""Wordings that a named person has to sign before a real carrier may send them, and who has.

The deployment's own file (ENGAGE_TEXT_REVIEWS) decides whether a process starts with a real
carrier; `engage texts --signed` prints what was signed here as entries for it. This room refuses a
signature under words that were not shown.
"""

import asyncio
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.once import Made, in_turn, made
from engage.api.parts import Parts
from engage.api.practices import chosen_practice
from engage.checkins.script import load_all
from engage.clock import fresh_id
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import PracticeId, StaffId
from engage.people.administration import note
from engage.people.fields import Language
from engage.turns import reviews
from engage.turns.library import Library
from engage.turns.signed import (
    LONGEST_REVIEWER,
    Signed,
    Standing,
    State,
    read_reviewer,
    signable,
    standings,
    store,
)

MOST_AT_ONCE = 100
Spoken = Annotated[Language | None, QueryParameter(required=False)]
Standings = Annotated[State | None, QueryParameter(name="state", required=False)]


class NumberOut(Struct, frozen=True):
    """A number that the words tell people to call, and when somebody last looked at it."""

    number: str
    last_checked: date


class TextReviewOut(Struct, frozen=True, kw_only=True):
    """A wording that needs a signature."""

    text_id: str
    language: Language
    words: Annotated[str, Meta(description="{names} are filled in; answers stand below.")]
    sha256: Annotated[str, Meta(description="Of these words; sign exactly this.")]
    segments: Annotated[int, Meta(ge=1, description="As they stand here, unfilled.")]
    numbers: tuple[NumberOut, ...]
    state: Annotated[
        State, Meta(description="changed: somebody signed, and the words are others now.")
    ]
    reviewer: str | None
    signed_on: date | None
    signed_by: Annotated[StaffId | None, Meta(description="null: in the deployment's own file.")]


class TextReviewList(Struct, frozen=True):
    """All of them, safety texts first; there is one page."""

    items: tuple[TextReviewOut, ...]
    next: None = None


class WordingIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One wording, by exactly its words."""

    text_id: Annotated[str, Meta(min_length=1, max_length=120)]
    language: Language
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class SignIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Wordings that somebody has read and stands for."""

    reviewer: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=LONGEST_REVIEWER,
            description="Who has read them, and what qualifies them.",
            examples=["Alma Ruiz, certified translator"],
        ),
    ]
    texts: Annotated[tuple[WordingIn, ...], Meta(min_length=1, max_length=MOST_AT_ONCE)]


class WithdrawIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Wordings that the practice's signatures hold for no more."""

    texts: Annotated[tuple[WordingIn, ...], Meta(min_length=1, max_length=MOST_AT_ONCE)]


@get(
    "/practices/{practice_id:uuid}/texts",
    opt=needs("administration.read"),
    operation_id="listTextReviews",
    summary="Wordings that need a signature, and how each stands",
)
async def list_reviews(
    practice_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    language: Spoken = None,
    stands: Standings = None,
) -> TextReviewList:
    """Return each wording with its words as they are now."""
    practice = chosen_practice(visit, PracticeId(practice_id))
    async with parts.database.work([practice]) as work:
        found = await _standings(work, parts, practice)
    return TextReviewList(
        tuple(
            _out(one)
            for one in sorted(found, key=lambda one: not one.draft.id.startswith("safety."))
            if language in (None, one.draft.language) and stands in (None, one.state)
        )
    )


@post(
    "/practices/{practice_id:uuid}/texts/signatures",
    opt=needs("practice.write"),
    operation_id="signTexts",
    summary="Sign wordings for a practice",
    status_code=200,
)
async def post_signatures(
    practice_id: FromPath[UUID],
    data: JSONBody[SignIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[TextReviewList]:
    """Write who stands for these words; all of them or none."""
    practice, at = chosen_practice(visit, PracticeId(practice_id)), parts.clock.now()
    reviewer, drafts = read_reviewer(data.reviewer), _drafts(parts)
    meant = [signable(drafts, one.text_id, one.language, one.sha256) for one in data.texts]

    async def act(work: Work) -> Made:
        for one in dict.fromkeys(meant):
            new = Signed(
                id=fresh_id(parts.clock),
                text_id=one.id,
                language=one.language,
                sha256=one.sha256,
                reviewer=reviewer,
                signed_by=visit.staff_id,
                signed_at=at,
            )
            await store.sign(work, practice, new)
            await note(
                work,
                practice,
                visit.staff_id,
                at,
                "texts",
                new.id,
                None,
                new,
                action="text.sign",
            )
        return Made(await _these(work, parts, practice, data.texts))

    return made(await in_turn(parts, act, practice), TextReviewList)


@post(
    "/practices/{practice_id:uuid}/texts/withdrawals",
    opt=needs("practice.write"),
    operation_id="withdrawTexts",
    summary="Withdraw a practice's signatures",
    status_code=200,
)
async def post_withdrawal(
    practice_id: FromPath[UUID],
    data: JSONBody[WithdrawIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[TextReviewList]:
    """Let them hold no more, whatever words they were for; NotFound if one is not there."""
    practice, at = chosen_practice(visit, PracticeId(practice_id)), parts.clock.now()

    async def act(work: Work) -> Made:
        before = {(one.text_id, one.language): one for one in await store.signed_of(work, practice)}
        for named in dict.fromkeys((one.text_id, one.language) for one in data.texts):
            gone = before.get(named)
            if gone is None:
                raise NotFound
            await store.withdraw(work, practice, *named, visit.staff_id, at)
            await note(
                work,
                practice,
                visit.staff_id,
                at,
                "texts",
                gone.id,
                gone,
                None,
                action="text.withdraw",
            )
        return Made(await _these(work, parts, practice, data.texts))

    return made(await in_turn(parts, act, practice), TextReviewList)


def _drafts(parts: Parts) -> tuple[reviews.Draft, ...]:
    # Only wordings are asked for: no script has to be built for that.
    return reviews.unsigned(Library(parts.instruments, {}, parts.catalogue, {}, load_all()))


async def _these(
    work: Work, parts: Parts, practice: PracticeId, named: tuple[WordingIn, ...]
) -> TextReviewList:
    meant = {(one.text_id, one.language) for one in named}
    found = await _standings(work, parts, practice)
    return TextReviewList(
        tuple(_out(one) for one in found if (one.draft.id, one.draft.language) in meant)
    )


async def _standings(work: Work, parts: Parts, practice: PracticeId) -> tuple[Standing, ...]:
    filed = await asyncio.to_thread(_filed, parts.settings.text_reviews, practice)
    return standings(_drafts(parts), await store.signed_of(work, practice), filed)


def _filed(path: Path | None, practice: PracticeId) -> tuple[reviews.Review, ...]:
    """Return what the deployment's file signs for a practice; a file that is away signs nothing."""
    if path is None:
        return ()
    try:
        found = reviews.parse(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, reviews.ReviewsInvalid):
        return ()
    return tuple(one for one in found if one.practice in {None, practice})


def _out(one: Standing) -> TextReviewOut:
    signed, review = one.signed, one.review
    signed_on: date | datetime | None = review.date if review else None
    if signed is not None:
        signed_on = signed.signed_at.date()
    return TextReviewOut(
        text_id=one.draft.id,
        language="es" if one.draft.language == "es" else "en",
        words=one.draft.words,
        sha256=one.draft.sha256,
        segments=one.segments,
        numbers=tuple(NumberOut(each.number, each.last_checked) for each in one.numbers),
        state=one.state,
        reviewer=signed.reviewer if signed else (review.reviewer if review else None),
        signed_on=signed_on,
        signed_by=signed.signed_by if signed else None,
    )
