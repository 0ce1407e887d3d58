// The app's own service worker: it keeps the empty app (its scripts, styles and pictures, named by
// their content) so that it opens without a network, and nothing that anybody answered. What was read
// about people is kept by the app itself, where it can take it away again; a request to the API goes
// past this file untouched. It shows that there is news, in the one sentence that was pushed, and opens
// where it leads. It is made whole by family-shell.ts.
interface Extended extends Event {
  waitUntil(what: Promise<unknown>): void;
}
interface Fetched extends Extended {
  request: Request;
  respondWith(what: Promise<Response>): void;
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
  postMessage(said: { go: string }): void;
}
interface Scope {
  location: Location;
  registration: ServiceWorkerRegistration;
  clients: {
    claim(): Promise<void>;
    matchAll(of: object): Promise<Window[]>;
    openWindow(url: string): Promise<unknown>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(of: "install" | "activate", act: (event: Extended) => void): void;
  addEventListener(of: "fetch", act: (event: Fetched) => void): void;
  addEventListener(of: "push", act: (event: Pushed) => void): void;
  addEventListener(of: "notificationclick", act: (event: Clicked) => void): void;
}

const worker = self as unknown as Scope;
const FILES = JSON.parse("__FILES__") as string[];
const SHELL = "engage-family-__BUILD__";
const PAGE = "/family/";
/** A phone at the edge of a network waits this long for a newer page. */
const PATIENCE_MS = 4000;

worker.addEventListener("install", (event) => {
  const keep = async (): Promise<void> => {
    const shell = await caches.open(SHELL);
    await shell.addAll([...FILES, PAGE]);
    await worker.skipWaiting();
  };
  event.waitUntil(keep());
});

worker.addEventListener("activate", (event) => {
  const tidy = async (): Promise<void> => {
    const old = (await caches.keys()).filter((one) => one.startsWith("engage-family-") && one !== SHELL);
    await Promise.all(old.map((one) => caches.delete(one)));
    await worker.clients.claim();
  };
  event.waitUntil(tidy());
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== worker.location.origin) return;
  if (request.mode === "navigate" && pathname.startsWith(PAGE)) event.respondWith(page(request));
  else if (FILES.includes(pathname)) event.respondWith(file(request));
});

/** The page of now, if it comes in time; else the one that was kept. It is the same for every place. */
async function page(request: Request): Promise<Response> {
  const kept = caches.open(SHELL).then((shell) => shell.match(PAGE));
  const late = new Promise<Response | undefined>((resolve) => {
    setTimeout(() => void kept.then(resolve), PATIENCE_MS);
  });
  try {
    const answer = await Promise.race([fetch(request), late]);
    if (answer?.ok === true) return answer;
    return (await kept) ?? answer ?? Response.error();
  } catch {
    return (await kept) ?? Response.error();
  }
}

async function file(request: Request): Promise<Response> {
  const shell = await caches.open(SHELL);
  return (await shell.match(request)) ?? fetch(request);
}

/** Within the app, whatever a push says. */
function within(url: unknown): string {
  const to = new URL(String(url ?? PAGE), worker.location.origin);
  const ours = to.origin === worker.location.origin && to.pathname.startsWith(PAGE);
  return ours ? to.href : worker.location.origin + PAGE;
}

worker.addEventListener("push", (event) => {
  let said: unknown = null;
  try {
    said = event.data?.json();
  } catch {
    // News all the same.
  }
  const { title, url, tag } = (said ?? {}) as Record<string, unknown>;
  const shown = { tag: String(tag ?? "news"), data: within(url), icon: `${PAGE}icon-192.png` };
  event.waitUntil(worker.registration.showNotification(String(title ?? "engage"), shown));
});

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const to = within(event.notification.data);
  const open = async (): Promise<void> => {
    const all = await worker.clients.matchAll({ type: "window" });
    const there = all.find((one) => one.url === to) ?? all.find((one) => within(one.url) === one.url);
    if (there === undefined) await worker.clients.openWindow(to);
    else {
      await there.focus();
      // The app itself goes there: what somebody is writing in it is not thrown away by a new page.
      if (there.url !== to) there.postMessage({ go: to });
    }
  };
  event.waitUntil(open());
});

export {};
