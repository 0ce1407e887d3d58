// Pushes to this browser: whether it can take them, and beginning and ending that. What permission a
// browser has is asked for after a tap alone.
import { call } from "../../api/call";
import type { Word } from "../../shared/words";

interface Typed {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): {
    createScriptURL(url: string): string;
  };
}

const WORKER = "/console/sw.js";
const SCOPE = "/console/";
const KEPT = "engage.push";
const APPLE = /iPhone|iPad|iPod/;
const MAC = /Macintosh/;

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
  // An iPad says that it is a Mac; no Mac has a touch screen.
  const apple = APPLE.test(navigator.userAgent) || (MAC.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
  if (apple) return "paging.why.apple";
  if (!("serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis)) {
    return "paging.why.browser";
  }
  return Notification.permission === "denied" ? "paging.why.denied" : null;
}

async function subscription(): Promise<PushSubscription | null> {
  if (!("serviceWorker" in navigator)) return null;
  const found = await navigator.serviceWorker.getRegistration(SCOPE);
  return (await found?.pushManager?.getSubscription()) ?? null;
}

/** The id under which this browser takes pushes: its own word, which the server's list confirms. */
export async function ofThisBrowser(): Promise<string | null> {
  try {
    return (await subscription()) === null ? null : localStorage.getItem(KEPT);
  } catch {
    // A browser may forbid either; then it takes none.
    return null;
  }
}

function bytes(of: string): Uint8Array<ArrayBuffer> {
  const text = atob(of.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (one) => one.charCodeAt(0));
}

async function active(found: ServiceWorkerRegistration): Promise<void> {
  const coming = found.active === null ? (found.installing ?? found.waiting) : null;
  if (coming === null) return;
  await new Promise<void>((resolve) => {
    coming.addEventListener("statechange", () => {
      if (coming.state === "activated" || coming.state === "redundant") resolve();
    });
  });
}

/** Begin; what stands in the way, or null. */
export async function begin(key: string): Promise<Word | null> {
  if ((await Notification.requestPermission()) !== "granted") return "paging.why.denied";
  let made: PushSubscription;
  try {
    const found = await navigator.serviceWorker.register(address(), { scope: SCOPE });
    await active(found);
    // One that was made for another key of ours would stand in the way.
    await (await found.pushManager.getSubscription())?.unsubscribe();
    made = await found.pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: bytes(key),
    });
  } catch {
    return "paging.why.refused";
  }
  const { endpoint, keys } = made.toJSON();
  const body = {
    endpoint: endpoint ?? "",
    keys: { p256dh: keys?.["p256dh"] ?? "", auth: keys?.["auth"] ?? "" },
  };
  const { id } = await call("post", "/v1/push-subscriptions", { body });
  localStorage.setItem(KEPT, id);
  return null;
}

/** End it here first: whatever the server says, this browser shows nothing more. */
export async function end(id: string, here: boolean): Promise<void> {
  if (here) {
    await (await subscription())?.unsubscribe();
    localStorage.removeItem(KEPT);
  }
  const path = { subscription_id: id };
  await call("delete", "/v1/push-subscriptions/{subscription_id}", { path });
}
