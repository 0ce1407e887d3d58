// One key, one decision; off while one writes, and off for good if the reader says so (WCAG 2.1.4).
import { singleKeys } from "../shared/look";
import { openAsk } from "./ask";
import {
  change,
  closed,
  detail,
  held,
  me,
  mine,
  openId,
  step,
  type Step,
} from "./desk";
import { openHelp } from "./help";
import { pick } from "./picking";
import { place } from "./place";
import { focusCard } from "./queue";
import { focusHead } from "./link";
import { placesOf, toSearch } from "./places";
import { openWrong } from "./relabel";
import { go, goToPane, visit } from "./route";
import { bringWork } from "./work";

export function press(event: KeyboardEvent): void {
  const at = event.target instanceof HTMLElement ? event.target : null;
  const writing =
    at?.matches("input:not([type=radio], [type=checkbox]), textarea, select") ?? false;
  if (event.key === "Escape" && at?.closest("dialog") === null) {
    // A note that is being written is not thrown away by leaving its field.
    if (writing) {
      at?.blur();
      focusCard();
    } else if (step.value !== null) leaveStep();
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
  j: () => move(1),
  k: () => move(-1),
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
    step.value = "finish";
  },
  n: () => begin("note"),
  s: () => begin("snooze"),
  a: () => begin("hand-over"),
  m: () => begin("merge"),
  l: () => {
    const text = detail.value?.flags.find((flag) => flag.message_id !== null && flag.words !== null);
    if (text?.message_id != null) openWrong(text.message_id);
  },
  z: () => {
    void bringWork().then((work) => work?.undo());
  },
  x: () => {
    const id = idOf(document.activeElement) ?? openId.value;
    if (place.value.at === "queue" && id !== null) pick(id);
  },
  q: () => {
    openAsk();
  },
  "/": toSearch,
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map((key) => [String(key), () => toPlace(key)])),
  "?": openHelp,
};

/** Open the form of a step, if it may be taken now. */
function begin(which: Step): void {
  void bringWork().then((work) => {
    if (detail.value === undefined || work?.may(detail.value, which) !== true) return;
    goToPane("doing");
    step.value = which;
  });
}

/** Close the form of a step; the focus is on what opened it. */
export function leaveStep(): void {
  const from = step.value === "finish" ? "complete" : `do-${step.value ?? ""}`;
  step.value = null;
  after(() => document.getElementById(from));
}

/** In a form of choices a digit chooses. */
export function digits(event: KeyboardEvent): void {
  const at = event.target;
  if (!(at instanceof HTMLInputElement) || !["radio", "checkbox"].includes(at.type)) return;
  if (singleKeys.value === "off") return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const choices = at.form?.querySelectorAll<HTMLInputElement>("input[type=radio]:not(:disabled)");
  const chosen = choices?.[Number(event.key) - 1];
  if (chosen === undefined) return;
  event.preventDefault();
  chosen.click();
  chosen.focus();
}

function toPlace(key: number): boolean {
  const to = placesOf()[key - 1];
  // A digit that was meant for a form does not lead away from it.
  if (to === undefined || step.value !== null) return false;
  visit(to);
  focusHead();
  return true;
}

function rows(): HTMLAnchorElement[] {
  return [...document.querySelectorAll<HTMLAnchorElement>("a.item")];
}

function idOf(row: Element | null): string | null {
  return row?.matches("a.item") === true ? (row.getAttribute("href")?.split("/").at(-1) ?? null) : null;
}

function move(by: number): void {
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
  const id = idOf(rows()[0] ?? null);
  if (id === null) return false;
  go(id);
  focusCard();
  return true;
}

function after(find: () => HTMLElement | null): void {
  requestAnimationFrame(() => find()?.focus());
}
