// What the app knows: who is signed in, whom they care for, and what they may see of each. All of it
// comes from `sync`, and stands on the phone as well.
import { batch, computed, signal } from "@preact/signals";

import type { Category, CheckIn, Kept, Kind, Me, Person, Records, Today, Verb } from "./kinds";
import type { Saved } from "./outbox";

/** undefined: not known yet; null: nobody is signed in. */
export const me = signal<Me | null | undefined>(undefined);
/** The sign-in ended by itself, so the page says so. */
export const ended = signal(false);
/** While nobody is signed in: how much waits here for who wrote it, and whether some of it was removed. */
export const unsent = signal(0);
export const removed = signal(false);
export const records = signal<ReadonlyMap<string, Kept>>(new Map());
export const todays = signal<Readonly<Record<string, Today>>>({});
export const questions = signal<Readonly<Record<string, CheckIn | null>>>({});
/** What I wrote that waits to be sent; and what can't be sent any more, for me to copy or to remove. */
export const saved = signal<readonly Saved[]>([]);
export const refused = signal<readonly Saved[]>([]);
/** Nobody answers, whatever the browser thinks of the network. */
export const away = signal(!navigator.onLine);
/** When everything on the page was last known to be so. */
export const readAt = signal<number | null>(null);
const chosen = signal<string | null>(null);

/** What a screen reader is told, and what is shown beside what was done. */
export const said = signal("");
export const notice = signal<{ kind: "good" | "wrong"; words: string } | null>(null);

export const nameOf = (kind: string, patient: string, id: string): string => `${kind}/${patient}/${id}`;

export const people = computed(() => list("person").sort((a, b) => Number(b.self) - Number(a.self)));
export const person = computed<Person | undefined>(
  () => people.value.find((one) => one.patient_id === chosen.value) ?? people.value[0],
);

export function choose(patient: string): void {
  chosen.value = patient;
}

function list<K extends Kind>(kind: K): Records[K][] {
  return [...records.value.values()]
    .filter((one) => one.kind === kind)
    .map((one) => one.body as Records[K]);
}

/** The records of a kind of the person who is shown. */
export function of<K extends Exclude<Kind, "person">>(kind: K): Records[K][] {
  const whose = person.value?.patient_id;
  return list(kind).filter((one) => one.patient_id === whose);
}

/** Whether something may be done about the person who is shown. */
export function may(category: Category, verb: Verb = "see", whom = person.value): boolean {
  const held = whom?.may.find((one) => one.category === category)?.verbs ?? [];
  return verb === "see" ? held.length > 0 : held.includes(verb);
}

export function tell(kind: "good" | "wrong", words: string): void {
  batch(() => {
    notice.value = { kind, words };
    said.value = words;
  });
}

/** Nothing of anybody stands on the page any more. */
export function clear(): void {
  batch(() => {
    records.value = new Map();
    todays.value = {};
    questions.value = {};
    saved.value = [];
    refused.value = [];
    readAt.value = null;
    chosen.value = null;
    notice.value = null;
  });
}
