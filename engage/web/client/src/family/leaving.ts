// Signing out, and being signed out: whatever was about somebody leaves the phone.
import { call } from "../api/call";
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

/** Sign out: here, at the server, and with what the browser keeps of the app. */
export async function signOut(): Promise<void> {
  await call("delete", "/v1/session").catch(() => undefined);
  ended.value = null;
  await forget();
  const kept = "caches" in globalThis ? await caches.keys() : [];
  await Promise.all(kept.filter((one) => one.startsWith("engage-family-")).map((one) => caches.delete(one)));
  const worker = await navigator.serviceWorker?.getRegistration("/family/");
  await worker?.unregister();
}
