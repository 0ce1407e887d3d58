// Signing out, and being signed out: whatever was about somebody leaves the phone.
import { call, Problem } from "../api/call";
import * as disk from "./disk";
import { clear, ended, me, saved } from "./state";

const acts: (() => void)[] = [];

/** Say what else ends with a sign-in. */
export function whenLeft(act: () => void): void {
  acts.push(act);
}

/** Take everything about anybody off the page and off the phone. */
export async function forget(): Promise<void> {
  me.value = null;
  clear();
  for (const act of acts) act();
  await disk.wipe();
}

/** The sign-in ended by itself. */
export async function over(): Promise<void> {
  if (me.value === null) return;
  ended.value = { unsent: saved.value.length };
  await forget();
}

const UNHEARD = "engage.signing-out";

/** A browser may forbid storage: then the sign-out that nobody heard of is not tried again. */
function unheard(what: "set" | "get" | "end"): boolean {
  try {
    if (what === "set") localStorage.setItem(UNHEARD, "1");
    if (what === "end") localStorage.removeItem(UNHEARD);
    return localStorage.getItem(UNHEARD) !== null;
  } catch {
    return false;
  }
}

/** Tell the server that somebody signed out; false if it has not heard so yet. */
async function told(): Promise<boolean> {
  try {
    await call("delete", "/v1/session");
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 0) return false;
  }
  unheard("end");
  return true;
}

/** Sign out: here at once, and at the server as soon as it hears so. */
export async function signOut(): Promise<void> {
  unheard("set");
  ended.value = null;
  await forget();
  await told();
  const kept = "caches" in globalThis ? await caches.keys() : [];
  await Promise.all(kept.filter((one) => one.startsWith("engage-family-")).map((one) => caches.delete(one)));
  const worker = await navigator.serviceWorker?.getRegistration("/family/");
  await worker?.unregister();
}

/** Whoever signed out without a network stays out: the server hears of it before anything is asked. */
export async function leftBefore(): Promise<boolean> {
  return unheard("get") && !(await told());
}
