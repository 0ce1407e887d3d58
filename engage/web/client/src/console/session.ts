// Who is signed in, whether the page is live, and what it says aloud; and how anything is tried: a
// sign-in that ended shows the sign-in, whatever else is refused becomes a sentence.
import { batch, signal } from "@preact/signals";

import { call, Problem, type Instrument, type Me } from "../api/call";
import type { Zone } from "../shared/time";
import { t } from "../shared/words";

/** undefined: not known yet; null: nobody is signed in. */
export const me = signal<Me | null | undefined>(undefined);
/** The sign-in ended by itself, so the page says so. */
export const ended = signal(false);
/** Somebody signed in on this very page. */
export const entered = signal(false);
export const live = signal(false);
export const instruments = signal<Instrument[]>([]);

/** What a screen reader is told: politely, and at once. */
export const said = signal("");
export const called = signal("");
/** What went wrong, or changed under one's hands; shown beside the actions. */
export const notice = signal<{ kind: "wrong" | "warn"; words: string } | null>(null);

/** The clock of a practice: all who work there read the same times, wherever they sit. */
export function zoneOf(practice: string | undefined): Zone {
  const held = me.value?.memberships ?? [];
  return (held.find((one) => one.practice_id === practice) ?? held[0])?.time_zone;
}

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

const forgets: (() => void)[] = [];

/** Say how what a room knows about people is taken off the page. */
export function whenForgotten(act: () => void): void {
  forgets.push(act);
}

/** Take everything about anybody off the page. */
export function forget(): void {
  batch(() => {
    me.value = null;
    for (const one of forgets) one();
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
