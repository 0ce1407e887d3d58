"""Links by text: asked for like a code, shown by whoever opens them, used by who presses a button.

Scanners and previews open what they find: that a link was opened is nothing. Its secret stands
behind the # and is not sent with an address; a POST from the device that asked uses it up. The same
text has the code, for who asked elsewhere. This room refuses a link on another device.
"""

import base64
import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct, json

from engage.api.auth.cookie import refuse_other_sites
from engage.api.auth.device import device_of
from engage.api.auth.marks import ANYBODY
from engage.api.auth.ways import came_from, family_ways
from engage.api.bare_page import POLICY, bare, spoken_by
from engage.api.codes import CodeAskedOut, CodeIn, asked
from engage.api.parts import Parts
from engage.api.sign_ins import TokensOut

AnyRequest = Request[Any, Any, State]

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "title": "Sign in",
        "lead": "Press the button to go on.",
        "go": "Go on",
        "dead": "This link does not open here. Type the six digits of the text where you asked.",
        "several": "Who are you?",
        "away": "There is no answer. Try again in a moment.",
    },
    "es": {
        "title": "Entrar",
        "lead": "Pulse el botón para seguir.",
        "go": "Seguir",
        "dead": "Este enlace no se abre aquí. Escriba las seis cifras del mensaje donde lo pidió.",
        "several": "¿Quién es usted?",
        "away": "No hay respuesta. Inténtelo de nuevo en un momento.",
    },
}
_SCRIPT: Final = """
const words = JSON.parse(document.getElementById("words").textContent);
const told = document.getElementById("told");
const form = document.getElementById("form");
const link = location.hash.replace(/^#l=/, "");
history.replaceState(null, "", location.pathname);
const post = (path, body) => fetch(path, {method: "POST", credentials: "same-origin",
  headers: {"Content-Type": "application/json", "X-Engage-CSRF": "1"}, body: JSON.stringify(body)});
const enter = async person => {
  told.textContent = "";
  try {
    const answer = await post("/v1/auth/link/verify", person ? {link, person_id: person} : {link});
    const said = await answer.json();
    if (answer.ok) {
      await post("/v1/session", {refresh_token: said.refresh_token});
      location.replace("/family/#in");
    } else if (said.code === "several-people") {
      told.textContent = words.several;
      form.replaceChildren(...said.people.map(one => {
        const button = document.createElement("button");
        button.className = "tap";
        button.type = "button";
        button.textContent = one.given_name;
        button.addEventListener("click", () => enter(one.id));
        return button;
      }));
      form.querySelector("button").focus();
    } else told.textContent = words.dead;
  } catch { told.textContent = words.away; }
};
form.addEventListener("submit", event => { event.preventDefault(); enter(); });
"""
_HASH: Final = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
_POLICY: Final = f"{POLICY}; script-src 'sha256-{_HASH}'; connect-src 'self'"


class LinkVerifyIn(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What stood behind the # of a link."""

    link: Annotated[str, Meta(min_length=1, max_length=64)]
    person_id: Annotated[
        UUID | None,
        Meta(description="Which of those who use the phone: after a 409 `several-people`."),
    ] = None

    def __repr__(self) -> str:
        """Hide the link."""
        return "LinkVerifyIn(…)"


@post(
    "/auth/link",
    opt=ANYBODY,
    operation_id="askForLink",
    summary="Sign in as a patient or a caregiver: have a link and a code texted",
    status_code=HTTPStatus.ACCEPTED,
)
async def ask_for_link(
    request: AnyRequest, data: JSONBody[CodeIn], parts: NamedDependency[Parts]
) -> Response[CodeAskedOut]:
    """Answer as for a code, within the same limits; the text has both."""
    return await asked(request, parts, data, with_link=True)


@post(
    "/auth/link/verify",
    opt=ANYBODY,
    operation_id="verifyLink",
    summary="Sign in as a patient or a caregiver: the link that came",
    status_code=HTTPStatus.OK,
)
async def verify_link(
    request: AnyRequest, data: JSONBody[LinkVerifyIn], parts: NamedDependency[Parts]
) -> TokensOut:
    """Answer with tokens, once, on the device that asked for the link."""
    refuse_other_sites(request)
    device = device_of(request, parts) or ""
    where = came_from(parts, request)
    tokens = await family_ways(parts).follow(data.link, device, data.person_id, where)
    return TokensOut.of(tokens)


@get(
    "/family/enter",
    opt=ANYBODY,
    operation_id="showLink",
    include_in_schema=False,
    media_type="text/html",
    sync_to_thread=False,
)
def show_link(request: AnyRequest) -> Response[str]:
    """Return the page behind a link: it uses nothing up, and sends nothing, until pressed."""
    language = spoken_by(request)
    words = _WORDS[language]
    # Our own words, without a sign that could end the element.
    told = json.encode(words).decode()
    page = bare(
        f'<h1>{words["title"]}</h1><p id="told" role="alert"></p>'
        f'<form id="form"><p>{words["lead"]}</p><button>{words["go"]}</button></form>'
        f"<noscript><p>{words['dead']}</p></noscript>"
        f'<script type="application/json" id="words">{told}</script>'
        f"<script>{_SCRIPT}</script>",
        language,
        words["title"],
    )
    page.headers["Content-Security-Policy"] = _POLICY
    return page
