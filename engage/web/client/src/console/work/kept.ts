// The lists that somebody keeps at hand, as the server has them: names for what the queue is asked.
import { effect, signal } from "@preact/signals";

import { call, type Schema } from "../../api/call";
import { attempt, me, type Saved } from "../desk";

export const kept = signal<Saved[]>([]);
export const MOST = 20;

export function beginKept(): void {
  effect(() => {
    const who = me.value?.id;
    queueMicrotask(() => {
      kept.value = [];
      if (who !== undefined) void read();
    });
  });
}

const saved = (one: Schema["SavedView"]): Saved => ({ ...one, view: one.view ?? "all" });

async function read(): Promise<void> {
  const found = await attempt(() => call("get", "/v1/me/views"));
  if (found !== undefined) kept.value = found.views.map(saved);
}

/** Keep these in place of those that were kept. */
export async function keepAll(views: Saved[]): Promise<boolean> {
  const now = await attempt(() => call("put", "/v1/me/views", { body: { views } }));
  if (now !== undefined) kept.value = now.views.map(saved);
  return now !== undefined;
}
