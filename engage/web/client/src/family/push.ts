// News on this phone: whether its browser can show them, beginning and ending that. What permission a
// browser has is asked for after a tap alone; whoever signs out takes their news along.
import { call } from "../api/call";
import { isApplePhone, knowsPush, register as tell, subscribe, subscription } from "../shared/push";
import { whenLeft } from "./leaving";
import { register } from "./worker-of";
import type { Word } from "./words";

const SCOPE = "/family/";
const KEPT = "engage.family-push";

function kept(id?: string | null): string | null {
  try {
    if (id === null) localStorage.removeItem(KEPT);
    else if (id !== undefined) localStorage.setItem(KEPT, id);
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

const installed = (): boolean => matchMedia("(display-mode: standalone)").matches;

/** Why this browser can't show news, as far as that is known before it is tried. */
export function unable(key: string | null): Word | null {
  if (key === null) return "notices.why.server";
  if (isApplePhone() && !installed()) return "notices.why.iphone";
  if (!knowsPush()) return "notices.why.browser";
  return Notification.permission === "denied" ? "notices.why.denied" : null;
}

/** The id under which this browser takes pushes: its own word, which the server's list confirms. */
export async function here(): Promise<string | null> {
  const found = await subscription(SCOPE).catch(() => null);
  return found === null ? null : kept();
}

/** Begin; what stands in the way, or null. */
export async function begin(key: string): Promise<Word | null> {
  if ((await Notification.requestPermission()) !== "granted") return "notices.why.denied";
  let made: PushSubscription;
  try {
    await register();
    const found = await navigator.serviceWorker.getRegistration(SCOPE);
    if (found === undefined) return "notices.why.refused";
    made = await subscribe(found, key);
  } catch {
    return "notices.why.refused";
  }
  kept(await tell(made));
  return null;
}

/** This browser shows nothing more, whatever the server hears of it. */
async function silence(): Promise<void> {
  kept(null);
  await (await subscription(SCOPE).catch(() => null))?.unsubscribe().catch(() => false);
}

/** End it: here first, then at the server. */
export async function end(id: string): Promise<void> {
  await silence();
  await call("delete", "/v1/push-subscriptions/{subscription_id}", { path: { subscription_id: id } });
}

whenLeft(() => void silence());
