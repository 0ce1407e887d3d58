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
  "more",
  "sharing",
  "invite",
  "strain",
  "settings",
  "sign-ins",
] as const;
export type Place = (typeof PLACES)[number];

const ROOT = "/family/";

function here(): Place {
  const name = location.pathname.slice(ROOT.length).replace(/\/$/, "");
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
  if (!location.pathname.startsWith(ROOT)) history.replaceState(null, "", ROOT + location.hash);
  addEventListener("popstate", () => {
    place.value = here();
  });
}
