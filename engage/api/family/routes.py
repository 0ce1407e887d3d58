"""The routes of families, in the order in which they are described."""

from typing import Any

from engage.api.family import (
    care,
    checkin,
    invitations,
    messages,
    people,
    sharing,
    sync,
    tasks,
)

ROUTES: tuple[Any, ...] = (
    people.list_family,
    people.get_today,
    people.leave,
    care.list_visits,
    care.get_file,
    care.post_answer,
    care.list_rides,
    care.list_needs,
    tasks.list_tasks,
    tasks.list_members,
    tasks.post_task,
    tasks.post_claim,
    tasks.post_decline,
    tasks.post_hand_over,
    tasks.post_done,
    tasks.post_reopen,
    checkin.get_check_in,
    checkin.post_answer,
    messages.list_messages,
    messages.post_message,
    sharing.get_sharing,
    sharing.put_sharing,
    sharing.stop_sharing,
    sharing.list_seen,
    invitations.post_invitation,
    invitations.post_my_invitation,
    invitations.look,
    invitations.accept,
    sync.get_sync,
    sync.stream_events,
)
