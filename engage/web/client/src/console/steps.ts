// What one does with the work that is open: one step, then everything is read again. What is refused
// is said in words: who has it, or what changed meanwhile.
import { batch, signal } from "@preact/signals";

import { call, type ItemDetail, type Outcome, type Problem } from "../api/call";
import { ago } from "../shared/time";
import { isWord, named, t } from "../shared/words";
import { loadQueue } from "./list";
import { detail, keyOf, loadCard, openId, zone } from "./opened";
import { attempt, notice, said } from "./session";

/** Which form is open beside the work: one at a time. */
export type Step = "finish" | "snooze" | "hand-over" | "note" | "merge" | "reopen" | "call";
export const step = signal<Step | null>(null);
/** What became of it, where that is known before the form is open. */
export const likely = signal<Outcome | null>(null);
/** What was just completed, while that can be undone. */
export const undoable = signal<{ id: string; version: number } | null>(null);

openId.subscribe(() => {
  step.value = null;
  likely.value = null;
});

const UNDO_MS = 10_000;
let ends: ReturnType<typeof setTimeout> | undefined;

type Change = "claim" | "release" | "acknowledge";
const DONE = { claim: "do.claimed", release: "do.released", acknowledge: "do.acknowledged" } as const;

export async function change(what: Change): Promise<void> {
  await take(what, t(DONE[what]), ({ path, key }) =>
    call("post", `/v1/queue/{item_id}/${what}`, { path, key }),
  );
}

export async function complete(
  outcome: Outcome,
  note: string,
  minutes: number | null,
): Promise<boolean> {
  const words = note.trim();
  const done = await take(`complete ${outcome} ${minutes} ${words}`, t("do.completed"), (asked) =>
    call("post", "/v1/queue/{item_id}/complete", {
      // What joined it since we looked must not be closed unseen: so the version is named.
      ...asked,
      body: { outcome, note: words === "" ? null : words, minutes },
    }),
  );
  if (done === undefined) return false;
  undoable.value = { id: done.id, version: done.version };
  clearTimeout(ends);
  // By this page's own clock: the browser's may be wrong.
  ends = setTimeout(() => {
    undoable.value = null;
  }, UNDO_MS);
  return true;
}

interface Asked {
  path: { item_id: string };
  key: string;
  version: number;
}

/** Take a step on what is open. `what` tells requests apart: the same again is not done twice. */
export async function take(
  what: string,
  words: string,
  ask: (asked: Asked) => Promise<ItemDetail>,
): Promise<ItemDetail | undefined> {
  const item = detail.value;
  if (item === undefined) return undefined;
  notice.value = null;
  const { id, version } = item;
  const key = keyOf(`${what} ${version}`);
  const done = await attempt(() => ask({ path: { item_id: id }, key, version }), refused);
  if (done === undefined) return undefined;
  batch(() => {
    if (openId.value === done.id) detail.value = done;
    said.value = words;
  });
  // The list follows by itself; who works on does not wait for it.
  void loadQueue();
  return done;
}

/** Say why something was not done, with what changed meanwhile before one's eyes. */
export async function refused(problem: Problem): Promise<boolean> {
  const word = `refused.${problem.code}`;
  const stale = problem.status === 409 || problem.status === 412;
  if (!stale && !isWord(word)) return false;
  const before = detail.value;
  if (stale) await Promise.all([loadCard(), loadQueue()]);
  notice.value = { kind: "warn", words: saidOf(problem, before) };
  return true;
}

function saidOf(problem: Problem, before: ItemDetail | undefined): string {
  const holder = problem.heldBy;
  if (problem.code === "already-claimed") {
    return holder?.name != null && holder.since !== null
      ? t("do.lost", { name: holder.name, when: ago(holder.since, zone.value) })
      : t("do.lost.nobody");
  }
  const word = `refused.${problem.code}`;
  return isWord(word) ? t(word) : [t("do.changed"), ...changes(before, detail.value)].join(" ");
}

/** What is another now than what the reader saw, in words. */
function changes(before: ItemDetail | undefined, now: ItemDetail | undefined): string[] {
  if (before === undefined || now === undefined || before.id !== now.id) return [];
  const said: string[] = [];
  const name = `${now.owner.given_name} ${now.owner.family_name}`;
  if (now.closed_at !== null && before.closed_at === null && now.outcome !== null) {
    said.push(t("changed.closed", { outcome: named("outcome", now.outcome) }));
  } else if (now.owner.id !== before.owner.id) {
    said.push(t("changed.owner", { name }));
  }
  if (now.severity !== before.severity) {
    said.push(t("changed.severity", { severity: named("severity", now.severity) }));
  }
  const known = new Set(before.flags.map((flag) => flag.id));
  const fresh = now.flags.find((flag) => !known.has(flag.id));
  if (fresh !== undefined) said.push(t("changed.flag", { reason: named("reason", fresh.reason) }));
  if (now.notes.length > before.notes.length) said.push(t("changed.note"));
  return said;
}
