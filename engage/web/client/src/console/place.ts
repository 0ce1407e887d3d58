// Where in the console one is, as the address says it: the queue, one person, or one of the lists.
// Ids and names of lists only; nothing about a person stands in an address.
import { signal } from "@preact/signals";

import type { Schema } from "../api/call";
import { me } from "./desk";

export type ListName = Schema["UnreachedOut"]["list"];
export const REACH: ListName[] = [
  "silent",
  "never-delivered",
  "opted-out",
  "wrong-person",
  "no-phone",
  "doubtful",
];

export type AdminPage = "practice" | "holidays" | "on-call" | "texts" | "staff" | "organizations";
export const ADMIN: AdminPage[] = [
  "practice",
  "holidays",
  "on-call",
  "texts",
  "staff",
  "organizations",
];

export type Place =
  | { at: "queue" }
  | { at: "people" }
  | { at: "person"; id: string }
  | { at: "calls" }
  | { at: "reach"; list: ListName }
  | { at: "visits"; day: string }
  | { at: "schedules" }
  | { at: "rides"; day: string }
  | { at: "places" }
  | { at: "replies" }
  | { at: "team" }
  | { at: "paging" }
  | { at: "restricted" }
  | { at: "admin"; page: AdminPage }
  | { at: "measures" };

export const place = signal<Place>({ at: "queue" });
/** Grows when something changed about whoever is looked at. */
export const stirred = signal(0);

const PERSON = /^\/console\/people\/([0-9a-f-]{36})\/?$/;
const LIST = /^\/console\/(people|calls|reach|visits|schedules|rides|places|replies|admin|team|paging|restricted|measures)(?:\/([a-z0-9-]+))?\/?$/;
const DAY = /^2\d{3}-\d\d-\d\d$/;

export function placeOf(path: string): Place {
  const id = PERSON.exec(path)?.[1];
  if (id !== undefined) return { at: "person", id };
  const [, at, which] = LIST.exec(path) ?? [];
  switch (at) {
    case "people":
    case "calls":
    case "schedules":
    case "places":
    case "replies":
    case "team":
    case "paging":
    case "restricted":
    case "measures":
      return { at };
    case "visits":
    case "rides":
      return { at, day: DAY.test(which ?? "") ? (which ?? "") : "" };
    case "admin":
      return { at, page: ADMIN.find((one) => one === which) ?? "practice" };
    case "reach":
      return { at, list: REACH.find((one) => one === which) ?? "silent" };
    default:
      return { at: "queue" };
  }
}

export const pathOf = (to: Place): string => {
  switch (to.at) {
    case "queue":
      return "/console/";
    case "person":
      return `/console/people/${to.id}`;
    case "reach":
      return `/console/reach/${to.list}`;
    case "admin":
      return `/console/admin/${to.page}`;
    case "visits":
    case "rides":
      return `/console/${to.at}/${to.day}`;
    default:
      return `/console/${to.at}`;
  }
};

/** The same place stays the same value, so that coming back to it reads nothing anew. */
export function settle(to: Place): void {
  if (pathOf(to) !== pathOf(place.value)) place.value = to;
}

/** Whether the reader may decide about the work of others in a practice, or in any. */
export function directs(practice?: string): boolean {
  const held = me.value?.memberships ?? [];
  return held.some(
    (one) =>
      (practice === undefined || one.practice_id === practice) && one.role !== "care_manager",
  );
}
