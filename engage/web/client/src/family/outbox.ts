// What was answered or written while nobody answered us: kept on the phone under an id of its own,
// sent when somebody does, in its order. Each goes with its id as Idempotency-Key, so that what was
// sent and not heard of is sent again and is there once. Each is bound to who wrote it: nobody else
// sends it, and what can't be sent any more is theirs to copy before it goes.
import { batch } from "@preact/signals";

import { call, Problem } from "../api/call";
import * as disk from "./disk";
import { uuid7 } from "./ids";
import type { Answer, Answered } from "./kinds";
import { over } from "./leaving";
import { type Left, stays } from "./mine";
import { away, me, questions, refused, removed, saved, tell, unsent } from "./state";
import { t } from "./words";

interface Common {
  /** Made on the phone; a UUID of version 7, so that the order of ids is that of making. */
  id: string;
  /** Who wrote it. */
  by: string;
  patient: string;
  at: string;
  /** It can't be sent any more; its words are here until their writer removes them. */
  refused?: boolean;
}
export interface SavedAnswer extends Common {
  kind: "answer";
  checkIn: string;
  prompt: string;
  answer: Answer;
  /** The answer as it was chosen. */
  words: string;
}
export interface SavedMessage extends Common {
  kind: "message";
  body: string;
}
export type Saved = SavedAnswer | SavedMessage;

/** What became of the last answer, by patient: the page of the check-in shows it. */
export type Heard = (one: Saved, answered: Answered | null) => void;

const AGAIN_MS = 15_000;
const RETRY = [0, 408, 425, 429, 500, 502, 503, 504];

let heard: Heard = () => undefined;
let later: ReturnType<typeof setTimeout> | undefined;

export function whenHeard(act: Heard): void {
  heard = act;
}

/** What everything begins with that is written here. */
export const written = (patient: string): Common => ({
  id: uuid7(),
  by: me.value?.id ?? "",
  patient,
  at: new Date().toISOString(),
});

/** Under which name the question stands that an answer is to: it was read, so it goes with all that was. */
export const askedAs = (id: string): string => `asked ${id}`;

/** What is mine of all that is here. */
export async function load(): Promise<void> {
  const mine = (await disk.all<Saved>("outbox")).filter((one) => one.by === me.value?.id);
  batch(() => {
    saved.value = mine.filter((one) => one.refused !== true);
    refused.value = mine.filter((one) => one.refused === true);
  });
}

/** Somebody is about to see this phone: remove what is not theirs, or is too old; true if anything was. */
export async function tidy(who: string | null): Promise<boolean> {
  const left = await disk.get<Left>("kept", "left");
  const all = await disk.all<Saved>("outbox");
  const gone = all.filter((one) => !stays(one.by, who, left, Date.now()));
  const writes: disk.Change[] = gone.map((one) => ({ box: "outbox", key: one.id }));
  if (who !== null) writes.push({ box: "kept", key: "left" });
  await disk.write(writes);
  return gone.length > 0;
}

/** Nobody is signed in: how much waits for who wrote it. */
export async function count(): Promise<void> {
  if (await tidy(null)) removed.value = true;
  unsent.value = (await disk.all<Saved>("outbox")).filter((one) => one.refused !== true).length;
}

/** Keep it; with an answer, what was asked. */
export async function put(one: Saved, asked?: string): Promise<void> {
  const writes: disk.Change[] = [{ box: "outbox", key: one.id, value: one }];
  if (asked !== undefined) writes.push({ box: "kept", key: askedAs(one.id), value: asked });
  await disk.write(writes);
  if (one.by === me.value?.id) saved.value = [...saved.value, one];
}

/** Keep it, and try at once. */
export async function keep(one: Saved, asked?: string): Promise<void> {
  await put(one, asked);
  await flush();
}

export async function drop(id: string): Promise<void> {
  await disk.write([
    { box: "outbox", key: id },
    { box: "kept", key: askedAs(id) },
  ]);
  batch(() => {
    saved.value = saved.value.filter((one) => one.id !== id);
    refused.value = refused.value.filter((one) => one.id !== id);
  });
}

/** It can't be sent any more. Where that may be because a right ended, what was asked goes. */
async function refuse(one: Saved, ended: boolean): Promise<void> {
  const kept = { ...one, refused: true };
  const writes: disk.Change[] = [{ box: "outbox", key: one.id, value: kept }];
  if (ended) writes.push({ box: "kept", key: askedAs(one.id) });
  await disk.write(writes);
  batch(() => {
    saved.value = saved.value.filter(({ id }) => id !== one.id);
    refused.value = [...refused.value, kept];
  });
}

/** Send what waits, one after the other; two windows of the app don't do so at once. */
export async function flush(): Promise<void> {
  const who = me.value?.id;
  if (who === undefined) return;
  const run = async (): Promise<void> => {
    await load();
    // Whoever signed out meanwhile sends nothing, and neither does who signed in after them.
    for (const one of saved.value) if (me.value?.id !== who || !(await sent(one))) return;
  };
  if ("locks" in navigator) await navigator.locks.request("engage-family-outbox", run);
  else await run();
}

async function sent(one: Saved): Promise<boolean> {
  try {
    const answered = one.kind === "answer" ? await answer(one) : await message(one);
    away.value = false;
    await drop(one.id);
    heard(one, answered);
    return true;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (me.value?.id !== one.by) return false;
    if (problem.status === 401) {
      await over();
      return false;
    }
    if (RETRY.includes(problem.status) || problem.code === "still-running") {
      away.value = problem.status === 0;
      clearTimeout(later);
      later = setTimeout(() => void flush(), AGAIN_MS);
      return false;
    }
    // It can't be taken any more: the question is gone, or the right to answer it.
    await refuse(one, problem.status === 403 || problem.status === 404);
    tell("wrong", t("saved.refused"));
    return true;
  }
}

async function answer(one: SavedAnswer): Promise<Answered> {
  const answered = await call("post", "/v1/family/{patient_id}/check-ins/{check_in_id}/answers", {
    path: { patient_id: one.patient, check_in_id: one.checkIn },
    body: { prompt: one.prompt, answer: one.answer },
    key: one.id,
  });
  if (me.value == null) return answered;
  questions.value = { ...questions.value, [one.patient]: answered.check_in };
  await disk.write([{ box: "kept", key: `question ${one.patient}`, value: answered.check_in }]);
  return answered;
}

async function message(one: SavedMessage): Promise<null> {
  await call("post", "/v1/family/{patient_id}/messages", {
    path: { patient_id: one.patient },
    body: { id: one.id, body: one.body },
    key: one.id,
  });
  return null;
}
