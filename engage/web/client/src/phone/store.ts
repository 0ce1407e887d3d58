// What the simulated phones know: who has one, and what went over those that are shown.
import { signal } from "@preact/signals";

import { call, Problem, type Schema } from "../api/call";

type Person = Schema["PhoneOut"];
export type Text = Schema["HandsetText"];

/** One phone; two people may share it. */
export interface Phone {
  number: string;
  textsTo: string;
  practice: string;
  /** What the clock on it goes by. */
  zone: string | undefined;
  people: Person[];
}

const STRANGER = "+16025550199";
const EVERY_MS = 1000;

export const phones = signal<Phone[]>([]);
export const threads = signal<Record<string, Text[]>>({});
export const away = signal(false);
/** The numbers that are shown, from left to right. */
export const shown = signal<string[]>([]);

export async function begin(): Promise<void> {
  while (phones.value.length === 0) {
    try {
      const people = (await call("get", "/simulator/people")).phones;
      phones.value = together(people);
      away.value = false;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      away.value = true;
      await pause();
    }
  }
  // A patient, her caregiver, and another patient: what a newcomer wants to see first.
  const first = phones.value[0];
  const name = first?.people[0]?.given_name;
  const caregiver = phones.value.find((phone) => phone.people[0]?.of === name);
  const order = [first, caregiver, ...phones.value].flatMap((phone) => phone?.number ?? []);
  shown.value = [...new Set(order)].slice(0, 3);
  void poll();
}

export function howMany(): number {
  return matchMedia("(min-width: 66rem)").matches ? 3 : matchMedia("(min-width: 44rem)").matches ? 2 : 1;
}

export async function look(number: string): Promise<void> {
  const { items } = await call("get", "/simulator/handset", { query: { number } });
  const known = threads.value[number];
  if (JSON.stringify(known) !== JSON.stringify(items)) {
    threads.value = { ...threads.value, [number]: items };
  }
}

export async function write(phone: Phone, body: string): Promise<void> {
  await call("post", "/simulator/inbound", {
    body: { from: phone.number, to: phone.textsTo, body },
  });
  await look(phone.number);
}

async function poll(): Promise<void> {
  for (;;) {
    if (!document.hidden) {
      const seen = shown.value.slice(0, howMany());
      const looks = await Promise.allSettled(seen.map(look));
      away.value = looks.some((one) => one.status === "rejected");
    }
    await pause();
  }
}

function together(people: Person[]): Phone[] {
  const byNumber = new Map<string, Phone>();
  for (const person of people) {
    const phone = byNumber.get(person.number) ?? {
      number: person.number,
      textsTo: person.texts_to,
      practice: person.practice_name,
      zone: person.time_zone,
      people: [],
    };
    phone.people.push(person);
    byNumber.set(person.number, phone);
  }
  const first = people[0];
  if (first !== undefined && !byNumber.has(STRANGER)) {
    byNumber.set(STRANGER, {
      number: STRANGER,
      textsTo: first.texts_to,
      practice: first.practice_name,
      zone: first.time_zone,
      people: [],
    });
  }
  return [...byNumber.values()];
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, EVERY_MS));
}
