// Which practice is administered, and who works there: read once, and again after a change.
import { signal } from "@preact/signals";

import { call, type Schema } from "../../api/call";
import { attempt, me, whenForgotten } from "../desk";

export type Colleague = Schema["ColleagueOut"];

const chosen = signal<string | undefined>(undefined);
export const people = signal<Colleague[]>([]);

export interface Held {
  id: string;
  name: string;
  zone: string;
  /** Whether the reader may change anything. */
  runs: boolean;
}

export function practices(): Held[] {
  const found = new Map<string, Held>();
  for (const one of me.value?.memberships ?? []) {
    if (one.role === "care_manager") continue;
    const runs = one.role === "practice_admin" || found.get(one.practice_id)?.runs === true;
    found.set(one.practice_id, {
      id: one.practice_id,
      name: one.practice_name,
      zone: one.time_zone,
      runs,
    });
  }
  return [...found.values()];
}

export function current(): Held | undefined {
  const mine = practices();
  return mine.find((one) => one.id === chosen.value) ?? mine[0];
}

export function choose(id: string): void {
  chosen.value = id;
}

export async function readPeople(): Promise<void> {
  const found = await attempt(() => call("get", "/v1/staff"));
  if (found !== undefined) people.value = found.items;
}

export const here = (practice: string): Colleague[] =>
  people.value.filter((one) => one.practice_id === practice);

export const nameOf = (id: string): string => {
  const one = people.value.find((each) => each.staff.id === id)?.staff;
  return one === undefined ? id : `${one.given_name} ${one.family_name}`;
};

whenForgotten(() => {
  people.value = [];
  chosen.value = undefined;
});
