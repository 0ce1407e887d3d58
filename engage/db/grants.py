"""Who may do what in the database, as data; applied after every migration.

Least privilege: no login but the owner changes the schema, nobody touches a partition directly, and
the tables outside the wall are reached through functions only. Ledgers (audit, consent,
receipts, reports, answers) can be added to, never changed. The catalogue test reads this table.
"""

from typing import Literal, TypeAlias

Login: TypeAlias = Literal["app", "worker", "auditor"]

LEDGERS = (
    "audit",
    "consent_event",
    "receipt",
    "text_key",
    "delivery_report",
    "answer",
    "feed",
    "correction",
    "answer_undone",
    "contact_attempt",
    "need_event",
    "referral_event",
    "appointment_event",
    "ride_event",
    "time_spent",
    "item_note",
    "escalation_rules",
    "practice_change",
    "restricted_read",
    "invitation_wish",
)
"""INSERT and SELECT only."""

RECORDS = (
    "practice",
    "staff",
    "membership",
    "cover",
    "patient",
    "caregiver",
    "caregiver_of",
    "assignment",
    "care_team_member",
    "phone",
    "phone_use",
    "phone_state",
    "practice_number",
    "practice_key",
    "line",
    "thread",
    "message",
    "screening",
    "conversation",
    "queue_item",
    "paging",
    "page",
    "page_test",
    "flag",
    "idempotency",
    "simulator_text",
    "number_pace",
    "sending_day",
    "sending",
    "undo",
    "merger",
    "candidate",
    "check_in_plan",
    "check_in",
    "discharge",
    "hl7_message",
    "organization",
    "service",
    "need",
    "referral",
    "place",
    "appointment",
    "ride",
    "schedule",
    "slot",
    "reminder_rule",
    "visit_notice",
    "visit_talk",
    "waiting",
    "slot_offer",
    "visit_wish",
    "caregiver_grant",
    "family_rule",
    "unsafe_contact",
    "invitation",
    "errand",
    "family_document",
    "family_news",
    "rescreen_rule",
    "rescreen",
    "letter",
    "closing",
    "alarm",
    "canary",
    "item_merger",
    "item_presence",
    "canned_reply",
    "saved_view",
    "duty",
    "on_call",
    "text_review",
    "restriction",
    "glass",
    "glass_notice",
)
"""INSERT, SELECT and UPDATE: nothing about care is ever deleted by the application."""

PASSING = ("timer", "sync_point", "strain_check")
"""Rows that are used up, or taken back by whose they are: DELETE as well."""

OUTSIDE = (
    "door",
    "credential",
    "due",
    "lane",
    "lineage",
    "hl7_sender",
    "staff_phone",
    "push_subscription",
    "sign_in",
    "refresh_token",
    "staff_secret",
    "recovery_code",
    "sign_in_step",
    "sign_in_code",
    "sign_in_try",
    "page_key",
    "passkey",
    "passkey_challenge",
    "organisation_round",
)
"""Outside the wall: no privilege on the table for anybody."""

FUNCTIONS: dict[str, tuple[Login, ...]] = {
    "month_floor(timestamptz)": ("app", "worker"),
    "uuid7_at(timestamptz)": ("app", "worker"),
    "enter(uuid[], uuid)": ("app", "worker", "auditor"),
    "authenticate(bytea, timestamptz)": ("app",),
    "signed_in(uuid, uuid, timestamptz)": ("app",),
    "phone_people(uuid[], bytea[], timestamptz)": ("app",),
    "family_phone(uuid, text, uuid)": ("app",),
    "turn_context(uuid, uuid, uuid, timestamptz)": ("app", "worker"),
    "turn_open(uuid, uuid, uuid, timestamptz)": ("app", "worker"),
    "turn_save(jsonb)": ("app", "worker"),
    "text_behind(uuid, uuid, uuid, timestamptz)": ("app", "worker"),
    "text_timing(uuid, uuid, uuid, uuid, uuid, timestamptz)": ("app", "worker"),
    "text_burst(uuid, uuid, uuid, timestamptz)": ("app", "worker"),
    "line_siblings(uuid, uuid, uuid)": ("app", "worker"),
    "line_for(uuid, uuid, uuid, timestamptz)": ("app", "worker"),
    "phone_for(uuid, uuid, bytea, bytea, timestamptz)": ("app", "worker"),
    "text_in(uuid, uuid, text, text, uuid, uuid, bytea, bytea, bytea, integer, text, timestamptz, "
    "boolean)": ("app", "worker"),
    "restricted_standing(uuid[], uuid[], uuid, timestamptz)": ("app", "worker"),
    # Triggers: nobody calls them.
    "due_place()": (),
    "due_claimed()": (),
    "door_watched()": (),
    "line_born()": (),
    "line_told()": (),
    "item_wakes()": (),
    "flag_wakes()": (),
    "paging_rules()": (),
    "feed_told()": (),
}
"""Functions that run with the caller's own rights."""

DEFINER: dict[str, tuple[Login, ...]] = {
    "door_open(text, text)": ("app", "worker"),
    "door_practices()": ("app", "worker"),
    "door_known(text)": ("app", "worker"),
    "door_hang(text, text, uuid, uuid)": ("app",),
    "hl7_sender_find(text, text)": ("app", "worker"),
    "hl7_sender_add(text, text, uuid, uuid, text, timestamptz)": ("app",),
    "credential_find(text, bytea, timestamptz)": ("app",),
    "credential_add(text, bytea, uuid, timestamptz, timestamptz)": ("app",),
    "credential_revoke(text, bytea, timestamptz)": ("app",),
    "sign_in_allow(text[], bytea[], integer[], integer[], timestamptz)": ("app",),
    "sign_in_step_add(text, bytea, uuid, timestamptz, timestamptz)": ("app",),
    "sign_in_step_try(text[], bytea[], integer, timestamptz)": ("app",),
    "sign_in_step_end(bytea[], timestamptz)": ("app",),
    "staff_secret_of(uuid)": ("app",),
    "staff_secret_offer(uuid, bytea, bytea)": ("app",),
    "staff_secret_confirm(uuid, bigint, bytea[], timestamptz)": ("app",),
    "staff_totp_use(uuid, bigint)": ("app",),
    "recovery_code_use(uuid, bytea, timestamptz)": ("app",),
    "sign_in_begin(uuid, text, uuid, uuid, uuid, text, bytea, integer, timestamptz, timestamptz)": (
        "app",
    ),
    "sign_in_refresh(bytea[], bytea, integer, timestamptz)": ("app",),
    "sign_in_find(uuid, uuid, timestamptz)": ("app",),
    "sign_in_list(uuid, timestamptz)": ("app",),
    "sign_in_end(uuid, uuid, text, timestamptz)": ("app",),
    "sign_in_narrow(uuid, uuid, text[])": ("app",),
    "organisation_round_put(uuid, bytea, bytea, bytea, timestamptz, timestamptz)": ("app",),
    "organisation_round_take(bytea[], bytea[], timestamptz)": ("app",),
    "sign_in_proved(uuid, uuid)": ("app",),
    "sign_in_prove(uuid, uuid, timestamptz)": ("app",),
    "credential_made(text, bytea[])": ("app",),
    "page_key_add(bytea, uuid, uuid, timestamptz)": ("app",),
    "page_key_open(bytea[], boolean, timestamptz)": ("app",),
    "passkey_challenge_put(bytea, text, bytea, timestamptz, timestamptz)": ("app",),
    "passkey_challenge_take(bytea[], text, bytea[], timestamptz)": ("app",),
    "passkey_add(uuid, text, uuid, uuid, text, text, bigint, boolean, integer, timestamptz)": (
        "app",
    ),
    "passkey_list(text, uuid)": ("app",),
    "passkey_find(text)": ("app",),
    "passkey_used(uuid, bigint, timestamptz)": ("app",),
    "passkey_end(text, uuid, uuid, timestamptz)": ("app",),
    "sign_in_code_put(uuid, bytea, text, bytea, bytea, bytea, bytea, timestamptz, timestamptz)": (
        "app",
    ),
    "sign_in_link_take(bytea[], bytea[], integer, timestamptz)": ("app",),
    "sign_in_code_try(bytea[], text, bytea[], bytea[], integer, timestamptz)": ("app",),
    "staff_phone_put(uuid, bytea, timestamptz)": ("app",),
    "staff_phone_of(uuid)": ("app", "worker"),
    "push_put(uuid, text, uuid, uuid, uuid, bytea[], text, bytea, timestamptz, integer)": ("app",),
    "push_list(text, uuid, timestamptz)": ("app", "worker"),
    "push_end(text, uuid, uuid, text, timestamptz)": ("app", "worker"),
    "staff_pagers(uuid[])": ("app", "worker"),
    "news_soon(uuid, uuid, timestamptz)": ("app", "worker"),
    "news_rests(uuid, integer, timestamptz)": ("worker",),
    "link_add(text, bytea, uuid, uuid, timestamptz, timestamptz)": ("app", "worker"),
    "link_open(text, bytea[], timestamptz)": ("app",),
    "link_revoke(text, uuid, uuid, timestamptz)": ("app", "worker"),
    "due_set(text, uuid, uuid, timestamptz)": ("app", "worker"),
    "due_done(text, uuid)": ("app", "worker"),
    "due_wait(text, uuid, timestamptz)": ("worker",),
    "due_claim(text, timestamptz, timestamptz, integer)": ("worker",),
    "due_hold(text, uuid[], timestamptz[], timestamptz)": ("worker",),
    "outbox_claim(timestamptz, timestamptz, integer)": ("worker",),
    "outbox_lapsed(timestamptz, timestamptz, integer)": ("worker",),
    "outbox_rank(uuid)": ("app", "worker"),
    "lane_close(uuid, uuid, timestamptz, timestamptz)": ("app", "worker"),
    "due_counts(timestamptz)": ("app", "worker", "auditor"),
    "ensure_partitions(timestamptz, integer)": ("worker",),
    "lineage_beat(bigint, timestamptz)": ("worker",),
    "lineage_restored()": ("app", "worker", "auditor"),
    "lineage_resumed()": ("app", "worker"),
    "fresh_figures()": ("app",),
    "audit_practices()": ("auditor",),
    "audit_due(timestamptz)": ("auditor",),
    "audit_lost(timestamptz)": ("auditor",),
    "audit_stopped(timestamptz)": ("auditor",),
}
"""The only SECURITY DEFINER functions there are, and who may call them."""

AUDITOR_COLUMNS = {
    "queue_item": "practice_id, id, severity, urgency, status, owner_id, due_at, opened_at, "
    "waiting_since, claimed_at, first_touch_at, closed_at, version",
    "paging": "practice_id, item_id, step, started_at, next_at, acknowledged_at, lease_until, "
    "ended_at",
    "page": "practice_id, id, item_id, step, channel, at, status, told_at",
    "message": "practice_id, id, direction, status, at, sending_at, status_at, handled_at, tries",
    "membership": "practice_id, staff_id, role, from_at, until_at",
    "staff": "id, active",
    "cover": "practice_id, absent_id, cover_id, from_at, until_at",
    "flag": "practice_id, id, item_id, at, withdrawn_at",
    "feed": "practice_id, id, transaction, at",
    "delivery_report": "practice_id, message_id, at",
    "sending": "practice_id, effect, since",
    "canary": "practice_id, id, sent_at, recorded_at, read_at, decided_at, passed_at",
}
"""The auditor counts; it can't read a name, a number, a text, a reason or an answer."""


def statements(logins: dict[Login, str]) -> list[str]:
    """Return the SQL that gives each login (role name by kind) its rights, and no more."""
    names = {kind: _quoted(name) for kind, name in logins.items()}
    everyone = ", ".join(names.values())
    lines = [
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {everyone}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {everyone}",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, {everyone}",
        f"REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC, {everyone}",
        f"GRANT SELECT ON alembic_version TO {everyone}",
    ]
    both = f"{names['app']}, {names['worker']}"
    lines += [f"GRANT SELECT, INSERT ON {table} TO {both}" for table in LEDGERS]
    lines += [f"GRANT SELECT, INSERT, UPDATE ON {table} TO {both}" for table in RECORDS]
    lines += [f"GRANT SELECT, INSERT, DELETE ON {table} TO {both}" for table in PASSING]
    lines += [
        f"GRANT SELECT ({columns}) ON {table} TO {names['auditor']}"
        for table, columns in AUDITOR_COLUMNS.items()
    ]
    for functions in (FUNCTIONS, DEFINER):
        lines += [
            f"GRANT EXECUTE ON FUNCTION {function} TO {', '.join(names[k] for k in kinds)}"
            for function, kinds in functions.items()
            if kinds
        ]
    return lines


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
