// One piece of work, as it is open: its thread, its patient, and the words that are not sent yet.
import { batch, computed, signal } from "@preact/signals";

import {
  call,
  type ItemDetail,
  type Message,
  type Patient,
  type Problem,
  type Texting,
} from "../api/call";
import { t } from "../shared/words";
import { maySoonLeave } from "./before";
import { attempt, me, notice, said, whenForgotten, zoneOf } from "./session";
import { bringRestricted } from "./shut";

export type Pane = "list" | "card" | "doing";

/** The piece of work in the address, and what is known of it. */
export const openId = signal<string | null>(null);
export const detail = signal<ItemDetail | undefined>(undefined);
export const gone = signal(false);
/** Whose record is closed to the reader, in the place of what they asked for. */
export const shut = signal<string | undefined>(undefined);
/** Oldest first. */
export const texts = signal<Message[]>([]);
export const older = signal<string | null>(null);
export const lastEvent = signal<string | null>(null);
/** Whether the thread was read: before that nobody can say what they saw of it. */
export const threadRead = signal(false);
export const patient = signal<Patient | undefined>(undefined);
export const texting = signal<Texting | undefined>(undefined);
export const pane = signal<Pane>("list");

interface Draft {
  body: string;
  /** The newest thing in the thread when the draft was begun. */
  seen: string | null;
}
export const drafts = signal<Record<string, Draft>>({});

export const mine = computed(
  () => detail.value !== undefined && detail.value.owner.id === me.value?.id,
);
export const held = computed(() => detail.value?.status === "in-progress");
export const closed = computed(() => detail.value?.closed_at != null);

/** The clock by which the open card is told. */
export const zone = computed(() => zoneOf(detail.value?.practice_id));

whenForgotten(() => {
  drafts.value = {};
  closeCard();
});

export function firstName(): string {
  return detail.value?.patient?.given_name ?? t("unknown.person");
}

let looked = 0;

export async function openCard(id: string, here: Pane = "card"): Promise<void> {
  const same = openId.value === id;
  batch(() => {
    if (!same) clearCard();
    openId.value = id;
    pane.value = here;
  });
  await loadCard();
}

export function closeCard(): void {
  batch(() => {
    clearCard();
    openId.value = null;
    pane.value = "list";
  });
}

function clearCard(): void {
  looked += 1;
  detail.value = undefined;
  gone.value = false;
  shut.value = undefined;
  texts.value = [];
  older.value = null;
  lastEvent.value = null;
  threadRead.value = false;
  patient.value = undefined;
  texting.value = undefined;
  notice.value = null;
}

export async function loadCard(): Promise<void> {
  const id = openId.value;
  if (id === null) return;
  const turn = ++looked;
  const path = { item_id: id };
  const found = await attempt(
    () => call("get", "/v1/queue/{item_id}", { path }),
    (problem) => {
      if (turn === looked && isShut(problem)) return true;
      gone.value = problem.status === 404 || problem.status === 400;
      return gone.value;
    },
  );
  if (found === undefined || turn !== looked) return;
  shut.value = undefined;
  detail.value = found;
  await Promise.all([loadThread(found, turn), loadPatient(found, turn)]);
}

/** Say whether a record is closed; what was read of it before is not kept. */
export function isShut(problem: Problem): boolean {
  if (problem.code !== "restricted-record") return false;
  batch(() => {
    clearCard();
    shut.value = problem.patientId;
  });
  void bringRestricted();
  return true;
}

async function loadThread(found: ItemDetail, turn: number): Promise<void> {
  const thread = found.thread_id;
  if (thread === null) return;
  const page = await attempt(() =>
    call("get", "/v1/threads/{thread_id}/messages", { path: { thread_id: thread } }),
  );
  if (page === undefined || turn !== looked) return;
  const fresh = page.items.toReversed();
  const oldest = fresh[0]?.id ?? "";
  // Older pages that were asked for stay; ids sort by time.
  const kept = texts.value.filter((text) => text.id < oldest);
  batch(() => {
    texts.value = [...kept, ...fresh];
    if (kept.length === 0) older.value = page.next;
    lastEvent.value = page.last_event;
    threadRead.value = true;
  });
}

export async function loadOlder(): Promise<void> {
  const thread = detail.value?.thread_id;
  const cursor = older.value;
  if (thread == null || cursor === null) return;
  const turn = looked;
  const page = await attempt(() =>
    call("get", "/v1/threads/{thread_id}/messages", {
      path: { thread_id: thread },
      query: { cursor },
    }),
  );
  if (page === undefined || turn !== looked) return;
  batch(() => {
    texts.value = [...page.items.toReversed(), ...texts.value];
    older.value = page.next;
  });
}

async function loadPatient(found: ItemDetail, turn: number): Promise<void> {
  const about = found.patient;
  if (about === null || patient.value?.id === about.id) return;
  const path = { patient_id: about.id };
  const loaded = await attempt(() =>
    Promise.all([
      call("get", "/v1/patients/{patient_id}", { path }),
      call("get", "/v1/patients/{patient_id}/texting", { path }),
    ]),
  );
  if (loaded === undefined || turn !== looked) return;
  [patient.value, texting.value] = loaded;
}

// Writing

export function draft(thread: string, body: string): void {
  const begun = drafts.value[thread];
  const seen = begun === undefined || begun.body === "" ? lastEvent.value : begun.seen;
  drafts.value = { ...drafts.value, [thread]: { body, seen } };
}

/** Send the draft; what the thread did meanwhile is shown first, and nothing is sent. */
export async function reply(thread: string): Promise<"sent" | "moved" | "not"> {
  const words = drafts.value[thread];
  if (words === undefined) return "not";
  notice.value = null;
  let moved = false;
  const sent = await attempt(
    () =>
      call("post", "/v1/threads/{thread_id}/messages", {
        path: { thread_id: thread },
        body: { body: words.body, last_seen_event: words.seen },
        key: keyOf(`reply ${thread} ${words.seen ?? ""} ${words.body}`),
      }),
    async (problem) => {
      if (problem.code === "may-not-text") {
        patient.value = undefined;
        await loadCard();
        notice.value = { kind: "wrong", words: t("problem.may-not-text", { name: firstName() }) };
        return true;
      }
      moved = problem.code === "thread-moved";
      if (!moved) return false;
      await loadCard();
      drafts.value = { ...drafts.value, [thread]: { body: words.body, seen: lastEvent.value } };
      return true;
    },
  );
  if (sent === undefined) return moved ? "moved" : "not";
  maySoonLeave(sent, thread);
  const { [thread]: _, ...others } = drafts.value;
  batch(() => {
    drafts.value = others;
    said.value = t("reply.sent");
  });
  await loadCard();
  return "sent";
}

const keys = new Map<string, string>();

/** The same request again carries the same key, so that a lost answer never means twice. */
export function keyOf(request: string): string {
  const name = `${openId.value ?? ""} ${request}`;
  const key = keys.get(name) ?? crypto.randomUUID();
  keys.set(name, key);
  return key;
}
