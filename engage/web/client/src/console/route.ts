// The address bar: /console/ is the queue, /console/items/ID a piece of work, and so is
// /console/queue/ID, where a page leads; a person and the lists are in place.ts. Ids only.
import { batch } from "@preact/signals";

import { closeCard, openCard, openId, pane, type Pane } from "./desk";
import { pathOf, place, placeOf, settle, type Place } from "./place";

const ITEM = /^\/console\/(?:items|queue)\/([0-9a-f-]{36})\/?$/;

export function follow(): void {
  const id = ITEM.exec(location.pathname)?.[1];
  const to = placeOf(location.pathname);
  if (id !== undefined) {
    settle({ at: "queue" });
    void openCard(id, (history.state as { pane?: Pane } | null)?.pane ?? "card");
  } else if (openId.value !== null || pathOf(to) !== pathOf(place.value)) {
    batch(() => {
      closeCard();
      settle(to);
    });
  }
}

export const addressOf = (id: string): string => `/console/items/${id}`;

export function go(id: string): void {
  if (openId.value !== id) history.pushState({ pane: "card" }, "", addressOf(id));
  settle({ at: "queue" });
  void openCard(id);
}

export function goToPane(wanted: Pane): void {
  if (openId.value === null || pane.value === wanted) return;
  history.pushState({ pane: wanted }, "", addressOf(openId.value));
  pane.value = wanted;
}

export function goToQueue(): void {
  visit({ at: "queue" });
}

export function visit(to: Place): void {
  if (location.pathname !== pathOf(to)) history.pushState(null, "", pathOf(to));
  batch(() => {
    closeCard();
    settle(to);
  });
}

addEventListener("popstate", () => {
  follow();
  // What had the focus is gone with its page: go on at the head of the one that came back.
  requestAnimationFrame(() => {
    if (document.activeElement !== document.body) return;
    const heads = ["card", "place", "queue"].map((id) => document.getElementById(id));
    heads.find((one) => one?.checkVisibility() === true)?.focus({ preventScroll: true });
  });
});
