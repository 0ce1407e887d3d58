// Before somebody signs out with words on the phone that nobody has read: send them first, or delete
// them knowingly. Nothing of it stays after a sign-out that was meant.
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { signOut, whenLeft } from "./leaving";
import { flush, load } from "./outbox";
import { go } from "./route";
import { refused, saved } from "./state";
import { counted, t } from "./words";

const asked = signal(false);
const busy = signal(false);
const stuck = signal(false);
whenLeft(() => {
  asked.value = busy.value = stuck.value = false;
});

const unread = (): boolean => saved.value.length + refused.value.length > 0;

async function out(): Promise<void> {
  go("today");
  await signOut();
}

/** Sign out; whoever has written something that was not sent is asked first. */
export async function leave(): Promise<void> {
  await load();
  stuck.value = false;
  if (unread()) asked.value = true;
  else await out();
}

async function send(): Promise<void> {
  stuck.value = false;
  busy.value = true;
  await flush();
  busy.value = false;
  if (!asked.value) return;
  stuck.value = saved.value.length > 0;
  if (!unread()) await out();
}

export function Parting() {
  const dialog = useRef<HTMLDialogElement>(null);
  const shown = asked.value;
  const waits = saved.value.length;
  useEffect(() => {
    if (shown) dialog.current?.showModal();
  }, [shown]);
  if (!shown) return null;
  return (
    <dialog
      ref={dialog}
      class="prove"
      aria-labelledby="parting"
      onClose={() => {
        asked.value = false;
      }}
    >
      <div class="stack">
        <h2 id="parting" tabIndex={-1}>
          {t("parting.title")}
        </h2>
        {waits === 0 ? null : <p>{counted("parting.waits-one", "parting.waits", waits)}</p>}
        {refused.value.length === 0 ? null : <p>{t("parting.refused")}</p>}
        <div role="alert">{stuck.value ? <p class="notice wrong">{t("parting.not")}</p> : null}</div>
        {waits === 0 ? null : (
          <button type="button" class="button first wide" disabled={busy.value} onClick={() => void send()}>
            {t("parting.send")}
          </button>
        )}
        <button type="button" class="button wide" disabled={busy.value} onClick={() => void out()}>
          {t("parting.delete")}
        </button>
        <button type="button" class="button quiet" onClick={() => dialog.current?.close()}>
          {t("cancel")}
        </button>
      </div>
    </dialog>
  );
}
