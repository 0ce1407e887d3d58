"""The carrier's signature on a webhook: made, and checked in constant time.

Pure (p). The signed string is the URL exactly as the carrier requested it, then every form name in
sorted order with each of its distinct values in sorted order, nothing between them. The key is an
auth token of the account. Whether the carrier signed the URL with or without its port is not
consistent, so both are tried, as its own library does; that library raises on odd input and takes
several times as long, this module returns False.

It refuses to raise, to accept an empty token, and to guess the URL: callers build it from the
configured public address. Two limits of the scheme are guarded elsewhere: there is no date in it (a
replay is caught by the text's sid), and names and values are joined without a mark between them
(webhook_form insists on the names and shapes that matter).
"""

import base64
import hmac
from collections.abc import Sequence
from urllib.parse import ParseResult, urlparse

HEADER = "X-Twilio-Signature"
SETTINGS_HEADER = "X-Twilio-Webhooks-Signature-Settings"
"""Announces another way of signing, which is not used here: a request that has it is refused."""


def compute(url: str, params: Sequence[tuple[str, str]], token: str) -> str:
    """Return the signature of a request for exactly this URL: the simulator's pen."""
    return _sign(_bytes(url) + _tail(params), token).decode("ascii")


def verify(
    url: str, params: Sequence[tuple[str, str]], signature: str | None, tokens: Sequence[str]
) -> bool:
    """Say whether one of the account's tokens signed this request; any doubt is False."""
    if not signature or not signature.isascii():
        return False
    try:
        parsed = urlparse(url)
        urls = {_with_port(parsed), _without_port(parsed)}
        tail = _tail(params)
        given = signature.encode("ascii")
        # Every pair is tried, also after a match: how long it takes tells nothing.
        matches = [
            hmac.compare_digest(_sign(_bytes(one) + tail, token), given)
            for token in tokens
            for one in urls
            if token
        ]
    except ValueError:
        # A port or a host that no URL can have, or a text that no bytes can mean.
        return False
    return any(matches)


def _sign(signed: bytes, token: str) -> bytes:
    return base64.b64encode(hmac.digest(token.encode(), signed, "sha1"))


def _tail(params: Sequence[tuple[str, str]]) -> bytes:
    return b"".join(_bytes(name) + _bytes(value) for name, value in sorted(set(params)))


def _bytes(text: str) -> bytes:
    # webhook_form keeps bytes that are no UTF-8 as lone surrogates; the carrier signed the bytes.
    return text.encode("utf-8", "surrogateescape")


def _with_port(url: ParseResult) -> str:
    if url.port:
        return url.geturl()
    port = 443 if url.scheme == "https" else 80
    return url._replace(netloc=f"{url.netloc}:{port}").geturl()


def _without_port(url: ParseResult) -> str:
    if not url.port:
        return url.geturl()
    host, _, _ = url.netloc.rpartition(":")
    return url._replace(netloc=host).geturl()
