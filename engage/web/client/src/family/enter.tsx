// Signing in: a phone number, the six digits that came, and, where several people use the phone, which
// of them one is. A link from a text does the same with one tap, and a passkey without a text. The tokens are used up at once for a
// cookie that no script can read; the page keeps none.
import { signal } from "@preact/signals";

import { call, Problem, type Schema } from "../api/call";
import { Mark } from "../shared/brand";
import { enterByPasskey, hasPasskeys } from "../shared/passkey";
import { leftBefore } from "./leaving";
import { Emergency } from "./parts";
import { offer } from "./passkeys";
import { ended, removed, unsent } from "./state";
import { Looks } from "./looks";
import { counted, t } from "./words";
import { welcome } from "./welcome";

interface OnPhone {
  id: string;
  kind: string;
  given_name: string;
}
type Step = "phone" | "code" | "who" | "invited" | "dead";

const step = signal<Step>("phone");
const phone = signal("");
const code = signal("");
const several = signal<readonly OnPhone[]>([]);
const wrong = signal("");
const busy = signal(false);
const practice = signal("");
let secret = "";

/** What a link brought: kept out of the address, so that nobody reads it off the screen. */
export async function open(hash: string): Promise<boolean> {
  const found = /^#i=(.+)$/.exec(hash)?.[1];
  if (found === undefined) return false;
  history.replaceState(null, "", location.pathname);
  secret = decodeURIComponent(found);
  try {
    practice.value = (await call("post", "/v1/auth/invitation/look", { body: { secret } })).practice_name;
    step.value = "invited";
  } catch (problem) {
    step.value = "dead";
    wrong.value = problem instanceof Problem && problem.status === 0 ? t("problem.away") : "";
  }
  return true;
}

async function enter(tokens: Schema["TokensOut"]): Promise<void> {
  await leftBefore();
  await call("post", "/v1/session", { body: { refresh_token: tokens.refresh_token } });
  step.value = "phone";
  phone.value = code.value = secret = "";
  several.value = [];
  await welcome();
}

/** In by what came as a text: next time a passkey does it. */
async function entered(tokens: Schema["TokensOut"]): Promise<void> {
  await enter(tokens);
  void offer();
}

const byPasskey = (): Promise<void> =>
  attempt(async () => {
    const tokens = await enterByPasskey();
    if (tokens === null) wrong.value = t("enter.passkey-not");
    else await enter(tokens);
  }, t("enter.passkey-not"));

async function attempt(act: () => Promise<void>, refused: string): Promise<void> {
  wrong.value = "";
  busy.value = true;
  try {
    await act();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    wrong.value =
      problem.status === 0 ? t("problem.away") : problem.status === 429 ? t("problem.often") : refused;
  } finally {
    busy.value = false;
  }
}

const ask = (): Promise<void> =>
  attempt(async () => {
    await call("post", "/v1/auth/link", { body: { phone: phone.value } });
    step.value = "code";
  }, t("enter.not-a-phone"));

async function verify(who?: string): Promise<void> {
  const body = { phone: phone.value, code: code.value, ...(who === undefined ? {} : { person_id: who }) };
  await attempt(async () => {
    try {
      await entered(await call("post", "/v1/auth/code/verify", { body }));
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.code !== "several-people") throw problem;
      several.value = problem.people ?? [];
      step.value = "who";
    }
  }, t("enter.wrong-code"));
}

const accept = (): Promise<void> =>
  attempt(async () => {
    try {
      await entered(await call("post", "/v1/auth/invitation/accept", { body: { secret } }));
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.code !== "sign-in-by-code") throw problem;
      step.value = "phone";
      wrong.value = t("enter.by-code");
    }
  }, t("enter.dead"));

export function Enter() {
  const Form = { phone: Phone, code: Code, who: Who, invited: Invited, dead: Dead }[step.value];
  document.title = `${t("enter.title")} · engage`;
  return (
    <div class="enter">
      <header class="bar">
        <span class="brand">
          <Mark />
          engage
        </span>
        <Looks />
      </header>
      <main>
        {ended.value || unsent.value > 0 || removed.value ? (
          <p class="notice warn" role="status">
            {ended.value ? t("enter.ended") : ""} {unsent.value > 0 ? counted("left.one", "left.more", unsent.value) : ""}{" "}
            {removed.value ? t("left.removed") : ""}
          </p>
        ) : null}
        <Form />
        <div role="alert">{wrong.value === "" ? null : <p class="notice wrong">{wrong.value}</p>}</div>
      </main>
      <footer>
        <Emergency />
      </footer>
    </div>
  );
}

function submit(event: Event, act: () => Promise<void>): void {
  event.preventDefault();
  void act();
}

function Phone() {
  return (
    <form onSubmit={(event) => submit(event, ask)}>
      <h1 tabIndex={-1}>{t("enter.title")}</h1>
      <p class="soft">{t("enter.lead")}</p>
      <label>
        {t("enter.phone")}
        <input
          type="tel"
          name="phone"
          autocomplete="tel"
          inputMode="tel"
          required
          value={phone}
          onInput={(event) => (phone.value = event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button first wide" disabled={busy.value}>
        {t("enter.send")}
      </button>
      {hasPasskeys() ? (
        <button type="button" class="button wide" disabled={busy.value} onClick={() => void byPasskey()}>
          {t("enter.passkey")}
        </button>
      ) : null}
    </form>
  );
}

function Code() {
  // Six digits are a code, however they came: typed, filled in, pasted with words around them.
  const read = (input: HTMLInputElement): void => {
    const digits = input.value.replaceAll(/\D/g, "").slice(0, 6);
    code.value = input.value = digits;
    if (digits.length === 6 && !busy.value) void verify();
  };
  return (
    <form onSubmit={(event) => submit(event, verify)}>
      <h1 tabIndex={-1}>{t("enter.code-title")}</h1>
      <p class="soft">{t("enter.code-lead", { phone: phone.value })}</p>
      <label>
        {t("enter.code")}
        <input
          class="code"
          name="code"
          type="text"
          inputMode="numeric"
          autocomplete="one-time-code"
          required
          autofocus
          value={code}
          onInput={(event) => read(event.currentTarget)}
        />
      </label>
      <button type="submit" class="button first wide" disabled={busy.value}>
        {t("enter.in")}
      </button>
      <button
        type="button"
        class="button quiet"
        onClick={() => {
          code.value = wrong.value = "";
          step.value = "phone";
        }}
      >
        {t("enter.other-phone")}
      </button>
    </form>
  );
}

function Who() {
  return (
    <section class="stack">
      <h1 tabIndex={-1}>{t("enter.who")}</h1>
      <p class="soft">{t("enter.who-lead")}</p>
      {several.value.map((one) => (
        <button
          key={one.id}
          type="button"
          class="button wide choice"
          disabled={busy.value}
          onClick={() => void verify(one.id)}
        >
          {one.given_name}
        </button>
      ))}
    </section>
  );
}

function Invited() {
  return (
    <section class="stack">
      <h1 tabIndex={-1}>{t("enter.invited", { practice: practice.value })}</h1>
      <p>{t("enter.invited-lead")}</p>
      <button type="button" class="button first wide" disabled={busy.value} onClick={() => void accept()}>
        {t("enter.accept")}
      </button>
      <p class="soft small">{t("enter.invited-hint")}</p>
    </section>
  );
}

function Dead() {
  return (
    <section class="stack">
      <h1 tabIndex={-1}>{t("enter.dead-title")}</h1>
      <p>{t("enter.dead")}</p>
      <button type="button" class="button first wide" onClick={() => (step.value = "phone")}>
        {t("enter.with-code")}
      </button>
    </section>
  );
}
