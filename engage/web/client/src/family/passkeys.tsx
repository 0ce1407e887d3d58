// Passkeys: offered after a sign-in by a text, once; and the list of one's own.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { call, type Schema } from "../api/call";
import { addPasskey, hasPasskeys } from "../shared/passkey";
import { whenLeft } from "./leaving";
import { declined, declines } from "./look";
import { attempt } from "./parts";
import { me, tell } from "./state";
import { brief } from "./time";
import { t } from "./words";

const offered = signal(false);
const mine = signal<readonly Schema["PasskeyOut"][] | null>(null);
const busy = signal(false);
whenLeft(() => {
  offered.value = false;
  mine.value = null;
});

async function load(): Promise<void> {
  mine.value = (await call("get", "/v1/me/passkeys")).items;
}

/** Offer one to who has just signed in by a text, unless they have one or said no on this device. */
export async function offer(): Promise<void> {
  if (me.value == null || !hasPasskeys() || declined()) return;
  // Nothing is lost if nobody answers: it is offered again next time.
  await load().catch(() => undefined);
  offered.value = mine.value?.length === 0;
}

async function add(): Promise<void> {
  busy.value = true;
  await attempt(async () => {
    const made = await addPasskey();
    if (made) await load();
    tell(made ? "good" : "wrong", t(made ? "passkeys.added" : "passkeys.not"));
    if (made) offered.value = false;
  });
  busy.value = false;
}

async function remove(one: Schema["PasskeyOut"]): Promise<void> {
  const path = { passkey_id: one.id };
  const gone = await attempt(() => call("delete", "/v1/me/passkeys/{passkey_id}", { path }));
  if (!gone) return;
  tell("good", t("passkeys.removed"));
  await attempt(load);
}

function Add() {
  return (
    <button type="button" class="button first" disabled={busy.value} onClick={() => void add()}>
      {t("passkeys.add")}
    </button>
  );
}

/** The offer, on the first page that somebody sees. */
export function Offer() {
  if (!offered.value) return null;
  const later = (): void => {
    declines();
    offered.value = false;
  };
  return (
    <section class="card stack" aria-labelledby="offered">
      <h2 id="offered">{t("passkeys.title")}</h2>
      <p>{t("passkeys.lead")}</p>
      <div class="actions">
        <Add />
        <button type="button" class="button quiet" onClick={later}>
          {t("passkeys.later")}
        </button>
      </div>
    </section>
  );
}

/** One's own passkeys, beside where one is signed in. */
export function Passkeys() {
  useEffect(() => void attempt(load), []);
  const known = mine.value ?? [];
  if (known.length === 0 && !hasPasskeys()) return null;
  return (
    <section class="group">
      <h2>{t("passkeys.title")}</h2>
      <p class="soft">{t("passkeys.lead")}</p>
      <ul class="cards">
        {known.map((one) => (
          <li key={one.id} class="card">
            <p class="what">{t("passkeys.made", { at: brief(one.made_at) })}</p>
            <p class="soft small">
              {one.used_at === null ? t("passkeys.unused") : t("passkeys.used", { at: brief(one.used_at) })}
            </p>
            <button
              type="button"
              class="button small"
              aria-label={t("passkeys.remove-of", { at: brief(one.made_at) })}
              onClick={() => void remove(one)}
            >
              {t("passkeys.remove")}
            </button>
          </li>
        ))}
      </ul>
      {hasPasskeys() ? <Add /> : null}
    </section>
  );
}
