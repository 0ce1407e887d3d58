"""May we text this person now, and if not, why not.

Pure (p). One function answers at the last moment before a text leaves and on the patient's page, so
both always agree; the words for the reasons stand in the catalogue. It refuses to know why a text
was wanted: wishes end here.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

TextKind: TypeAlias = Literal["reply", "check-in", "screening", "staff", "consent", "safety"]
WhyNot: TypeAlias = Literal["no-phone", "patient-inactive", "opted-out"]


class Facts(Struct, frozen=True):
    """What the answer depends on, as it stands at this moment."""

    #: The number is one of theirs now: a phone that changed hands gets nothing more.
    has_phone: bool
    #: True as well for a line that is nobody's yet: an unknown sender can be answered.
    patient_active: bool
    opted_out: bool


class May(Struct, frozen=True, tag="may"):
    """Yes."""


class MayNot(Struct, frozen=True, tag="may-not"):
    """No, and the first of the reasons that would have to change."""

    reason: WhyNot


def may_text(facts: Facts, kind: TextKind) -> May | MayNot:
    """Say whether a text of a kind may go out under these facts."""
    if not facts.has_phone:
        return MayNot("no-phone")
    if not facts.patient_active and kind != "safety":
        # Whoever writes in a crisis reads where help is, a patient of ours or not.
        return MayNot("patient-inactive")
    if facts.opted_out and kind not in {"consent", "safety"}:
        # STOP beats everything but what is said about consent itself, and the one safe text that
        # is attempted for a crisis (promises D6).
        return MayNot("opted-out")
    return May()
