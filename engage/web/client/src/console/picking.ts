// Which rows are picked, to take one step on all of them.
import { batch, signal } from "@preact/signals";

import { items, rows, view, whenForgotten } from "./desk";

export const picking = signal(false);
export const picked = signal<ReadonlySet<string>>(new Set());
let last: string | null = null;

whenForgotten(stopPicking);
// Another list: what was picked in the one before is out of sight, and is let go.
view.subscribe(stopPicking);
items.subscribe((now) => {
  if (now === undefined || picked.peek().size === 0) return;
  const there = new Set(now.map((item) => item.id));
  const left = [...picked.peek()].filter((id) => there.has(id));
  if (left.length < picked.peek().size) picked.value = new Set(left);
});

export function stopPicking(): void {
  batch(() => {
    picking.value = false;
    picked.value = new Set();
  });
  last = null;
}

export function pick(id: string): void {
  const now = new Set(picked.value);
  if (!now.delete(id)) now.add(id);
  batch(() => {
    picking.value = true;
    picked.value = now;
  });
  last = id;
}

/** Every row from the one picked last to this one. */
export function pickTo(id: string): void {
  const ids = (rows.value ?? []).map((item) => item.id);
  const [from, to] = [ids.indexOf(last ?? id), ids.indexOf(id)].sort((one, other) => one - other);
  const between = ids.slice(Math.max(0, from ?? 0), (to ?? 0) + 1);
  batch(() => {
    picking.value = true;
    picked.value = new Set([...picked.value, ...between]);
  });
  last = id;
}

export function pickAll(): void {
  picked.value = new Set((rows.value ?? []).map((item) => item.id));
}
