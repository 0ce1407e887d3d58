"""The carrier's signature: known vectors, agreement with its own library, and closed doors."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from engage.messaging.signature import compute, verify
from engage.messaging.webhook_form import parse_form

Pairs = list[tuple[str, str]]

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data" / "twilio-signature-vectors.json").read_text("utf-8")
)["vectors"]

URL = "https://engage.example/webhooks/twilio/inbound"
TOKEN = "12345"


class Multi(dict[str, list[str]]):
    """The shape in which twilio's validator takes repeated names."""

    def __init__(self, pairs: Pairs) -> None:
        """Group the values by name."""
        super().__init__()
        for name, value in pairs:
            self.setdefault(name, []).append(value)

    def getall(self, name: str) -> list[str]:
        """Return all values of a name."""
        return self[name]


def test_the_vectors_are_all_here() -> None:
    """There are 28 known vectors."""
    assert len(VECTORS) == 28


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_form_vector(vector: dict[str, Any]) -> None:
    """Every known form vector is judged as Twilio judges it."""
    params = [(name, value) for name, value in vector["params"]]

    assert vector["valid"] == verify(vector["url"], params, vector["signature"], [vector["token"]])


names = st.text(st.characters(codec="utf-8"), max_size=8)
values = st.text(st.characters(codec="utf-8"), max_size=12)
pairs = st.lists(st.tuples(st.sampled_from(["Body", "From", "To"]) | names, values), max_size=8)
hosts = st.sampled_from(["engage.example", "a.b.example", "127.0.0.1", "localhost"])
ports = st.sampled_from(["", ":80", ":443", ":8000", ":65535"])
paths = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
urls = st.builds(
    lambda scheme, host, port, path: f"{scheme}://{host}{port}/{path}",
    st.sampled_from(["https", "http"]),
    hosts,
    ports,
    paths,
)
tokens = st.text(st.characters(codec="utf-8"), min_size=1, max_size=32)


@given(urls, pairs, tokens)
def test_signs_as_the_library_does(url: str, params: Pairs, token: str) -> None:
    """For any form and URL we make the very signature that Twilio's library makes."""
    expected = RequestValidator(token).compute_signature(url, Multi(params))

    assert expected == compute(url, params, token)


@given(urls, urls, pairs, pairs, tokens, st.booleans(), st.booleans())
def test_judges_as_the_library_does(
    url: str,
    other_url: str,
    params: Pairs,
    other_params: Pairs,
    token: str,
    same_url: bool,  # noqa: FBT001 - drawn by hypothesis
    same_params: bool,  # noqa: FBT001
) -> None:
    """Whatever differs between what was signed and what arrived, the verdicts agree."""
    signature = compute(
        url if same_url else other_url, params if same_params else other_params, token
    )
    expected = RequestValidator(token).validate(url, Multi(params), signature)

    assert expected == verify(url, params, signature, [token])


@given(st.sampled_from(["", ":443", ":8443"]), pairs)
def test_the_port_may_be_signed_or_not(port: str, params: Pairs) -> None:
    """The standard port may be added, and any port removed."""
    arrived = f"https://engage.example{port}/in?a=b"
    bare = compute("https://engage.example/in?a=b", params, TOKEN)
    with_port = compute(f"https://engage.example{port or ':443'}/in?a=b", params, TOKEN)

    assert verify(arrived, params, bare, [TOKEN])
    assert verify(arrived, params, with_port, [TOKEN])


@given(st.text(), st.lists(st.tuples(st.text(), st.text())), st.none() | st.text(), st.text())
def test_never_raises(url: str, params: Pairs, signature: str | None, token: str) -> None:
    """Whatever comes in, the answer is a verdict."""
    assert verify(url, params, signature, [token]) in (True, False)


@pytest.mark.parametrize(
    ("url", "signature", "accepted"),
    [
        (URL, None, [TOKEN]),
        (URL, "", [TOKEN]),
        (URL, "ñ" * 28, [TOKEN]),
        (URL, "\udcff", [TOKEN]),
        (URL, compute(URL, [], TOKEN), []),
        (URL, compute(URL, [], TOKEN), ["other"]),
        (URL, compute(URL, [], ""), [""]),
        (URL, compute(URL, [], TOKEN).lower(), [TOKEN]),
        (URL, compute(URL, [], TOKEN) + "=", [TOKEN]),
        ("https://engage.example:99999/", compute("https://engage.example/", [], TOKEN), [TOKEN]),
        ("https://engage.example:x/", compute("https://engage.example:x/", [], TOKEN), [TOKEN]),
        ("https://[::1/", compute("https://[::1/", [], TOKEN), [TOKEN]),
    ],
)
def test_fails_closed(url: str, signature: str | None, accepted: list[str]) -> None:
    """No signature, no token, an empty token or an absurd URL: the door stays shut."""
    assert not verify(url, [], signature, accepted)


def test_two_tokens_during_rotation() -> None:
    """Any of the accepted tokens opens, in any place of the list."""
    signature = compute(URL, [("Body", "hi")], "new")

    assert verify(URL, [("Body", "hi")], signature, ["old", "new"])
    assert verify(URL, [("Body", "hi")], signature, ["new", "old"])


@given(st.binary(max_size=40))
def test_the_bytes_are_signed(raw: bytes) -> None:
    """A text whose bytes are no UTF-8 is checked as the bytes that were sent."""
    form = b"Body=" + b"".join(b"%%%02x" % byte for byte in raw)
    params = parse_form(form)
    assert params[0][1].encode("utf-8", "surrogateescape") == raw

    assert verify(URL, params, compute(URL, params, TOKEN), [TOKEN])
