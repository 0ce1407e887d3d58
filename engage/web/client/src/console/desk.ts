// What the console knows, and every change of it. Truth stays on the server: after anything happens
// the page reads again, and a draft is the only thing it keeps to itself.
import { batch, computed, signal } from "@preact/signals";

import {
  call,
  Problem,
  type Counts,
  type Instrument,
  type Item,
  type ItemDetail,
  type Me,
  type Message,
  type Outcome,
  type Patient,
  type Texting,
} from "../api/call";
import { ago, type Zone } from "../shared/time";
import { named, t } from "../shared/words";
import { maySoonLeave } from "./before";

export const VIEWS = ["mine", "team", "unclaimed", "crises", "all"] as const;
export type View = (typeof VIEWS)[number];
export type Pane = "list" | "card" | "doing";

/** undefined: not known yet; null: nobody is signed in. */
export const me = signal<Me | null | undefined>(undefined);
/** The sign-in ended by itself, so the page says so. */
export const ended = signal(false);
/** Somebody signed in on this very page. */
export const entered = signal(false);
export const live = signal(false);
export const instruments = signal<Instrument[]>([]);

export const view = signal<View>("mine");
export const items = signal<Item[] | undefined>(undefined);
export const next = signal<string | null>(null);
export const crises = signal<Item[]>([]);
export const counts = signal<Counts | undefined>(undefined);

/** The piece of work in the address, and what is known of it. */
export const openId = signal<string | null>(null);
export const detail = signal<ItemDetail | undefined>(undefined);
export const gone = signal(false);
/** Oldest first. */
export const texts = signal<Message[]>([]);
export const older = signal<string | null>(null);
export const lastEvent = signal<string | null>(null);
/** Whether the thread was read: before that nobody can say what they saw of it. */
export const threadRead = signal(false);
export const patient = signal<Patient | undefined>(undefined);
export const texting = signal<Texting | undefined>(undefined);
export const pane = signal<Pane>("list");

/** What a screen reader is told: politely, and at once. */
export const said = signal("");
export const called = signal("");
/** What went wrong, or changed under one's hands; shown beside the actions. */
export const notice = signal<{ kind: "wrong" | "warn"; words: string } | null>(null);

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

/** The clock of a practice: all who work there read the same times, wherever they sit. */
export function zoneOf(practice: string | undefined): Zone {
  const held = me.value?.memberships ?? [];
  return (held.find((one) => one.practice_id === practice) ?? held[0])?.time_zone;
}
/** The clock by which the open card is told. */
export const zone = computed(() => zoneOf(detail.value?.practice_id));

// Signing in and out

export async function whoAmI(): Promise<void> {
  try {
    const found = await call("get", "/v1/me");
    batch(() => {
      me.value = found;
      ended.value = false;
    });
    instruments.value = (await call("get", "/v1/instruments")).items;
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 0) {
      setTimeout(() => void whoAmI(), 2000);
      return;
    }
    me.value = null;
  }
}

export async function signOut(): Promise<void> {
  await call("delete", "/v1/session").catch(() => undefined);
  forget();
  ended.value = false;
}

/** Take everything about anybody off the page. */
export function forget(): void {
  batch(() => {
    me.value = null;
    items.value = undefined;
    crises.value = [];
    counts.value = undefined;
    drafts.value = {};
    closeCard();
  });
}

/** Run something; a sign-in that ended shows the sign-in, anything else a sentence. */
export async function attempt<T>(
  act: () => Promise<T>,
  otherwise?: (problem: Problem) => boolean | Promise<boolean>,
): Promise<T | undefined> {
  try {
    return await act();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 401) {
      forget();
      ended.value = true;
    } else if (otherwise === undefined || !(await otherwise(problem))) {
      notice.value = { kind: "wrong", words: sentence(problem) };
    }
    return undefined;
  }
}

/** A part of this program that is fetched when it is needed: nobody answered, if it does not come. */
export async function part<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch {
    throw new Problem(0, {});
  }
}

export function sentence(problem: Problem): string {
  return problem.status === 0
    ? t("problem.no-answer")
    : t("problem.other", { detail: problem.message });
}

// The queue

let asked = 0;

export async function loadQueue(): Promise<void> {
  const turn = ++asked;
  const before = known();
  const loaded = await attempt(() =>
    Promise.all([
      call("get", "/v1/queue", { query: { view: view.value, limit: 50 } }),
      call("get", "/v1/queue", { query: { view: "crises", limit: 50 } }),
      call("get", "/v1/queue/counts"),
    ]),
  );
  if (loaded === undefined || turn !== asked) return;
  const [page, open, many] = loaded;
  const first = items.value === undefined;
  batch(() => {
    items.value = page.items;
    next.value = page.next;
    crises.value = open.items;
    counts.value = many;
  });
  if (first) return;
  for (const item of [...open.items, ...page.items]) {
    if (!before.has(item.id)) tell(item);
  }
}

export async function loadMore(): Promise<void> {
  const cursor = next.value;
  if (cursor === null) return;
  const page = await attempt(() =>
    call("get", "/v1/queue", { query: { view: view.value, limit: 50, cursor } }),
  );
  if (page === undefined || next.value !== cursor) return;
  batch(() => {
    items.value = [...(items.value ?? []), ...page.items];
    next.value = page.next;
  });
}

export function show(wanted: View): void {
  if (view.value === wanted) return;
  batch(() => {
    view.value = wanted;
    items.value = undefined;
    next.value = null;
  });
  void loadQueue();
}

function known(): Set<string> {
  return new Set([...(items.value ?? []), ...crises.value].map((item) => item.id));
}

function tell(item: Item): void {
  const words = t("queue.new", {
    severity: named("severity", item.severity),
    patient: nameOf(item),
    subject: named("subject", item.subject),
  });
  if (item.severity === "crisis") called.value = words;
  else said.value = words;
}

export function nameOf(item: Item): string {
  const about = item.patient;
  return about === null ? t("unknown.person") : `${about.given_name} ${about.family_name}`;
}

export function firstName(): string {
  return detail.value?.patient?.given_name ?? t("unknown.person");
}

// One piece of work

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
      gone.value = problem.status === 404 || problem.status === 400;
      return gone.value;
    },
  );
  if (found === undefined || turn !== looked) return;
  detail.value = found;
  await Promise.all([loadThread(found, turn), loadPatient(found, turn)]);
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

// What one does with it

type Change = "claim" | "release" | "acknowledge";
const DONE = { claim: "do.claimed", release: "do.released", acknowledge: "do.acknowledged" } as const;

export async function change(what: Change): Promise<void> {
  const item = detail.value;
  if (item === undefined) return;
  notice.value = null;
  const path = { item_id: item.id };
  const key = keyOf(`${what} ${item.version}`);
  const done = await attempt(
    () => call("post", `/v1/queue/{item_id}/${what}`, { path, key }),
    refused,
  );
  if (done === undefined) return;
  batch(() => {
    detail.value = done;
    said.value = t(DONE[what]);
  });
  await loadQueue();
}

export async function complete(
  outcome: Outcome,
  note: string,
  minutes: number | null,
): Promise<boolean> {
  const item = detail.value;
  if (item === undefined) return false;
  notice.value = null;
  const words = note.trim();
  const done = await attempt(
    () =>
      call("post", "/v1/queue/{item_id}/complete", {
        path: { item_id: item.id },
        body: { outcome, note: words === "" ? null : words, minutes },
        key: keyOf(`complete ${item.version} ${outcome} ${minutes} ${words}`),
        // What joined it since we looked must not be closed unseen.
        version: item.version,
      }),
    refused,
  );
  if (done === undefined) return false;
  batch(() => {
    detail.value = done;
    said.value = t("do.completed");
  });
  await loadQueue();
  return true;
}

async function refused(problem: Problem): Promise<boolean> {
  if (problem.code === "already-claimed") {
    const holder = problem.heldBy;
    const words =
      holder?.name != null && holder.since !== null
        ? t("do.lost", { name: holder.name, when: ago(holder.since, zone.value) })
        : t("do.lost.nobody");
    await Promise.all([loadCard(), loadQueue()]);
    notice.value = { kind: "warn", words };
    return true;
  }
  if (problem.code === "call-first") {
    notice.value = { kind: "warn", words: t("refused.call-first") };
    return true;
  }
  if (problem.status === 409 || problem.status === 412) {
    await Promise.all([loadCard(), loadQueue()]);
    notice.value = { kind: "warn", words: t("do.changed") };
    return true;
  }
  return false;
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
