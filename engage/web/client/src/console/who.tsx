// Who wrote this? The way to the dialog in which one says whose a text really is.
import { signal } from "@preact/signals";

import type { Attribution } from "../api/call";
import { named, t } from "../shared/words";

export const shown = signal(false);
export const asked = signal<string | null>(null);

/** A button on a text that came in; it says how sure we are unless nobody doubts it. */
export function WhoButton({ message, sure }: { message: string; sure: Attribution["sure"] }) {
  const plain = sure === null || sure === "certain";
  return (
    <button
      type="button"
      class="button quiet small who"
      onClick={() => {
        asked.value = message;
        shown.value = true;
      }}
    >
      {plain ? t("who.open") : `${named("sure", sure)} · ${t("who.open")}`}
    </button>
  );
}
