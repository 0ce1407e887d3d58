// Where I am signed in, and ending it there; and my passkeys.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { call, type Schema } from "../api/call";
import { whenLeft } from "./leaving";
import { leave } from "./parting";
import { attempt, Head } from "./parts";
import { Passkeys } from "./passkeys";
import { brief } from "./time";
import { named, t } from "./words";

const known = signal<readonly Schema["SignInOut"][] | null>(null);
whenLeft(() => {
  known.value = null;
});

async function load(): Promise<void> {
  await attempt(async () => {
    known.value = (await call("get", "/v1/me/sessions")).items;
  });
}

async function end(one: Schema["SignInOut"]): Promise<void> {
  if (one.current) {
    await leave();
    return;
  }
  const path = { sign_in_id: one.id };
  await attempt(() => call("delete", "/v1/me/sessions/{sign_in_id}", { path }));
  await load();
}

export function SignInsPage() {
  useEffect(() => void load(), []);
  return (
    <>
      <Head title={t("sign-ins.title")} from="more" lead={t("sign-ins.lead")} />
      {known.value === null ? <p class="soft">{t("loading")}</p> : null}
      <ul class="cards">
        {(known.value ?? []).map((one) => (
          <li key={one.id} class="card">
            <p class="what">{one.current ? t("sign-ins.here") : t("sign-ins.there")}</p>
            <p class="soft small">
              {named("factors", one.factors)} · {t("sign-ins.used", { at: brief(one.used_at) })}
            </p>
            <button type="button" class="button small" onClick={() => void end(one)}>
              {t(one.current ? "sign-out" : "sign-ins.end")}
            </button>
          </li>
        ))}
      </ul>
      <Passkeys />
    </>
  );
}
