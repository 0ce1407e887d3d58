// The address bar: /console/ is the queue, /console/items/ID a piece of work, and so is
// /console/queue/ID, where a page leads. Ids only.
import { closeCard, openCard, openId, pane, type Pane } from "./desk";

const ITEM = /^\/console\/(?:items|queue)\/([0-9a-f-]{36})\/?$/;

export function follow(): void {
  const id = ITEM.exec(location.pathname)?.[1];
  if (id === undefined) closeCard();
  else void openCard(id, (history.state as { pane?: Pane } | null)?.pane ?? "card");
}

export const addressOf = (id: string): string => `/console/items/${id}`;

export function go(id: string): void {
  if (openId.value !== id) history.pushState({ pane: "card" }, "", addressOf(id));
  void openCard(id);
}

export function goToPane(wanted: Pane): void {
  if (openId.value === null || pane.value === wanted) return;
  history.pushState({ pane: wanted }, "", addressOf(openId.value));
  pane.value = wanted;
}

export function goToQueue(): void {
  history.pushState(null, "", "/console/");
  closeCard();
}

addEventListener("popstate", follow);
