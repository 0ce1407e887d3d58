"""The app: every route, the guard, the problems and the envelope, put together from `Parts`.

No global state: two apps in one process share nothing but the description of their routes. Lifespan
opens nothing either, since wiring hands over what is open; it only lets go of what the app opened.
"""

import asyncio
from collections.abc import Sequence
from functools import cache
from typing import Any

from litestar import Litestar, Response, Router, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from msgspec import Struct

from engage.api import (
    actions,
    administration,
    appointments,
    attempts,
    attribution,
    board,
    bulk,
    calendars,
    candidates,
    canned_replies,
    caregivers,
    checkins,
    codes,
    consent,
    context,
    coverage,
    day_lists,
    demo,
    desk,
    documents,
    events,
    explanations,
    grants,
    health,
    history,
    instruments,
    leave,
    links,
    load,
    me,
    measures,
    merging,
    needs,
    openapi,
    organisation,
    organizations,
    page_tests,
    pagers,
    passkeys,
    passwords,
    patients,
    places,
    presence,
    previews,
    queue,
    reachability,
    referral_page,
    referrals,
    reminding,
    rescreening,
    ride_days,
    rides,
    safe_phones,
    saved_views,
    schedules,
    screened,
    screening_links,
    screening_page,
    screenings,
    scripts,
    sign_in,
    sign_ins,
    simulator,
    slots,
    stays,
    step_up,
    texting,
    threads,
    video,
    video_page,
    visit_answers,
    waiting,
    webhooks,
)
from engage.api.auth.guard import (
    PARTS,
    guard,
    provide_guest,
    provide_relative,
    provide_visit,
    refuse_foreign_names,
)
from engage.api.auth.marks import ANYBODY
from engage.api.envelope import Envelope, Metrics
from engage.api.family import routes as families
from engage.api.page_pace import PagePaces
from engage.api.parts import Parts
from engage.api.problems import answer
from engage.api.reading import MOST_BYTES, JsonRequest
from engage.api.restricted import routes as restricted
from engage.api.simulator import Handset

V1 = (
    sign_in.sign_in,
    sign_in.sign_out,
    passwords.present_password,
    passwords.present_second_factor,
    passwords.accept_invitation,
    passwords.invite_staff,
    codes.ask_for_code,
    codes.verify_code,
    links.ask_for_link,
    links.verify_link,
    organisation.get_organisation,
    organisation.ask_organisation,
    organisation.present_organisation,
    passkeys.ask_for_passkey,
    passkeys.present_passkey,
    passkeys.prepare_passkey,
    passkeys.add_passkey,
    passkeys.list_passkeys,
    passkeys.remove_passkey,
    step_up.ask_for_proof,
    step_up.ask_for_proof_code,
    step_up.step_up,
    sign_ins.refresh,
    sign_ins.log_out,
    sign_ins.list_sign_ins,
    sign_ins.end_sign_in,
    me.get_me,
    *families.ROUTES,
    pagers.post_subscription,
    pagers.list_subscriptions,
    pagers.delete_subscription,
    pagers.get_ways,
    pagers.put_phone,
    page_tests.send_test,
    page_tests.confirm_test,
    patients.list_patients,
    patients.post_patient,
    patients.get_one_patient,
    patients.patch_patient,
    texting.get_texting,
    consent.get_consent,
    consent.post_consent,
    consent.post_enrolment,
    history.get_timeline,
    context.get_context,
    attribution.get_attribution,
    attribution.post_attribution,
    attribution.post_claim_texts,
    merging.list_merged,
    merging.post_merge,
    merging.post_unmerge,
    instruments.list_instruments,
    screened.list_screenings,
    screenings.post_screening,
    screenings.get_screening,
    screenings.post_answers,
    screening_links.post_screening_link,
    rescreening.list_rules,
    rescreening.put_rule,
    rescreening.list_rescreens,
    rescreening.put_rescreen,
    rescreening.get_wishes,
    rescreening.put_wishes,
    needs.list_needs,
    needs.post_status,
    referrals.post_referral,
    referrals.post_referral_status,
    referrals.post_link,
    organizations.list_organizations,
    checkins.post_plan,
    checkins.patch_plan,
    checkins.list_check_ins,
    scripts.list_scripts,
    documents.list_documents,
    documents.post_document,
    documents.get_content,
    documents.delete_document,
    attempts.list_attempts,
    attempts.post_attempt,
    stays.list_discharges,
    stays.post_discharge,
    places.list_places,
    places.post_place,
    places.patch_place,
    schedules.list_schedules,
    schedules.post_schedule,
    schedules.patch_schedule,
    slots.list_slots,
    slots.post_slots,
    slots.patch_slot,
    waiting.list_waiting,
    waiting.post_waiting,
    waiting.delete_waiting,
    reminding.get_reminders,
    reminding.put_reminders,
    reminding.get_wish,
    reminding.put_wish,
    appointments.list_appointments,
    appointments.post_appointment,
    appointments.get_appointment,
    appointments.patch_appointment,
    appointments.post_status,
    visit_answers.post_answer,
    video.post_telehealth,
    day_lists.post_day_list,
    calendars.get_file,
    calendars.post_calendar,
    calendars.delete_calendar,
    calendars.read_calendar,
    rides.list_rides,
    rides.post_ride,
    rides.get_ride,
    rides.post_ride_status,
    ride_days.list_day,
    ride_days.print_day,
    caregivers.list_caregivers,
    caregivers.post_caregiver,
    grants.list_grants,
    grants.post_grant,
    grants.post_end,
    grants.get_grant,
    grants.patch_grant,
    grants.delete_grant,
    safe_phones.put_safety,
    board.list_queue,
    board.count_queue,
    queue.get_item,
    explanations.get_explanation,
    queue.post_claim,
    queue.post_acknowledge,
    queue.post_release,
    queue.post_complete,
    desk.post_snooze,
    desk.post_hand_over,
    desk.get_handover,
    desk.post_reopen,
    desk.post_merge_items,
    desk.post_unmerge_items,
    desk.post_note,
    presence.put_presence,
    bulk.post_bulk,
    canned_replies.list_replies,
    canned_replies.post_reply,
    canned_replies.patch_reply,
    saved_views.get_views,
    saved_views.put_views,
    coverage.list_staff,
    coverage.put_duty,
    leave.list_covers,
    leave.preview_leave,
    leave.post_cover,
    leave.patch_cover,
    load.get_load,
    load.list_late,
    candidates.post_relabel,
    candidates.list_candidates,
    candidates.post_candidate_decision,
    reachability.list_unreached,
    reachability.count_unreached,
    measures.get_measures,
    *restricted.ROUTES,
    threads.list_messages,
    threads.post_message,
    actions.post_undo,
    *administration.ROUTES,
    previews.post_preview,
    events.stream_events,
)
DOORS = (
    webhooks.receive_text,
    webhooks.receive_text_again,
    webhooks.receive_report,
    webhooks.answer_call,
    referral_page.show,
    referral_page.answer,
    screening_page.show,
    screening_page.answer,
    links.show_link,
    video_page.show,
    video_page.go,
    health.live,
    health.ready,
    health.metrics,
)
ROUTES = (Router("/v1", route_handlers=V1), *DOORS)
SIMULATOR = (
    simulator.simulate_text,
    simulator.list_simulated,
    demo.list_people,
    demo.read_handset,
    demo.sign_in_demo,
)
HANDSETS = Router("/", route_handlers=SIMULATOR, guards=[refuse_foreign_names])


HELD, INNER = "engage_held", "engage_inner"


@cache
def description() -> bytes:
    """Return the OpenAPI document: the same with every carrier, so that a client is built once.

    It takes most of a second to draw: not before somebody asks, and then once a process.
    """
    names = ("parts", "counters", "handset", "visit", "guest", "relative", "page_paces")
    nothing = {name: Provide(lambda: None, sync_to_thread=False) for name in names}
    return openapi.document([*ROUTES, HANDSETS], nothing)


class Held(Struct):
    """What an app serves with: everything of it that is not its routes."""

    parts: Parts
    counters: Metrics
    handset: Handset | None
    page_paces: PagePaces

    @classmethod
    def of(cls, parts: Parts) -> "Held":
        """Begin to count, with nobody's pace known."""
        handset = None if parts.post is None else Handset(parts, parts.post)
        return cls(parts, Metrics(), handset, PagePaces())


def create_app(parts: Parts, *, extra: Sequence[Any] = ()) -> Litestar:
    """Build the app. `extra` are further route handlers (the pages), guarded like the rest."""
    held = Held.of(parts)
    dependencies: dict[str, Any] = {
        "parts": Provide(lambda: held.parts, sync_to_thread=False),
        "counters": Provide(lambda: held.counters, sync_to_thread=False),
        "handset": Provide(lambda: held.handset, sync_to_thread=False),
        "visit": Provide(provide_visit),
        "guest": Provide(provide_guest),
        "relative": Provide(provide_relative),
        "page_paces": Provide(lambda: held.page_paces, sync_to_thread=False),
    }

    @get("/openapi.json", opt=ANYBODY, include_in_schema=False, media_type="application/json")
    async def describe() -> Response[bytes]:
        # In a thread: nobody's text waits for the drawing.
        text = await asyncio.to_thread(description)
        return Response(content=text, media_type="application/json")

    app = Litestar(
        route_handlers=[*ROUTES, describe, *((HANDSETS,) if held.handset else ()), *extra],
        guards=[guard],
        dependencies=dependencies,
        exception_handlers={HTTPException: answer, Exception: answer},
        request_class=JsonRequest,
        request_max_body_size=MOST_BYTES,
        openapi_config=None,
        logging_config=None,
        debug=False,
        state=State({HELD: held, INNER: None}),
    )
    app.state[INNER] = app.asgi_handler
    hand_over(app, parts, held)
    return app


def hand_over(app: Litestar, parts: Parts, held: Held | None = None) -> None:
    """Let an app that nobody asks any more serve another house, with or without handsets as before.

    To build one takes a third of a second; tests, each with a house of its own, would pay it nine
    hundred times.
    """
    fresh = held or Held.of(parts)
    ours: Held = app.state[HELD]
    if (fresh.handset is None) != (ours.handset is None):
        message = "an app keeps its routes"
        raise ValueError(message)
    ours.parts, ours.counters = fresh.parts, fresh.counters
    ours.handset, ours.page_paces = fresh.handset, fresh.page_paces
    app.state[PARTS] = parts
    app.asgi_handler = Envelope(
        app.state[INNER],
        clock=parts.clock,
        metrics=fresh.counters,
        methods={route.path_format: route.methods for route in app.routes},
        secure=parts.settings.public_url.startswith("https://"),
    )
