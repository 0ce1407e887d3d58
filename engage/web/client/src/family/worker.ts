// The app's own service worker: it keeps the empty app (its scripts, styles and pictures, named by
// their content) so that it opens without a network, and nothing that anybody answered. What was read
// about people is kept by the app itself, where it can take it away again; a request to the API goes
// past this file untouched. It is made whole by family-shell.ts.
interface Extended extends Event {
  waitUntil(what: Promise<unknown>): void;
}
interface Fetched extends Extended {
  request: Request;
  respondWith(what: Promise<Response>): void;
}
interface Scope {
  location: Location;
  clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(of: "install" | "activate", act: (event: Extended) => void): void;
  addEventListener(of: "fetch", act: (event: Fetched) => void): void;
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

export {};
