// The ways in: an e-mail and a password, then a code; a passkey; an invitation; a token.
import { signal, useSignal, type Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { call, type Schema } from "../../api/call";
import { enterByPasskey, hasPasskeys } from "../../shared/passkey";
import { t, type Word } from "../../shared/words";
import { back, invitation } from "../door";
import { Field, typed } from "./field";

type Entered = Schema["EnteredOut"];
type Step =
  | { at: "password" }
  | { at: "code"; challenge: string }
  | { at: "choose" }
  | { at: "app"; offered: Schema["OfferedOut"] }
  | { at: "codes"; codes: string[] };

const start = (): Step => ({ at: invitation.value === null ? "password" : "choose" });
const step = signal<Step>(start());
let sent = back;

interface Way {
  /** Does a step; whether one is in by it. */
  enter: (act: () => Promise<boolean>) => Promise<void>;
  wrong: Signal<string>;
}

/** From tokens to the cookie of this page: whether one is in, or has codes to write down first. */
async function pass(entered: Schema["TokensOut"] & Partial<Entered>): Promise<boolean> {
  await call("post", "/v1/session", { body: { refresh_token: entered.refresh_token } });
  const codes = entered.recovery_codes ?? [];
  if (codes.length > 0) {
    step.value = { at: "codes", codes };
    return false;
  }
  return done();
}

function done(): true {
  invitation.value = null;
  step.value = { at: "password" };
  if (location.pathname.startsWith("/console/invitation")) {
    history.replaceState(null, "", "/console/");
  }
  return true;
}

export function Door({ enter, wrong }: Way) {
  const here = useRef<HTMLDivElement>(null);
  const first = useRef(true);
  const now = step.value;
  useEffect(() => {
    // The first form is there when the page is; each later one takes the focus along.
    // A code is typed at once; an invitation and its codes are read first.
    const goal = now.at === "code" || now.at === "password" ? "input" : "h2";
    if (!first.current) here.current?.querySelector<HTMLElement>(goal)?.focus();
    first.current = false;
  }, [now.at]);
  return (
    <div class="door" ref={here}>
      {now.at === "password" ? <Password enter={enter} wrong={wrong} /> : null}
      {now.at === "code" ? (
        <Form title="door.code.title" enter={enter} send={(form) => second(now.challenge, form)}>
          <Field
            name="code"
            label="door.code"
            hint="door.code.hint"
            complete="one-time-code"
          />
          <Back wrong={wrong} />
        </Form>
      ) : null}
      {now.at === "choose" ? (
        <Form title="door.invited.title" lead="door.invited.lead" enter={enter} send={choose}>
          <Field
            name="password"
            type="password"
            label="door.choose"
            hint="door.choose.hint"
            complete="new-password"
          />
        </Form>
      ) : null}
      {now.at === "app" ? (
        <Form
          title="door.app.title"
          enter={enter}
          send={(form) => second(now.offered.challenge, form)}
        >
          <div>
            <p>{t("door.app.scan")}</p>
            <svg
              class="qr"
              viewBox={`0 0 ${now.offered.qr.size} ${now.offered.qr.size}`}
              role="img"
              aria-label={t("door.app.qr")}
            >
              <path d={now.offered.qr.path} />
            </svg>
            <p>{t("door.app.type")}</p>
            <code class="secret">{now.offered.secret.match(/.{1,4}/g)?.join(" ")}</code>
          </div>
          <Field name="code" label="door.app.code" complete="one-time-code" />
        </Form>
      ) : null}
      {now.at === "codes" ? (
        <section aria-label={t("door.codes.title")}>
          <h2 tabIndex={-1}>{t("door.codes.title")}</h2>
          <p>{t("door.codes.lead")}</p>
          <ul class="codes">
            {now.codes.map((code) => (
              <li key={code}>
                <code>{code}</code>
              </li>
            ))}
          </ul>
          <p>
            <button
              type="button"
              class="button first"
              onClick={() => void enter(() => Promise.resolve(done()))}
            >
              {t("door.codes.kept")}
            </button>
          </p>
        </section>
      ) : null}
    </div>
  );
}

async function second(challenge: string, form: HTMLFormElement): Promise<boolean> {
  const body = { challenge, code: typed(form, "code") };
  return pass(await call("post", "/v1/auth/second-factor", { body }));
}

async function choose(form: HTMLFormElement): Promise<boolean> {
  const body = { invitation: invitation.value ?? "", password: typed(form, "password") };
  step.value = { at: "app", offered: await call("post", "/v1/auth/invitation", { body }) };
  return false;
}

function Password({ enter, wrong }: Way) {
  const first = async (form: HTMLFormElement): Promise<boolean> => {
    const body = { email: typed(form, "email"), password: typed(form, "password") };
    const { challenge } = await call("post", "/v1/auth/password", { body });
    step.value = { at: "code", challenge };
    return false;
  };
  const passkey = async (): Promise<boolean> => {
    const tokens = await enterByPasskey();
    if (tokens !== null) return pass(tokens);
    wrong.value = t("door.cancelled");
    return false;
  };
  const token = async (form: HTMLFormElement): Promise<boolean> => {
    await call("post", "/v1/session", { body: { token: typed(form, "token") } });
    return done();
  };
  const offered = useSignal(false);
  useEffect(() => {
    call("get", "/v1/auth/organisation").then(
      (said) => {
        offered.value = said.offered;
      },
      () => undefined,
    );
    const body = sent;
    sent = null;
    if (body === null) return;
    void enter(async () => pass(await call("post", "/v1/auth/organisation/verify", { body })));
  }, []);
  const goes = async (): Promise<boolean> => {
    const { address } = await call("post", "/v1/auth/organisation", { body: {} });
    location.assign(address);
    return false;
  };
  return (
    <>
      {offered.value ? (
        <p>
          <button type="button" class="button first" onClick={() => void enter(goes)}>
            {t("door.organisation")}
          </button>
        </p>
      ) : null}
      <Form enter={enter} send={first}>
        <Field name="email" type="email" label="door.email" complete="username" />
        <Field
          name="password"
          type="password"
          label="door.password"
          complete="current-password"
        />
      </Form>
      {hasPasskeys() ? (
        <p>
          <button type="button" class="button" onClick={() => void enter(passkey)}>
            {t("door.passkey")}
          </button>
        </p>
      ) : null}
      <details>
        <summary>{t("door.token.other")}</summary>
        <Form enter={enter} send={token} act="sign.in">
          <Field
            name="token"
            type="password"
            label="sign.token"
            hint="sign.token.hint"
            complete="off"
          />
        </Form>
      </details>
    </>
  );
}

function Back({ wrong }: { wrong: Signal<string> }) {
  return (
    <button
      type="button"
      class="button quiet"
      onClick={() => {
        wrong.value = "";
        step.value = { at: "password" };
      }}
    >
      {t("door.back")}
    </button>
  );
}

interface Asked {
  title?: Word;
  lead?: Word;
  act?: Word;
  enter: Way["enter"];
  send: (form: HTMLFormElement) => Promise<boolean>;
  children: ComponentChildren;
}

function Form({ title, lead, act = "door.next", enter, send, children }: Asked) {
  return (
    <form
      class="door"
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        void enter(() => send(form));
      }}
    >
      {title === undefined ? null : <h2 tabIndex={-1}>{t(title)}</h2>}
      {lead === undefined ? null : <p>{t(lead)}</p>}
      {children}
      <p>
        <button class="button first" type="submit">
          {t(act)}
        </button>
      </p>
    </form>
  );
}
