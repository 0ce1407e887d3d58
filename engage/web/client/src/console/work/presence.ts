// Says every few seconds what one has open, and hears who else has it. A page in the background has
// nothing open; whoever leaves is forgotten by the server within half a minute.
import { computed, effect } from "@preact/signals";

import { call } from "../../api/call";
import { detail, drafts, me, openId } from "../desk";
import { place } from "../place";

const EVERY_MS = 10_000;
let timer: ReturnType<typeof setInterval> | undefined;

export function beginPresence(): void {
  effect(() => {
    const id = here.value;
    // Whether one writes is said at once, too; not every letter.
    void writes.value;
    clearInterval(timer);
    if (id === null) return;
    timer = setInterval(() => void tell(id), EVERY_MS);
    queueMicrotask(() => void tell(id));
  });
  document.addEventListener("visibilitychange", () => {
    const id = here.peek();
    if (id !== null) void tell(id);
  });
}

/** What one has open. */
const here = computed(() =>
  me.value == null || place.value.at !== "queue" ? null : openId.value,
);
/** Whether words stand in the box that are not sent. */
const writes = computed(() => {
  const thread = detail.value?.thread_id;
  return thread != null && (drafts.value[thread]?.body ?? "") !== "";
});

async function tell(id: string): Promise<void> {
  if (document.visibilityState !== "visible" || openId.peek() !== id) return;
  try {
    const now = await call("put", "/v1/queue/{item_id}/presence", {
      path: { item_id: id },
      body: { writing: writes.peek() },
    });
    const item = detail.peek();
    if (item?.id === id) detail.value = { ...item, here: now.here };
  } catch {
    // Nobody misses it: it is said again in a moment.
  }
}
