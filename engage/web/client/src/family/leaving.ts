// Signing out, and being signed out: whatever was about somebody leaves the phone.
import { call, Problem } from "../api/call";
import * as disk from "./disk";
import type { Left } from "./mine";
import { clear, ended, me, saved, unsent } from "./state";

const acts: (() => void)[] = [];

/** Say what else ends with a sign-in. */
export function whenLeft(act: () => void): void {
  acts.push(act);
}

function close(): void {
  me.value = null;
  clear();
  for (const act of acts) act();
}

/** Take everything that was read about anybody off the page and off the phone. */
export async function forget(): Promise<void> {
  close();
  await disk.empty("kept", "records");
}

/** The sign-in ended by itself: what its holder wrote and nobody has stays, for them and for a week. */
export async function over(): Promise<void> {
  if (me.value == null) return;
  const left: Left = { by: me.value.id, at: Date.now() };
  const waits = saved.value.length;
  close();
  ended.value = true;
  unsent.value = waits;
  const whose = await disk.get<{ id: string }>("kept", "me");
  // Another window signed somebody else in: what is on the phone by now is theirs.
  if (whose !== undefined && whose.id !== left.by) return;
  await disk.empty("kept", "records");
  await disk.write([{ box: "kept", key: "left", value: left }]);
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
  ended.value = false;
  unsent.value = 0;
  close();
  await disk.wipe();
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
