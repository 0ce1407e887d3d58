"""The routes of families, in the order in which they are described."""

from typing import Any

from engage.api import safe_phones
from engage.api.family import (
    care,
    checkin,
    errands,
    invitations,
    messages,
    people,
    sharing,
    strain,
    sync,
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
    errands.list_tasks,
    errands.list_members,
    errands.post_task,
    errands.post_claim,
    errands.post_decline,
    errands.post_hand_over,
    errands.post_done,
    errands.post_reopen,
    checkin.get_check_in,
    checkin.post_answer,
    messages.list_messages,
    messages.post_message,
    sharing.get_sharing,
    sharing.put_sharing,
    sharing.stop_sharing,
    safe_phones.put_my_safety,
    sharing.list_seen,
    invitations.post_invitation,
    invitations.post_my_invitation,
    invitations.look,
    invitations.accept,
    strain.list_strain,
    strain.post_strain,
    strain.forget_strain,
    sync.get_sync,
    sync.stream_events,
)
