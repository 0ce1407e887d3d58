// Two records of one person: which are compared, what is merged, and the way back. The rules are the
// server's; a refusal is said in words.
import { batch, signal } from "@preact/signals";

import { call, type Found, type Patient, type Problem } from "../api/call";
import { t } from "../shared/words";
import { attempt, keyOf, loadQueue, openId, said } from "./desk";
import { refusal, reread } from "./texting";

export interface Pair {
  given: Patient;
  kept: Patient;
}

export const shown = signal(false);
export const about = signal<Patient | null>(null);
/** The record that is compared with the one the card is about. */
export const other = signal<Patient | null>(null);
/** What stands merged, and can be undone. */
export const merged = signal<Pair | null>(null);
export const told = signal<{ wrong: boolean; words: string } | null>(null);

openId.subscribe(() => {
  shown.value = false;
  clear(null);
});

export function openMerge(person: Patient): void {
  clear(person);
  shown.value = true;
  const into = person.merged_into;
  if (into === null) return;
  void read(into).then((kept) => {
    if (kept !== undefined && about.value === person) merged.value = { given: person, kept };
  });
}

function clear(person: Patient | null): void {
  batch(() => {
    about.value = person;
    other.value = null;
    merged.value = null;
    told.value = null;
  });
}

export async function read(id: string): Promise<Patient | undefined> {
  return attempt(() => call("get", "/v1/patients/{patient_id}", { path: { patient_id: id } }), wrong);
}

function wrong(problem: Problem): boolean {
  told.value = { wrong: true, words: refusal(problem) };
  return true;
}

export function both({ given, kept }: Pair): Record<string, string> {
  return { name: full(given), id: given.external_id, kept: full(kept), keptId: kept.external_id };
}

export function full(one: Patient | Found): string {
  return `${one.given_name} ${one.family_name}`;
}

export async function merge(pair: Pair): Promise<void> {
  const { given, kept } = pair;
  told.value = null;
  const key = keyOf(`merge ${given.id} ${given.version} ${kept.id} ${kept.version}`);
  const done = await attempt(
    () =>
      call("post", "/v1/patients/{patient_id}/merge", {
        path: { patient_id: given.id },
        body: { into: kept.id },
        key,
      }),
    wrong,
  );
  if (done === undefined) return;
  merged.value = { given, kept: done };
  say(t("merge.done", both(pair)));
  await Promise.all([reread(), loadQueue()]);
}

export async function unmerge(pair: Pair): Promise<void> {
  const { given, kept } = pair;
  told.value = null;
  const key = keyOf(`unmerge ${given.id} ${kept.id} ${kept.version}`);
  const done = await attempt(
    () =>
      call("post", "/v1/patients/{patient_id}/unmerge", {
        path: { patient_id: given.id },
        body: {},
        key,
      }),
    wrong,
  );
  if (done === undefined) return;
  // What was compared is older than what happened since: begin anew.
  batch(() => {
    merged.value = null;
    other.value = null;
    about.value = about.value?.id === done.id ? done : about.value;
  });
  say(t("merge.undone", both(pair)));
  await Promise.all([reread(), loadQueue()]);
}

function say(words: string): void {
  told.value = { wrong: false, words };
  said.value = words;
}
