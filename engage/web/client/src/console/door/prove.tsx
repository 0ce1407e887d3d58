// Is it still you? Asked where something asks for a proof that is at most five minutes old.
import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

import { call, Problem } from "../../api/call";
import { hasPasskeys, proveByPasskey } from "../../shared/passkey";
import { t } from "../../shared/words";
import { asked } from "../door";
import { sentence } from "../desk";
import { Field, typed } from "./field";

export function Prove() {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const wrong = useSignal("");
  const answer = asked.value;
  useEffect(() => {
    if (answer === null) return;
    wrong.value = "";
    dialog.current?.showModal();
    dialog.current?.querySelector("input")?.focus();
  }, [answer]);
  if (answer === null) return null;
  const prove = async (act: () => Promise<boolean>): Promise<void> => {
    try {
      if (await act()) answer(true);
      else wrong.value = t("door.cancelled");
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      wrong.value = problem.status === 401 ? t("door.wrong.code") : sentence(problem);
    }
  };
  const byCode = async (code: string): Promise<boolean> => {
    await call("post", "/v1/auth/step-up", { body: { code } });
    return true;
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClose={() => {
        answer(false);
      }}
    >
      <div class="row spread">
        <h2 id={id}>{t("prove.title")}</h2>
        <button type="button" class="button quiet" onClick={() => dialog.current?.close()}>
          {t("close")}
        </button>
      </div>
      <p>{t("prove.lead")}</p>
      <div role="alert">
        {wrong.value === "" ? null : <p class="notice wrong">{wrong.value}</p>}
      </div>
      <form
        class="door"
        onSubmit={(event) => {
          event.preventDefault();
          const code = typed(event.currentTarget, "code");
          void prove(() => byCode(code));
        }}
      >
        <Field name="code" label="door.code" hint="door.code.hint" complete="one-time-code" />
        <p class="row">
          <button type="submit" class="button first">
            {t("prove.go")}
          </button>
          {hasPasskeys() ? (
            <button type="button" class="button" onClick={() => void prove(proveByPasskey)}>
              {t("door.passkey")}
            </button>
          ) : null}
        </p>
      </form>
    </dialog>
  );
}
