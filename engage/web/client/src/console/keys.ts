// One key, one decision; off while one writes, and off for good if the reader says so (WCAG 2.1.4).
import { signal } from "@preact/signals";

import { singleKeys } from "../shared/look";
import { openAsk } from "./ask";
import { change, closed, detail, held, me, mine, openId } from "./desk";
import { openHelp } from "./help";
import { place } from "./place";
import { focusCard } from "./queue";
import { focusHead } from "./link";
import { placesOf } from "./places";
import { go, goToPane, visit } from "./route";

/** Whether the form that asks what became of it is open. */
export const finishing = signal(false);

openId.subscribe(() => {
  finishing.value = false;
});

export function press(event: KeyboardEvent): void {
  const at = event.target instanceof HTMLElement ? event.target : null;
  const writing = at?.matches("input:not([type=radio]), textarea, select") ?? false;
  if (event.key === "Escape" && writing && at?.closest("dialog") === null) {
    at.blur();
    focusCard();
    return;
  }
  const busy = writing || at?.closest("dialog") != null || me.value == null;
  if (busy || singleKeys.value === "off") return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const act = KEYS[event.key];
  if (act === undefined || act() === false) return;
  event.preventDefault();
}

/** By key; false leaves the key to the browser. */
const KEYS: Record<string, () => boolean | void> = {
  j: () => step(1),
  k: () => step(-1),
  Enter: open,
  c: () => {
    if (detail.value === undefined || closed.value || held.value) return;
    void change("claim");
  },
  r: () => {
    goToPane("card");
    after(() => document.getElementById("reply"));
  },
  e: () => {
    if (detail.value === undefined || closed.value || (held.value && !mine.value)) return;
    goToPane("doing");
    finishing.value = true;
  },
  a: () => {
    openAsk();
  },
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((key) => [String(key), () => toPlace(key)])),
  "?": openHelp,
};

function toPlace(key: number): boolean {
  const to = placesOf()[key - 1];
  if (to === undefined) return false;
  visit(to);
  focusHead();
  return true;
}

function rows(): HTMLAnchorElement[] {
  return [...document.querySelectorAll<HTMLAnchorElement>("a.item")];
}

function step(by: number): void {
  const all = rows();
  const here = all.findIndex((row) => row === document.activeElement);
  const open = all.findIndex((row) => row.getAttribute("aria-current") === "true");
  const from = here >= 0 ? here : open;
  const to = from < 0 ? 0 : Math.min(all.length - 1, Math.max(0, from + by));
  all[to]?.focus();
}

/** Enter on a row is the browser's own; from anywhere else it opens the first one. */
function open(): boolean {
  if (place.value.at !== "queue") return false;
  if (document.activeElement !== document.body && document.activeElement?.id !== "queue") {
    return false;
  }
  const id = rows()[0]?.getAttribute("href")?.split("/").at(-1);
  if (id === undefined) return false;
  go(id);
  focusCard();
  return true;
}

function after(find: () => HTMLElement | null): void {
  requestAnimationFrame(() => find()?.focus());
}
