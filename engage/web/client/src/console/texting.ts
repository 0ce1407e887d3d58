// What may be texted to one person and who said so: read when asked for, changed with a reason, and
// read again. The rules are the server's; a refusal is said in words.
import { batch, signal } from "@preact/signals";

import { call, type Consent, type Patient, type Problem, type Schema } from "../api/call";
import { isWord, t } from "../shared/words";
import { attempt, keyOf, loadCard, openId, patient, said, sentence, texting } from "./desk";

export type Kind = Schema["ConsentIn"]["kind"];
export type Purpose = Schema["PurposeOut"]["purpose"];

/** Whose consent is shown. */
export const about = signal<Patient | null>(null);
export const shown = signal(false);
export const consent = signal<Consent | undefined>(undefined);
/** What became of the last thing that was done here. */
export const told = signal<{ wrong: boolean; words: string } | null>(null);
/** More old texts of the number wait than one request takes. */
export const unclaimed = signal(false);

// Another card, or nobody signed in: what was said about somebody does not stay behind.
openId.subscribe(() => {
  batch(() => {
    shown.value = false;
    about.value = null;
    consent.value = undefined;
  });
});

export function openConsent(person: Patient): void {
  batch(() => {
    about.value = person;
    consent.value = undefined;
    told.value = null;
    unclaimed.value = false;
    shown.value = true;
  });
  void load(person);
}

async function load(person: Patient): Promise<void> {
  const path = { patient_id: person.id };
  const found = await attempt(() => call("get", "/v1/patients/{patient_id}/consent", { path }), wrong);
  if (found !== undefined && about.value === person) consent.value = found;
}

/** Write down what they told us. */
export async function record(kind: Kind, purpose: Purpose | null, reason: string): Promise<boolean> {
  const person = about.value;
  if (person === null) return false;
  const path = { patient_id: person.id };
  const key = keyOf(`consent ${newest()} ${kind} ${purpose ?? ""} ${reason}`);
  const done = await tried(() =>
    call("post", "/v1/patients/{patient_id}/consent", {
      path,
      body: { kind, purpose, reason },
      key,
    }),
  );
  return done !== undefined && changed(person, done, t("consent.saved"));
}

/** Have the phone asked whether it is theirs. */
export async function enrol(): Promise<void> {
  const person = about.value;
  if (person === null) return;
  const path = { patient_id: person.id };
  const key = keyOf(`enrolment ${newest()}`);
  const done = await tried(() =>
    call("post", "/v1/patients/{patient_id}/enrolment", { path, body: {}, key }),
  );
  if (done !== undefined) changed(person, done, t("consent.enrolled"));
}

/** Take over the texts of their number that nobody was found for, as many as one request takes. */
export async function claim(): Promise<void> {
  const person = about.value;
  if (person === null) return;
  const path = { patient_id: person.id };
  const key = crypto.randomUUID();
  const done = await tried(() =>
    call("post", "/v1/patients/{patient_id}/claims", { path, body: {}, key }),
  );
  if (done === undefined) return;
  unclaimed.value = done.more;
  say(`${claimedWords(done.claimed)} ${done.more ? t("consent.claim.rest") : ""}`.trim());
  void reread();
}

function claimedWords(n: number): string {
  if (n === 0) return t("consent.claim.none");
  return n === 1 ? t("consent.claim.one") : t("consent.claim.many", { n });
}

/** Read the open card again, and its person anew. */
export async function reread(): Promise<void> {
  await loadCard();
  const id = patient.value?.id;
  if (id === undefined) return;
  const path = { patient_id: id };
  const loaded = await attempt(() =>
    Promise.all([
      call("get", "/v1/patients/{patient_id}", { path }),
      call("get", "/v1/patients/{patient_id}/texting", { path }),
    ]),
  );
  if (loaded !== undefined && patient.value?.id === id) [patient.value, texting.value] = loaded;
}

/** A refusal that this page knows is said in the reader's language. */
export function refusal(problem: Problem): string {
  const word = `refused.${problem.code}`;
  if (isWord(word)) return t(word);
  if (problem.faults.length === 0) return sentence(problem);
  return t("problem.other", { detail: [...new Set(problem.faults)].join(" ") });
}

async function tried<T>(act: () => Promise<T>): Promise<T | undefined> {
  told.value = null;
  return attempt(act, wrong);
}

function wrong(problem: Problem): boolean {
  told.value = { wrong: true, words: refusal(problem) };
  return true;
}

/** It is done and shown; what follows from it elsewhere on the page may come after. */
function changed(person: Patient, now: Consent, words: string): true {
  if (about.value === person) consent.value = now;
  say(words);
  void reread();
  return true;
}

function say(words: string): void {
  told.value = { wrong: false, words };
  said.value = words;
}

/** The newest entry that the reader sees: what is said again after it is another thing. */
function newest(): string {
  return consent.value?.entries[0]?.id ?? "";
}
