// What was answered or written while nobody answered us: kept on the phone under an id of its own,
// sent when somebody does, in its order. Each goes with its id as Idempotency-Key, so that what was
// sent and not heard of is sent again and is there once.
import { call, Problem } from "../api/call";
import * as disk from "./disk";
import type { Answer, Answered } from "./kinds";
import { over } from "./leaving";
import { away, me, questions, saved, tell } from "./state";
import { t } from "./words";

interface Common {
  /** Made on the phone; a UUID of version 7, so that the order of ids is that of making. */
  id: string;
  patient: string;
  at: string;
}
export interface SavedAnswer extends Common {
  kind: "answer";
  checkIn: string;
  prompt: string;
  answer: Answer;
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

export async function load(): Promise<void> {
  saved.value = await disk.all<Saved>("outbox");
}

/** Keep it, and try at once. */
export async function keep(one: Saved): Promise<void> {
  await disk.write([{ box: "outbox", key: one.id, value: one }]);
  saved.value = [...saved.value, one];
  await flush();
}

export async function drop(id: string): Promise<void> {
  await disk.write([{ box: "outbox", key: id }]);
  saved.value = saved.value.filter((one) => one.id !== id);
}

/** Send what waits, one after the other; two windows of the app don't do so at once. */
export async function flush(): Promise<void> {
  if (me.value == null) return;
  const run = async (): Promise<void> => {
    await load();
    for (const one of saved.value) if (!(await sent(one))) return;
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
    await drop(one.id);
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
