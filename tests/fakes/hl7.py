"""HL7 messages as a hospital would write them, about people who do not exist."""

from datetime import UTC, datetime

MLLP_START, MLLP_END = b"\x0b", b"\x1c\r"


def adt(
    trigger: str,
    at: str,
    *,
    control: str = "C1",
    person: str = "A-1",
    number: str = "V100",
    pv1_44: str = "",
    pv1_45: str = "",
    sender: str = "EPIC|STMARY",
) -> bytes:
    """Return an ADT message; `at` is EVN-2."""
    pv1 = [""] * 46
    pv1[0], pv1[1], pv1[2], pv1[3] = "PV1", "1", "I", "2W^201^A"
    pv1[19], pv1[44], pv1[45] = number, pv1_44, pv1_45
    lines = (
        f"MSH|^~\\&|{sender}|ENGAGE|NORTH|{at}||ADT^{trigger}^ADT_{trigger}|{control}|P|2.5.1",
        f"EVN|{trigger}|{at}",
        f"PID|1||{person}^^^NORTH^MR~999-99-9999^^^SSA^SS||DELGADO^ROSA^MARIA||19580417|F",
        "|".join(pv1),
    )
    return "\r".join(lines).encode()


def siu(
    trigger: str,
    at: str,
    sch: str,
    *more: str,
    control: str = "S1",
    sender: str = "EPIC|STMARY",
    person: str = "A-1",
) -> bytes:
    """Return a SIU message with these segments."""
    lines = (
        f"MSH|^~\\&|{sender}|ENGAGE|NORTH|{at}||SIU^{trigger}^SIU_S12|{control}|P|2.5.1",
        sch,
        f"PID|1||{person}^^^NORTH^MR||DELGADO^ROSA",
        *more,
    )
    return "\r".join(lines).encode()


def framed(message: bytes) -> bytes:
    """Return a message in its MLLP frame."""
    return MLLP_START + message + MLLP_END


def stamp(at: datetime) -> str:
    """Return a moment as HL7 writes it, with its offset."""
    return f"{at.astimezone(UTC):%Y%m%d%H%M%S}+0000"
