// Is it still you? Asked before something is given away, by a passkey or by a code that comes as a
// text to the phone one is known by. Whoever says no changes nothing.
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { call, Problem, whenProofIsNeeded } from "../api/call";
import { hasPasskeys, proveByPasskey } from "../shared/passkey";
import { whenLeft } from "./leaving";
import { t } from "./words";

const asked = signal<((proved: boolean) => void) | null>(null);
/** Whether they have a passkey: who has none is not asked for it. */
const keyed = signal(false);
const sent = signal(false);
const wrong = signal("");
const busy = signal(false);

async function look(): Promise<void> {
  const known = hasPasskeys() && (await call("get", "/v1/me/passkeys").catch(() => undefined));
  keyed.value = known ? known.items.length > 0 : false;
}

whenProofIsNeeded(async () => {
  asked.value?.(false);
  // Known before the question is drawn, so that nothing moves under a finger.
  await look();
  sent.value = false;
  wrong.value = "";
  return new Promise((resolve) => {
    asked.value = (proved) => {
      asked.value = null;
      resolve(proved);
    };
  });
});
whenLeft(() => asked.value?.(false));

async function attempt(act: () => Promise<boolean>): Promise<void> {
  if (busy.value) return;
  wrong.value = "";
  busy.value = true;
  try {
    if (await act()) asked.value?.(true);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    const why = problem.status === 0 ? "problem.away" : problem.status === 429 ? "problem.often" : "prove.wrong";
    wrong.value = t(why);
  } finally {
    busy.value = false;
  }
}

const byPasskey = async (): Promise<boolean> => {
  const proved = await proveByPasskey();
  if (!proved) wrong.value = t("prove.wrong");
  return proved;
};

const text = async (): Promise<boolean> => {
  await call("post", "/v1/auth/step-up/code");
  sent.value = true;
  return false;
};

const byCode = async (code: string): Promise<boolean> => {
  await call("post", "/v1/auth/step-up", { body: { code } });
  return true;
};

export function Prove() {
  const dialog = useRef<HTMLDialogElement>(null);
  const answer = asked.value;
  useEffect(() => {
    if (answer !== null) dialog.current?.showModal();
  }, [answer]);
  useEffect(() => {
    if (sent.value) dialog.current?.querySelector("input")?.focus();
  }, [sent.value]);
  if (answer === null) return null;
  return (
    <dialog ref={dialog} class="prove" aria-labelledby="prove" onClose={() => answer(false)}>
      <div class="stack">
        <h2 id="prove" tabIndex={-1}>
          {t("prove.title")}
        </h2>
        <p>{t("prove.lead")}</p>
        {sent.value ? <Code /> : null}
        {keyed.value ? (
          <button
            type="button"
            class={sent.value ? "button wide" : "button first wide"}
            disabled={busy.value}
            onClick={() => void attempt(byPasskey)}
          >
            {t("prove.passkey")}
          </button>
        ) : null}
        {sent.value ? null : (
          <button
            type="button"
            class={keyed.value ? "button wide" : "button first wide"}
            disabled={busy.value}
            onClick={() => void attempt(text)}
          >
            {t("prove.text")}
          </button>
        )}
        <div role="alert">{wrong.value === "" ? null : <p class="notice wrong">{wrong.value}</p>}</div>
        <button type="button" class="button quiet" onClick={() => dialog.current?.close()}>
          {t("cancel")}
        </button>
      </div>
    </dialog>
  );
}

function Code() {
  // As at the sign-in: six digits are a code, however they came.
  const read = (input: HTMLInputElement): void => {
    input.value = input.value.replaceAll(/\D/g, "").slice(0, 6);
    if (input.value.length === 6) void attempt(() => byCode(input.value));
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        const input = event.currentTarget.querySelector("input");
        if (input !== null) void attempt(() => byCode(input.value));
      }}
    >
      <p role="status">{t("prove.sent")}</p>
      <label>
        {t("enter.code")}
        <input
          class="code"
          name="proof"
          type="text"
          inputMode="numeric"
          autocomplete="one-time-code"
          required
          onInput={(event) => read(event.currentTarget)}
        />
      </label>
      <button type="submit" class="button first wide" disabled={busy.value}>
        {t("prove.go")}
      </button>
    </form>
  );
}
