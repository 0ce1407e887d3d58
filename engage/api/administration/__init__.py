"""What administrators set, outward; supervisors may read it. Each change says what it was before.

Whatever is set here counts from the next thing it is asked for: a due time, a page, a request. This
room refuses to loosen what is under way: open work keeps its rules of escalation, and what can't
wait its minutes; due times that business hours explain follow them.
"""

from engage.api.administration import (
    escalation,
    families,
    members,
    organizations,
    practice,
    rota,
    texts,
)

ROUTES = (
    practice.get_one_practice,
    practice.patch_practice,
    practice.get_holidays,
    practice.put_holidays,
    practice.list_changes,
    escalation.get_escalation,
    escalation.put_escalation,
    families.get_family_rule,
    families.put_family_rule,
    rota.list_on_call,
    rota.post_on_call,
    rota.patch_on_call,
    texts.list_reviews,
    texts.post_signatures,
    texts.post_withdrawal,
    members.post_staff,
    members.put_roles,
    members.patch_staff,
    organizations.list_own,
    organizations.post_organization,
    organizations.put_organization,
)
"""In the order of the description."""
