// One person: what of them is read for their page, and read again when something changes. The record
// itself and their texting stand where the cards have them, so that every dialog finds them.
import { batch, computed, effect, signal } from "@preact/signals";

import {
  call,
  type Appointment,
  type Caregiver,
  type CheckIn,
  type Item,
  type Need,
  type Plan,
  type Referral,
  type Rescreen,
  type Ride,
  type Screening,
  type Stay,
  type Tried,
  type VisitPlace,
} from "../../api/call";
import { attempt, isShut, me, patient, shut, texting, zoneOf } from "../desk";
import { place, stirred } from "../place";
import { bringRestricted } from "../shut";

export const needs = signal<Need[] | undefined>(undefined);
export const plans = signal<Plan[] | undefined>(undefined);
export const checkIns = signal<CheckIn[]>([]);
export const moreCheckIns = signal<string | null>(null);
export const stays = signal<Stay[] | undefined>(undefined);
export const tried = signal<Tried[]>([]);
/** Their visits of the last week and to come, soonest first, and every ride and box. */
export const visits = signal<Appointment[] | undefined>(undefined);
export const rides = signal<Ride[]>([]);
export const caregivers = signal<Caregiver[]>([]);
/** The newest screenings, and when each instrument is asked again. */
export const screenings = signal<Screening[] | undefined>(undefined);
export const rescreens = signal<Rescreen[]>([]);
export const places = signal<VisitPlace[]>([]);
/** The open work about them. */
export const work = signal<Item[] | undefined>(undefined);
/** Nobody is here whom the reader may see. */
export const nobody = signal(false);

const id = computed(() =>
  place.value.at === "person" && me.value != null ? place.value.id : null,
);
/** Whom the page is about, once they are read. */
export const person = computed(() =>
  patient.value !== undefined && patient.value.id === id.value ? patient.value : undefined,
);
/** The clock of their practice. */
export const ours = computed(() => zoneOf(person.value?.practice_id));
/** The call after a discharge that is due: its piece of work. */
export const callDue = computed(() => work.value?.find((one) => one.subject === "discharge-call"));

let asked = 0;

effect(() => {
  const whose = id.value;
  // Outside of this effect: what is read there must not run it again.
  queueMicrotask(() => {
    batch(clear);
    if (whose !== null) void loadPerson();
  });
});

stirred.subscribe(() => {
  queueMicrotask(() => void loadPerson());
});

function clear(): void {
  asked += 1;
  needs.value = undefined;
  plans.value = undefined;
  checkIns.value = [];
  moreCheckIns.value = null;
  stays.value = undefined;
  tried.value = [];
  work.value = undefined;
  visits.value = undefined;
  rides.value = [];
  caregivers.value = [];
  screenings.value = undefined;
  rescreens.value = [];
  nobody.value = false;
  shut.value = undefined;
}

/** Read everything about the person in the address. */
export async function loadPerson(): Promise<void> {
  const whose = id.value;
  if (whose === null) return;
  const turn = ++asked;
  const path = { patient_id: whose };
  const record = await attempt(
    () =>
      Promise.all([
        call("get", "/v1/patients/{patient_id}", { path }),
        call("get", "/v1/patients/{patient_id}/texting", { path }),
      ]),
    (problem) => {
      if (turn === asked && isShut(problem)) return true;
      nobody.value = problem.status === 404 || problem.status === 400;
      return nobody.value;
    },
  );
  if (record === undefined || turn !== asked) return;
  batch(() => {
    shut.value = undefined;
    [patient.value, texting.value] = record;
  });
  void bringRestricted();
  const rest = await attempt(() =>
    Promise.all([
      call("get", "/v1/patients/{patient_id}/needs", { path }),
      call("get", "/v1/patients/{patient_id}/check-ins", { path, query: { limit: 10 } }),
      call("get", "/v1/patients/{patient_id}/discharges", { path }),
      call("get", "/v1/patients/{patient_id}/contacts", { path }),
      call("get", "/v1/queue", { query: { patient: whose } }),
      call("get", "/v1/appointments", { query: { patient: whose, to: inHalfAYear() } }),
      call("get", "/v1/patients/{patient_id}/rides", { path }),
      call("get", "/v1/patients/{patient_id}/caregivers", { path }),
      call("get", "/v1/patients/{patient_id}/screenings", { path, query: { limit: 5 } }),
      call("get", "/v1/patients/{patient_id}/rescreens", { path }),
      places.value.length > 0 ? null : call("get", "/v1/places", { query: { limit: 100 } }),
    ]),
  );
  if (rest === undefined || turn !== asked) return;
  const [found, asking, home, calls, open, coming, driven, family, screened, again, known] = rest;
  batch(() => {
    needs.value = found.items;
    plans.value = asking.plans;
    checkIns.value = asking.items;
    moreCheckIns.value = asking.next;
    stays.value = home.items;
    tried.value = calls.items;
    work.value = open.items;
    visits.value = coming.items;
    rides.value = driven.items;
    caregivers.value = family.items;
    screenings.value = screened.items;
    rescreens.value = again.items;
    if (known !== null) places.value = known.items;
  });
}

function inHalfAYear(): string {
  return new Date(Date.now() + 183 * 86_400_000).toISOString();
}

export async function loadOlderCheckIns(): Promise<void> {
  const [whose, cursor] = [id.value, moreCheckIns.value];
  if (whose === null || cursor === null) return;
  const page = await attempt(() =>
    call("get", "/v1/patients/{patient_id}/check-ins", {
      path: { patient_id: whose },
      query: { limit: 10, cursor },
    }),
  );
  if (page === undefined || moreCheckIns.value !== cursor) return;
  batch(() => {
    checkIns.value = [...checkIns.value, ...page.items];
    moreCheckIns.value = page.next;
  });
}

/** The server's own plan after a change, before the rest is read again. */
export function putPlan(now: Plan): void {
  plans.value = plans.value?.map((one) => (one.id === now.id ? now : one));
}

/** The server's own referral after a change, before the rest is read again. */
export function putReferral(now: Referral): void {
  needs.value = needs.value?.map((need) => ({
    ...need,
    referrals: need.referrals.map((one) => (one.id === now.id ? now : one)),
  }));
}

/** The server's own need after a change, before the rest is read again. */
export function putNeed(now: Need): void {
  needs.value = needs.value?.map((one) => (one.id === now.id ? now : one));
}
