// Pushes to a browser, for whichever of our apps: whether it can take them, beginning and ending that.
import { call } from "../api/call";

const APPLE = /iPhone|iPad|iPod/;
const MAC = /Macintosh/;

/** An iPad says that it is a Mac; no Mac has a touch screen. */
export const isApplePhone = (): boolean =>
  APPLE.test(navigator.userAgent) || (MAC.test(navigator.userAgent) && navigator.maxTouchPoints > 1);

export const knowsPush = (): boolean =>
  "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;

export async function subscription(scope: string): Promise<PushSubscription | null> {
  if (!("serviceWorker" in navigator)) return null;
  const found = await navigator.serviceWorker.getRegistration(scope);
  return (await found?.pushManager?.getSubscription()) ?? null;
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

/** Let a worker take pushes, with our key: what the browser is reached by. */
export async function subscribe(found: ServiceWorkerRegistration, key: string): Promise<PushSubscription> {
  await active(found);
  // One that was made for another key of ours would stand in the way.
  await (await found.pushManager.getSubscription())?.unsubscribe();
  return found.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
}

/** Tell the server where this browser is reached; the id it has there. */
export async function register(made: PushSubscription): Promise<string> {
  const { endpoint, keys } = made.toJSON();
  const body = {
    endpoint: endpoint ?? "",
    keys: { p256dh: keys?.["p256dh"] ?? "", auth: keys?.["auth"] ?? "" },
  };
  return (await call("post", "/v1/push-subscriptions", { body })).id;
}
