"""The carrier's signature: known vectors, agreement with its own library, and closed doors."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

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


def judged(vector: dict[str, Any]) -> bool:
    """Return our verdict on a vector.

    The carrier signs a JSON body by its hash in the address. It posts none to the doors we have,
    which take forms only (tests/api/test_webhooks.py), so engage would hold code that nothing
    calls. What such a door would add to `verify` is the comparison of the hash, here.
    """
    url, tokens = vector["url"], [vector["token"]]
    if "json_body" not in vector:
        params = [(name, value) for name, value in vector["params"]]
        return verify(url, params, vector["signature"], tokens)
    claimed = parse_qs(urlsplit(url).query).get("bodySHA256", [""])[-1]
    body = hashlib.sha256(vector["json_body"].encode()).hexdigest()
    return hmac.compare_digest(body, claimed) and verify(url, [], vector["signature"], tokens)


def judged_by_the_library(vector: dict[str, Any]) -> bool:
    """Return the verdict of Twilio's own library."""
    sent = vector["json_body"] if "json_body" in vector else Multi(vector["params"])
    return RequestValidator(vector["token"]).validate(vector["url"], sent, vector["signature"])


def test_the_vectors_are_all_here() -> None:
    """There are 31 known vectors, three of them with a JSON body."""
    assert len(VECTORS) == 31
    assert sum("json_body" in vector for vector in VECTORS) == 3


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_vector(vector: dict[str, Any]) -> None:
    """Every known vector is judged as it must be, and as Twilio's library judges it."""
    assert judged(vector) is judged_by_the_library(vector) is vector["valid"]


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
