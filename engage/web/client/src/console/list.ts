// The queue as it is looked at: which list, narrowed how, in which order, and what is new in it.
import { batch, computed, signal } from "@preact/signals";

import { call, type Counts, type Item, type Schema } from "../api/call";
import { named, t } from "../shared/words";
import { attempt, called, me, said, whenForgotten } from "./session";

export type View = keyof Counts;
/** At hand; the others are one press away. */
export const VIEWS: View[] = ["mine", "team", "unclaimed", "crises", "all"];
export const FURTHER: View[] = ["snoozed", "waiting-on-patient", "silent", "done-today"];

/** What a list is narrowed to; it names no patient. */
export type Filter = Pick<Schema["SavedView"], "owner" | "severity" | "subject">;
export type Saved = Filter & { name: string; view: View };
const ANYTHING: Filter = { owner: null, severity: null, subject: null };
/** Within one severity; what is grave comes first in either. */
export type Order = "due" | "waiting";

export const view = signal<View>("mine");
export const filter = signal<Filter>(ANYTHING);
export const order = signal<Order>("due");
/** As the server orders it. */
export const items = signal<Item[] | undefined>(undefined);
export const next = signal<string | null>(null);
export const crises = signal<Item[]>([]);
export const counts = signal<Counts | undefined>(undefined);
/** How often a new crisis was heard of. */
export const rang = signal(0);

const GRAVEST = ["crisis", "possible", "urgent", "routine"];
const LAST = "9999";

/** As the reader wants to see it. */
export const rows = computed(() => {
  if (order.value === "due") return items.value;
  const place = (item: Item): string =>
    `${GRAVEST.indexOf(item.severity)} ${item.waiting_since ?? LAST} ${item.due_at} ${item.id}`;
  return items.value?.toSorted((one, other) => (place(one) < place(other) ? -1 : 1));
});

whenForgotten(() => {
  items.value = undefined;
  crises.value = [];
  counts.value = undefined;
  filter.value = ANYTHING;
});

let asked = 0;

export async function loadQueue(): Promise<void> {
  const turn = ++asked;
  const before = known();
  const loaded = await attempt(async () => {
    const [page, many] = await Promise.all([
      call("get", "/v1/queue", { query: wanted() }),
      call("get", "/v1/queue/counts"),
    ]);
    // Most of the time there is none, and fifty consoles need not ask which.
    const open =
      many.crises === 0
        ? []
        : (await call("get", "/v1/queue", { query: { view: "crises", limit: 50 } })).items;
    return { page, many, open };
  });
  if (loaded === undefined || turn !== asked) return;
  const { page, many, open } = loaded;
  const first = items.value === undefined;
  batch(() => {
    items.value = page.items;
    next.value = page.next;
    crises.value = open;
    counts.value = many;
  });
  if (first) return;
  for (const item of [...open, ...page.items]) {
    if (!before.has(item.id) && item.closed_at === null) tell(item);
  }
}

export async function loadMore(): Promise<void> {
  const cursor = next.value;
  if (cursor === null) return;
  const page = await attempt(() =>
    call("get", "/v1/queue", { query: { ...wanted(), cursor } }),
  );
  if (page === undefined || next.value !== cursor) return;
  batch(() => {
    items.value = [...(items.value ?? []), ...page.items];
    next.value = page.next;
  });
}

const PAGE = 50;
const MOST = 100;

function wanted() {
  const { owner, severity, subject } = filter.value;
  return {
    view: view.value,
    // What was asked for with "more" stays, as far as one page goes.
    limit: Math.min(MOST, Math.max(PAGE, items.value?.length ?? 0)),
    ...(owner == null ? {} : { owner }),
    ...(severity == null ? {} : { severity }),
    ...(subject == null ? {} : { subject }),
  };
}

export function show(which: View, narrowed: Filter = ANYTHING): void {
  if (shows(which, narrowed)) return;
  batch(() => {
    view.value = which;
    filter.value = narrowed;
    items.value = undefined;
    next.value = null;
  });
  keep();
  void loadQueue();
}

/** Whether this list is what one looks at. */
export function shows(which: View, narrowed: Filter = ANYTHING): boolean {
  const now = filter.value;
  const same = (["owner", "severity", "subject"] as const).every(
    (name) => (now[name] ?? null) === (narrowed[name] ?? null),
  );
  return view.value === which && same;
}

export function sortBy(wished: Order): void {
  order.value = wished;
  keep();
}

// The list and the order that somebody chose last, by person: a browser is shared at many desks.

const nameOfKept = (): string => `engage.list.${me.value?.id ?? ""}`;

function keep(): void {
  try {
    const now = { view: view.value, order: order.value, ...filter.value };
    localStorage.setItem(nameOfKept(), JSON.stringify(now));
  } catch {
    // A browser may forbid storage; the page then begins with one's own work.
  }
}

/** Begin where this person left off. */
export function recall(): void {
  let kept: Partial<Filter & { view: View; order: Order }> = {};
  try {
    kept = (JSON.parse(localStorage.getItem(nameOfKept()) ?? "{}") ?? {}) as typeof kept;
  } catch {
    // As above.
  }
  batch(() => {
    view.value = [...VIEWS, ...FURTHER].find((one) => one === kept.view) ?? "mine";
    order.value = kept.order === "waiting" ? "waiting" : "due";
    filter.value = {
      owner: kept.owner ?? null,
      severity: kept.severity ?? null,
      subject: kept.subject ?? null,
    };
  });
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
  if (item.severity !== "crisis") {
    said.value = words;
    return;
  }
  called.value = words;
  rang.value += 1;
}

export function nameOf(item: Item): string {
  const about = item.patient;
  return about === null ? t("unknown.person") : spoken(about);
}

interface Named {
  given_name: string;
  family_name: string;
  restricted?: boolean;
}

/** Somebody by name, or that their record is closed to the reader. */
export const spoken = (one: Named): string =>
  one.restricted === true ? t("restricted.record") : `${one.given_name} ${one.family_name}`;
