// Pushes to this browser: whether it can take them, and beginning and ending that. What permission a
// browser has is asked for after a tap alone.
import { call } from "../../api/call";
import { isApplePhone, knowsPush, register, subscribe, subscription } from "../../shared/push";
import type { Word } from "../../shared/words";

interface Typed {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): {
    createScriptURL(url: string): string;
  };
}

const WORKER = "/console/sw.js";
const SCOPE = "/console/";
const KEPT = "engage.push";

let policy: ReturnType<Typed["createPolicy"]> | undefined;

/** The one address that this page may make from a text: that of its own service worker. */
function address(): string {
  policy ??= (globalThis as { trustedTypes?: Typed }).trustedTypes?.createPolicy("engage-worker", {
    createScriptURL: (url) => {
      if (url !== WORKER) throw new TypeError("not ours");
      return url;
    },
  });
  return policy?.createScriptURL(WORKER) ?? WORKER;
}

/** Why this browser can't take pushes, as far as that is known before it is tried. */
export function unable(key: string | null): Word | null {
  if (key === null) return "paging.why.server";
  if (isApplePhone()) return "paging.why.apple";
  if (!knowsPush()) return "paging.why.browser";
  return Notification.permission === "denied" ? "paging.why.denied" : null;
}

/** The id under which this browser takes pushes: its own word, which the server's list confirms. */
export async function ofThisBrowser(): Promise<string | null> {
  try {
    return (await subscription(SCOPE)) === null ? null : localStorage.getItem(KEPT);
  } catch {
    // A browser may forbid either; then it takes none.
    return null;
  }
}

/** Begin; what stands in the way, or null. */
export async function begin(key: string): Promise<Word | null> {
  if ((await Notification.requestPermission()) !== "granted") return "paging.why.denied";
  let made: PushSubscription;
  try {
    const found = await navigator.serviceWorker.register(address(), { scope: SCOPE });
    made = await subscribe(found, key);
  } catch {
    return "paging.why.refused";
  }
  localStorage.setItem(KEPT, await register(made));
  return null;
}

/** End it here first: whatever the server says, this browser shows nothing more. */
export async function end(id: string, here: boolean): Promise<void> {
  if (here) {
    await (await subscription(SCOPE))?.unsubscribe();
    localStorage.removeItem(KEPT);
  }
  const path = { subscription_id: id };
  await call("delete", "/v1/push-subscriptions/{subscription_id}", { path });
}
