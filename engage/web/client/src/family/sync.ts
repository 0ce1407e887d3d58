// Brings what is new and takes away what is gone: at the start, when the server says that something
// changed, when the phone is back, and when somebody looks at it again. Losing the right to see
// something arrives as "gone", so it leaves the phone as well.
import { batch } from "@preact/signals";

import { call, Problem } from "../api/call";
import * as disk from "./disk";
import type { CheckIn, CheckInSeen, Kept, Person, Today } from "./kinds";
import { over, whenLeft } from "./leaving";
import { askedAs, flush } from "./outbox";
import { away, me, nameOf, questions, readAt, records, refused, removed, saved, tell, todays } from "./state";
import { t } from "./words";

const AGAIN_MS = 3000;
const LOOK_AGAIN_MS = 5 * 60_000;
const KEPT_MS = 30 * 86_400_000;

let source: EventSource | undefined;
let running: Promise<void> | undefined;
let again = false;

/** Put on the page what the phone kept; false if it belongs to nobody, or for too long. */
export async function recall(): Promise<boolean> {
  const [who, at, found] = await Promise.all([
    disk.get<typeof me.value>("kept", "me"),
    disk.get<number>("kept", "at"),
    disk.all<Kept>("records"),
  ]);
  if (who == null || at === undefined) return false;
  if (Date.now() - at > KEPT_MS) {
    removed.value = (await disk.all("outbox")).length > 0;
    await disk.wipe();
    return false;
  }
  const known = new Map(found.map((one) => [nameOf(one.kind, one.patient_id, one.id), one]));
  const cards: Record<string, Today> = {};
  const asked: Record<string, CheckIn | null> = {};
  for (const one of found) {
    if (one.kind !== "person") continue;
    const card = await disk.get<Today>("kept", `today ${one.patient_id}`);
    if (card !== undefined) cards[one.patient_id] = card;
    asked[one.patient_id] = (await disk.get<CheckIn>("kept", `question ${one.patient_id}`)) ?? null;
  }
  batch(() => {
    me.value = who;
    records.value = known;
    todays.value = cards;
    questions.value = asked;
    readAt.value = at;
  });
  return true;
}

/** Read what changed; whoever asks meanwhile is answered by one more look. */
export function sync(): Promise<void> {
  if (running !== undefined) {
    again = true;
    return running;
  }
  const look = async (): Promise<void> => {
    do {
      again = false;
      await once();
    } while (again && me.value != null);
  };
  running = look().finally(() => {
    running = undefined;
  });
  return running;
}

async function once(): Promise<void> {
  const who = me.value?.id;
  const since = await disk.get<string>("kept", "since");
  try {
    const { changes, gone, next } = await call("get", "/v1/sync", {
      query: since === undefined ? {} : { since },
      quiet: true,
    });
    // Somebody signed out meanwhile: what comes now is nobody's, and is not kept.
    if (who === undefined || me.value?.id !== who) return;
    await apply(since === undefined, changes as Kept[], gone, next);
    await cards(who);
    away.value = false;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 410) {
      await disk.write([{ box: "kept", key: "since" }]);
      again = true;
    } else if (problem.status === 401) {
      if (me.value?.id === who) await over();
    } else if (problem.status === 404) {
      // What was being read is not ours any more: the next look says so.
      again = true;
    } else {
      away.value = true;
    }
  }
}

type Name = Pick<Kept, "kind" | "patient_id" | "id">;

async function apply(whole: boolean, changes: Kept[], gone: readonly object[], next: string): Promise<void> {
  const known = new Map(whole ? [] : records.value);
  const writes: disk.Change[] = [];
  if (whole) for (const key of records.value.keys()) writes.push({ box: "records", key });
  for (const one of changes) known.set(nameOf(one.kind, one.patient_id, one.id), one);
  for (const one of gone as Name[]) known.delete(nameOf(one.kind, one.patient_id, one.id));
  const here = new Set([...known.values()].filter((one) => one.kind === "person").map((one) => one.patient_id));
  for (const [key, one] of known) if (!here.has(one.patient_id)) known.delete(key);
  for (const key of records.value.keys()) if (!known.has(key)) writes.push({ box: "records", key });
  for (const [key, value] of known) {
    if (value !== records.value.get(key)) writes.push({ box: "records", key, value });
  }
  const left = Object.keys({ ...todays.value, ...questions.value }).filter((one) => !here.has(one));
  for (const one of left) {
    writes.push({ box: "kept", key: `today ${one}` }, { box: "kept", key: `question ${one}` });
  }
  // What was written about somebody who is gone can't be sent; it is its writer's until they remove it.
  const lost = saved.value.filter((one) => !here.has(one.patient));
  for (const one of lost) writes.push({ box: "outbox", key: one.id, value: { ...one, refused: true } });
  for (const one of [...lost, ...refused.value]) {
    if (!here.has(one.patient)) writes.push({ box: "kept", key: askedAs(one.id) });
  }
  const at = Date.now();
  writes.push({ box: "kept", key: "since", value: next }, { box: "kept", key: "at", value: at });
  writes.push({ box: "kept", key: "me", value: me.value });
  await disk.write(writes);
  batch(() => {
    records.value = known;
    readAt.value = at;
    saved.value = saved.value.filter((one) => here.has(one.patient));
    refused.value = [...refused.value, ...lost];
    const still = <T>(of: Readonly<Record<string, T>>): Record<string, T> =>
      Object.fromEntries(Object.entries(of).filter(([one]) => here.has(one)));
    todays.value = still(todays.value);
    questions.value = still(questions.value);
  });
  if (lost.length > 0) tell("wrong", t("saved.refused"));
}

/** The card of each person, and the question that waits, for those who may answer it. */
async function cards(who: string): Promise<void> {
  const held = [...records.value.values()];
  for (const one of held) {
    if (one.kind !== "person") continue;
    const path = { patient_id: one.patient_id };
    const card = await call("get", "/v1/family/{patient_id}/today", { path, quiet: true });
    const waits = held.some(
      (other) =>
        other.kind === "check-in" &&
        other.patient_id === one.patient_id &&
        (other.body as CheckInSeen).status === "waiting",
    );
    const answers = (one.body as Person).may.some(
      (right) => right.category === "check-ins" && right.verbs.includes("answer"),
    );
    const question =
      waits && answers
        ? (await call("get", "/v1/family/{patient_id}/check-in", { path, quiet: true })).check_in
        : null;
    if (me.value?.id !== who) return;
    await disk.write([
      { box: "kept", key: `today ${one.patient_id}`, value: card },
      { box: "kept", key: `question ${one.patient_id}`, value: question },
    ]);
    batch(() => {
      todays.value = { ...todays.value, [one.patient_id]: card };
      questions.value = { ...questions.value, [one.patient_id]: question };
    });
  }
}

/** Listen for changes for as long as somebody is signed in. */
export function listen(): void {
  if (source !== undefined || me.value == null) return;
  source = new EventSource("/v1/family/events");
  source.onopen = () => void sync();
  source.addEventListener("changed", () => void sync());
  source.addEventListener("access", () => {
    hush();
    void sync().then(listen);
  });
  source.onerror = () => {
    // The browser comes back by itself, unless the server refused: then we ask why.
    if (source?.readyState !== EventSource.CLOSED) return;
    hush();
    setTimeout(() => void sync().then(listen), AGAIN_MS);
  };
}

export function hush(): void {
  source?.close();
  source = undefined;
}

whenLeft(hush);

async function lookAgain(): Promise<void> {
  if (me.value == null || document.hidden) return;
  listen();
  await flush();
  await sync();
}

/** What waits is sent, and what is new is read, whenever the phone is back. */
export function watch(): void {
  addEventListener("online", () => void lookAgain());
  addEventListener("offline", () => {
    away.value = true;
  });
  document.addEventListener("visibilitychange", () => void lookAgain());
  setInterval(() => void lookAgain(), LOOK_AGAIN_MS);
}
