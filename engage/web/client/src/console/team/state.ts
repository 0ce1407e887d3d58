// What the page of the team knows: one practice at a time, its people, its leave, and for who directs
// the work how much each has and what is late. It is read again whenever work changes.
import { batch, computed, signal } from "@preact/signals";

import { call, type Schema } from "../../api/call";
import type { Zone } from "../../shared/time";
import { attempt, me, spoken, whenForgotten, zoneOf } from "../desk";
import { directs } from "../place";

export type Colleague = Schema["ColleagueOut"];
export type Leave = Schema["CoverOut"];
export type Load = Schema["PersonLoad"];
export type Late = Schema["LateOut"];
export type Hours = NonNullable<NonNullable<Colleague["duty"]>["hours"]>;
export type Weekday = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

export const WEEK: Weekday[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

const chosen = signal<string | undefined>(undefined);
const everybody = signal<Colleague[] | undefined>(undefined);
const everyLeave = signal<Leave[]>([]);
export const load = signal<Load[] | undefined>(undefined);
export const late = signal<Late[] | undefined>(undefined);
export const next = signal<string | null>(null);

whenForgotten(() => {
  chosen.value = everybody.value = load.value = late.value = undefined;
  everyLeave.value = [];
});

/** The practices of the reader, each once. */
export const practices = computed(() => [
  ...new Set((me.value?.memberships ?? []).map((one) => one.practice_id)),
]);
export const practice = computed(() => chosen.value ?? practices.value[0] ?? "");
export const colleagues = computed(() =>
  everybody.value?.filter((one) => one.practice_id === practice.value),
);
export const leave = computed(() =>
  everyLeave.value.filter((one) => one.practice_id === practice.value),
);

export const here = (): Zone => zoneOf(practice.value);
export const mayDirect = (): boolean => directs(practice.value);
export const practiceName = (id: string): string =>
  me.value?.memberships?.find((one) => one.practice_id === id)?.practice_name ?? "";

export function choose(id: string): void {
  batch(() => {
    chosen.value = id;
    load.value = late.value = undefined;
  });
  void read();
}

export function nameOf(id: string): string {
  const known = colleagues.value?.find((one) => one.staff.id === id)?.staff;
  return known === undefined ? "" : full(known);
}

export const full = spoken;

export async function read(): Promise<void> {
  await attempt(async () => {
    const at = practice.value;
    const path = { practice_id: at };
    const theirs = mayDirect();
    const [people, away, much, waiting] = await Promise.all([
      call("get", "/v1/staff"),
      call("get", "/v1/covers"),
      theirs ? call("get", "/v1/practices/{practice_id}/load", { path }) : null,
      theirs ? call("get", "/v1/practices/{practice_id}/late", { path }) : null,
    ]);
    if (at !== practice.value) return;
    batch(() => {
      everybody.value = people.items;
      everyLeave.value = away.items;
      load.value = much?.people;
      late.value = waiting?.items;
      next.value = waiting?.next ?? null;
    });
  });
}

export async function readMore(): Promise<void> {
  const path = { practice_id: practice.value };
  const query = { cursor: next.value ?? "" };
  await attempt(async () => {
    const page = await call("get", "/v1/practices/{practice_id}/late", { path, query });
    batch(() => {
      late.value = [...(late.value ?? []), ...page.items];
      next.value = page.next;
    });
  });
}
