// The console's service worker: it shows a page that was pushed while nobody looks, and opens where it
// leads. It shows the one sentence of the payload and adds nothing; it keeps nothing, and no request of
// the console passes it. console-worker.ts puts it at /console/sw.js.
interface Extended extends Event {
  waitUntil(what: Promise<unknown>): void;
}
interface Pushed extends Extended {
  data: { json(): unknown } | null;
}
interface Clicked extends Extended {
  notification: Notification;
}
interface Window {
  url: string;
  focus(): Promise<unknown>;
}
interface Scope {
  location: Location;
  registration: ServiceWorkerRegistration;
  clients: {
    matchAll(of: object): Promise<Window[]>;
    openWindow(url: string): Promise<unknown>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(of: "install", act: (event: Extended) => void): void;
  addEventListener(of: "push", act: (event: Pushed) => void): void;
  addEventListener(of: "notificationclick", act: (event: Clicked) => void): void;
}

const worker = self as unknown as Scope;
const PAGE = "/console/";

worker.addEventListener("install", (event) => {
  event.waitUntil(worker.skipWaiting());
});

/** What was pushed; one that can't be read is still a page, and is shown as one. */
function read(data: Pushed["data"]): { title: string; url: string; tag: string } {
  let said: unknown = null;
  try {
    said = data?.json();
  } catch {
    // A page all the same.
  }
  const { title, url, tag } = (said ?? {}) as Record<string, unknown>;
  return { title: String(title ?? "engage"), url: String(url ?? PAGE), tag: String(tag ?? "engage") };
}

/** Within the console, whatever a push says. */
function within(url: string): string {
  const to = new URL(url, worker.location.origin);
  const ours = to.origin === worker.location.origin && to.pathname.startsWith(PAGE);
  return ours ? to.href : worker.location.origin + PAGE;
}

worker.addEventListener("push", (event) => {
  const { title, url, tag } = read(event.data);
  const shown = { tag, data: within(url), requireInteraction: true };
  event.waitUntil(worker.registration.showNotification(title, shown));
});

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const to = String(event.notification.data ?? worker.location.origin + PAGE);
  const open = async (): Promise<void> => {
    const all = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
    const there = all.find((one) => one.url === to);
    // A window in which somebody writes is left as it is: the page opens beside it.
    await (there === undefined ? worker.clients.openWindow(to) : there.focus());
  };
  event.waitUntil(open());
});

export {};
