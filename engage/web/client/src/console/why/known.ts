// What the server knows around the open card: its explanation, and the context of its patient. Both
// are read when the card is opened, and again when something changes.
import { computed, effect, signal } from "@preact/signals";

import { call, type Schema } from "../../api/call";
import { attempt, detail, openId, texts } from "../desk";
import { stirred } from "../place";

export type Explanation = Schema["ExplanationOut"];
export type Reading = Schema["ReadingOut"];
export type Context = Schema["ContextOut"];

const explained = signal<Explanation | undefined>(undefined);
const surrounding = signal<Context | undefined>(undefined);

/** Of the open card and of no other. */
export const explanation = computed(() =>
  explained.value?.item_id === openId.value ? explained.value : undefined,
);
const who = computed(() => detail.value?.patient?.id);
export const context = computed(() =>
  surrounding.value?.patient_id === who.value ? surrounding.value : undefined,
);

/** What the explanation is read anew for. */
const stands = computed(() => {
  const item = detail.value;
  if (item === undefined) return undefined;
  const pages = item.paging?.pages.map((page) => page.status) ?? [];
  // What left by itself is seen in the thread; without a thread, whatever changes is asked for.
  const left = texts.value.filter((text) => text.author === "system").length;
  const rest = item.thread_id === null ? stirred.value : left;
  return [item.id, item.version, item.flags.length, item.paging?.next_at, rest, ...pages].join();
});

effect(() => {
  const key = stands.value;
  const id = detail.peek()?.id;
  if (key === undefined || id === undefined) return;
  queueMicrotask(() => void explain(id));
});

effect(() => {
  const id = who.value;
  void stirred.value;
  if (id !== undefined) queueMicrotask(() => void lookAround(id));
});

async function explain(id: string): Promise<void> {
  const path = { item_id: id };
  // A card that is gone says so itself.
  const found = await attempt(() => call("get", "/v1/queue/{item_id}/explanation", { path }), quiet);
  if (found !== undefined && openId.value === id) explained.value = found;
}

async function lookAround(id: string): Promise<void> {
  const path = { patient_id: id };
  const found = await attempt(() => call("get", "/v1/patients/{patient_id}/context", { path }), quiet);
  if (found !== undefined && who.value === id) surrounding.value = found;
}

const quiet = (): boolean => true;
