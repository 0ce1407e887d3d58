// Where in the app one is. Every place has an address, so a shortcut or a saved link leads there; the
// address names no person.
import { signal } from "@preact/signals";

export const PLACES = [
  "today",
  "visits",
  "check-in",
  "to-do",
  "messages",
  "care",
  "documents",
  "more",
  "sharing",
  "invite",
  "strain",
  "settings",
  "notices",
  "sign-ins",
] as const;
export type Place = (typeof PLACES)[number];

const ROOT = "/family/";

function here(path = location.pathname): Place {
  const name = path.slice(ROOT.length).replace(/\/$/, "");
  return PLACES.find((one) => one === name) ?? "today";
}

export const place = signal<Place>(here());

export const pathOf = (one: Place): string => (one === "today" ? ROOT : ROOT + one);

export function go(one: Place): void {
  if (one === place.value) return;
  history.pushState(null, "", pathOf(one));
  place.value = one;
  document.querySelector(".scroll")?.scrollTo(0, 0);
  // Whoever hears the page is told where they are: the heading of the new page has the focus.
  requestAnimationFrame(() => document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true }));
}

/** A link within the app. */
export function follow(event: MouseEvent, one: Place): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  go(one);
}

export function begin(): void {
  // The worker of the app knows the address with its slash only; what opened a link is not kept.
  const hash = location.hash === "#in" ? "" : location.hash;
  if (!location.pathname.startsWith(ROOT)) history.replaceState(null, "", ROOT + hash);
  else if (hash !== location.hash) history.replaceState(null, "", location.pathname);
  // News were tapped while the app was open.
  navigator.serviceWorker?.addEventListener("message", (event: MessageEvent<{ go?: string }>) => {
    if (event.data.go !== undefined) go(here(new URL(event.data.go).pathname));
  });
  addEventListener("popstate", () => {
    place.value = here();
  });
}
