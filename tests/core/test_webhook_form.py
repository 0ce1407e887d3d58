"""The carrier's forms: what is refused, what is let through, and that no text is lost."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.messaging.signature import compute
from engage.messaging.webhook_form import (
    MAX_BYTES,
    MAX_FIELDS,
    BadForm,
    InboundText,
    StatusReport,
    inbound,
    parse_form,
    status,
)

SID = "SM" + "1" * 32
ACCOUNT = "AC" + "2" * 32
SERVICE = "MG" + "3" * 32
GOOD = [
    ("MessageSid", SID),
    ("AccountSid", ACCOUNT),
    ("From", "+12025550123"),
    ("To", "+12025550101"),
    ("Body", " 2 and I fell again\r\n"),
]


def _with(name: str, *values: str) -> list[tuple[str, str]]:
    return [pair for pair in GOOD if pair[0] != name] + [(name, value) for value in values]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", ()),
        (b"a=1&b=2", (("a", "1"), ("b", "2"))),
        (b"b=2&a=1&b=2", (("b", "2"), ("a", "1"), ("b", "2"))),
        (b"a=&b", (("a", ""), ("b", ""))),
        (b"a=1&&b=2&", (("a", "1"), ("b", "2"))),
        (b"a=+x+%20", (("a", " x  "),)),
        (b"a=1%2B1%3D2%26", (("a", "1+1=2&"),)),
        (b"a=b=c", (("a", "b=c"),)),
        (b"a=%0D%0A%00", (("a", "\r\n\0"),)),
        ("a=sí".encode(), (("a", "sí"),)),
        (b"a=100%", (("a", "100%"),)),
        (b"a=%zz%4", (("a", "%zz%4"),)),
        (b"a=%ff%fe", (("a", "\udcff\udcfe"),)),
        (b"a;b=1", (("a;b", "1"),)),
    ],
)
def test_fields(raw: bytes, expected: tuple[tuple[str, str], ...]) -> None:
    """Order, repeats, blanks and spaces are kept, and a value is never refused."""
    assert expected == parse_form(raw)


@pytest.mark.parametrize(
    "raw", [b"=1", b"%zz=1", b"a%=1", b"%00=1", b"%ff=1", b"a+b=1", b"%0a=1", b"%C3%B1=1"]
)
def test_bad_name(raw: bytes) -> None:
    """A name is printable ASCII, or the form is not the carrier's."""
    with pytest.raises(BadForm) as refused:
        parse_form(b"ok=1&" + raw)

    assert refused.value.field == "/1"


def test_limits() -> None:
    """A form is at most 64 KB and 200 fields."""
    assert len(parse_form(b"a=1&" * MAX_FIELDS)) == MAX_FIELDS
    assert len(parse_form(b"a=" + b"x" * (MAX_BYTES - 2))[0][1]) == MAX_BYTES - 2
    with pytest.raises(BadForm):
        parse_form(b"a=1&" * (MAX_FIELDS + 1))
    with pytest.raises(BadForm):
        parse_form(b"a=" + b"x" * (MAX_BYTES - 1))


@given(st.lists(st.tuples(st.text("abcXYZ019._-", min_size=1), st.text()), max_size=20))
def test_round_trip(pairs: list[tuple[str, str]]) -> None:
    """What a form says is what is read, for every text."""
    clean = [(name, value.encode("utf-8", "replace").decode()) for name, value in pairs]

    assert tuple(clean) == parse_form(urlencode(clean).encode())


@given(st.binary(max_size=200))
def test_never_trips(raw: bytes) -> None:
    """Any bytes are a form or a BadForm."""
    try:
        params = parse_form(raw)
    except BadForm:
        return
    for read in (inbound, status):
        with pytest.raises(BadForm):
            read(params)


def test_inbound() -> None:
    """A text comes out whole, untrimmed, with what the carrier says about it."""
    more = [
        ("NumMedia", "1"),
        ("NumSegments", "2"),
        ("MessagingServiceSid", SERVICE),
        ("OptOutType", "STOP"),
        ("SmsSid", SID),
        ("AddOns", '{"status":"successful"}'),
    ]
    expected = InboundText(
        sid=SID,
        account_sid=ACCOUNT,
        sender="+12025550123",
        to="+12025550101",
        body=" 2 and I fell again\r\n",
        num_media=1,
        messaging_service_sid=SERVICE,
        opt_out_type="STOP",
        num_segments=2,
    )

    assert expected == inbound(GOOD + more)


def test_picture_without_words() -> None:
    """A missing Body is an empty one: a picture may come alone."""
    assert inbound(_with("Body")).body == ""


@pytest.mark.parametrize(
    ("name", "values"),
    [
        *((name, ()) for name in ("MessageSid", "AccountSid", "From", "To")),
        *((name, (dict(GOOD)[name],) * 2) for name in ("MessageSid", "AccountSid", "From", "To")),
        ("MessageSid", (SID, "SM" + "9" * 32)),
        ("MessageSid", (SID.lower(),)),
        ("MessageSid", (SID + "0",)),
        ("MessageSid", (SID + "\n",)),
        ("MessageSid", ("SM" + "\u0661" * 32,)),
        ("MessageSid", ("",)),
        ("AccountSid", ("AC",)),
        ("AccountSid", ("ac" + "2" * 32,)),
        ("From", ("12025550123",)),
        ("From", ("+0550100123",)),
        ("From", ("+1202555012\uff13",)),
        ("From", ("+12025550123x22",)),
        ("From", (" +12025550123",)),
        ("From", ("whatsapp:+12025550123",)),
        ("From", ("\0",)),
        ("To", ("+1" * 9,)),
        ("To", ("\udcff",)),
    ],
)
def test_strict_fields(name: str, values: tuple[str, ...]) -> None:
    """Sids and numbers stand there exactly once and in shape; the error names the field only."""
    with pytest.raises(BadForm) as refused:
        inbound(_with(name, *values))

    assert refused.value.field == f"/{name}"
    assert str(refused.value) == "The form is not one that the carrier sends."


def test_a_moved_border_is_caught() -> None:
    """The signature joins names and values without a mark; a sid hidden in a name is no sid."""
    body = GOOD[-1]
    genuine = [*GOOD[1:4], body, ("MessageSid", SID)]
    hidden = [*GOOD[1:4], body, ("MessageSidS", SID[1:])]
    swallowed = [
        *[p for p in GOOD[1:4] if p[0] != "From"],
        body,
        ("From", "+12025550123MessageSid" + SID),
    ]

    assert compute("https://e.example/", genuine, "t") == compute("https://e.example/", hidden, "t")
    for forged in (hidden, swallowed):
        with pytest.raises(BadForm):
            inbound(forged)


@pytest.mark.parametrize("short_code", ["911", "54321", "123456"])
def test_short_code(short_code: str) -> None:
    """A short code is a sender too."""
    assert inbound(_with("From", short_code)).sender == short_code


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"I want%00 to die", "I want\0 to die"),
        (b"no s%e9 que hacer", "no s\ufffd que hacer"),
        (b"caf%C3%A9", "café"),
        (b"%ED%A0%BD", "\ufffd" * 3),
        (b"%F0%9F%98%80", "😀"),
        (b"100% sure", "100% sure"),
    ],
)
def test_odd_text_is_kept(raw: bytes, expected: str) -> None:
    """A text with odd bytes is still a text, and what is read of it can be encoded."""
    form = urlencode(_with("Body")).encode() + b"&Body=" + raw.replace(b" ", b"+")

    body = inbound(parse_form(form)).body

    assert expected == body
    assert body.encode("utf-8")


def test_doubled_body_is_kept_whole() -> None:
    """No half of a doubled Body is dropped: either may hold the cry for help."""
    assert inbound(_with("Body", "1", "help me", "1")).body == "1\nhelp me"


@pytest.mark.parametrize("value", ["", "x", "-1", "1.0", "\u0663", "99999", "0"])
def test_odd_count(value: str) -> None:
    """A count that is none does not cost us the text."""
    assert inbound([*GOOD, ("NumMedia", value)]).num_media == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), None),
        (("stop",), "STOP"),
        (("HELP",), "HELP"),
        (("what",), None),
        (("START", "STOP"), "STOP"),
    ],
)
def test_opt_out_type(words: tuple[str, ...], expected: str | None) -> None:
    """The carrier's own reading is kept if it is one we know; of several, the safest."""
    assert inbound(GOOD + [("OptOutType", word) for word in words]).opt_out_type == expected


def test_status() -> None:
    """A status report has a sid, a word and perhaps a code."""
    form = [
        ("MessageSid", SID),
        ("AccountSid", ACCOUNT),
        ("MessageStatus", "undelivered"),
        ("ErrorCode", "30003"),
        ("To", "+12025550123"),
        ("From", "+12025550101"),
    ]

    assert StatusReport(SID, ACCOUNT, "undelivered", 30003, "+12025550123") == status(form)
    assert StatusReport(SID, ACCOUNT, "undelivered") == status(form[:3])
    assert status([*form[:2], ("MessageStatus", "brand_new")]).status == "brand_new"
    assert status([*form[:3], ("ErrorCode", "0")]).error_code is None


@pytest.mark.parametrize("word", ["", "Delivered!", "a" * 33, "\0", "délivré"])
def test_bad_status(word: str) -> None:
    """A word in another shape than the carrier's is not a report."""
    with pytest.raises(BadForm):
        status([("MessageSid", SID), ("AccountSid", ACCOUNT), ("MessageStatus", word)])


def test_values_do_not_show() -> None:
    """Neither a text nor a number shows when a value is printed."""
    shown = repr(inbound(GOOD)) + str(inbound(GOOD)) + repr(inbound(GOOD).__rich_repr__())

    assert "fell" not in shown
    assert "555" not in shown
    assert repr(inbound(GOOD)) == "InboundText(…)"
