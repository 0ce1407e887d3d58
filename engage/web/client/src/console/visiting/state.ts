// What is known of visits beside one person: the visits of a day, the schedules, the places.
import { batch, signal } from "@preact/signals";

import { call, type Appointment, type DayRide, type Schema } from "../../api/call";
import { moment } from "../../shared/wall";
import type { Zone } from "../../shared/time";
import { attempt, me } from "../desk";
import { places } from "../person/state";
import { refusal } from "../texting";

export type Slot = Schema["SlotOut"];
export type Schedule = Schema["ScheduleOut"];
export type Waiting = Schema["ListedWaitingOut"];

export interface TheDay {
  day: string;
  practice: string;
  visits: Appointment[];
  rides: DayRide[];
}

export const theDay = signal<TheDay | undefined>(undefined);
export const wrong = signal<string | null>(null);
export const schedules = signal<Schedule[] | undefined>(undefined);

export const practices = (): string[] => [
  ...new Set(me.value?.memberships?.map((one) => one.practice_id)),
];

export const practiceName = (id: string): string =>
  me.value?.memberships?.find((one) => one.practice_id === id)?.practice_name ?? "";

const DAY_MS = 86_400_000;
/** "2026-12-04" of "2026-12-03" and 1. */
export const daysOn = (day: string, n: number): string =>
  new Date(Date.parse(day) + n * DAY_MS).toISOString().slice(0, 10);

type PageOf<T> = { items: T[]; next: string | null };

/** Every page of a list. */
export async function whole<T>(
  page: (more: { cursor?: string }) => Promise<PageOf<T>>,
): Promise<T[]> {
  const found: T[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const one = await page(cursor === undefined ? {} : { cursor });
    found.push(...one.items);
    cursor = one.next;
  }
  return found;
}

export async function loadPlaces(): Promise<void> {
  if (places.value.length > 0) return;
  const found = await attempt(() =>
    whole((more) => call("get", "/v1/places", { query: { limit: 100, ...more } })),
  );
  if (found !== undefined) places.value = found;
}

export async function loadSchedules(): Promise<void> {
  const found = await attempt(() =>
    whole((more) => call("get", "/v1/schedules", { query: { limit: 100, ...more } })),
  );
  if (found !== undefined) schedules.value = found;
}

let asked = 0;

/** Read a local day anew: what is shown stays until the answer is there. */
export async function loadDay(practice: string, day: string, zone: Zone): Promise<void> {
  const turn = ++asked;
  const known = theDay.value;
  if (known?.day !== day || known.practice !== practice) theDay.value = undefined;
  await loadPlaces();
  // A day begins at another moment in each zone; which visits are of it the server says.
  const zones = [zone, ...places.value.map((one) => one.zone)];
  const begins = zones.map((one) => moment(`${day}T00:00`, one) ?? "").sort();
  const ends = zones.map((one) => moment(`${daysOn(day, 1)}T00:00`, one) ?? "").sort();
  const span = { from: begins[0] ?? "", to: ends.at(-1) ?? "", limit: 100 };
  const got = await attempt(
    () =>
      Promise.all([
        whole((more) => call("get", "/v1/appointments", { query: { ...span, ...more } })),
        whole((more) =>
          call("get", "/v1/rides", { query: { day, practice_id: practice, limit: 100, ...more } }),
        ),
      ]),
    (problem) => {
      if (turn === asked) wrong.value = refusal(problem);
      return true;
    },
  );
  if (got === undefined || turn !== asked) return;
  batch(() => {
    wrong.value = null;
    theDay.value = {
      day,
      practice,
      visits: got[0].filter((one) => one.day === day && one.practice_id === practice),
      rides: got[1].filter((one) => one.kind === "ride"),
    };
  });
}
