// Work that can't wait: "I am on it" at once, and all that was done so far as soon as it is here.
import { useSignal } from "@preact/signals";

import type { ItemDetail } from "../api/call";
import { t } from "../shared/words";
import { change, closed } from "./desk";
import { why } from "./why";

export const isGrave = (item: ItemDetail): boolean =>
  item.paging !== null || item.severity === "crisis" || item.severity === "possible";

export function Told({ item }: { item: ItemDetail }) {
  if (!isGrave(item)) return null;
  const more = why.value;
  if (more !== undefined) return <more.Crisis item={item} />;
  return closed.value ? null : <Acknowledge item={item} />;
}

export function Acknowledge({ item }: { item: ItemDetail }) {
  const busy = useSignal(false);
  if (item.paging === null || item.paging.acknowledged_by !== null) return null;
  const onIt = async (): Promise<void> => {
    if (busy.value) return;
    busy.value = true;
    await change("acknowledge").finally(() => {
      busy.value = false;
    });
    // Whoever is on it has no such button any more: the focus stays in this pane.
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) document.getElementById("doing")?.focus();
    });
  };
  return (
    <button
      type="button"
      id="acknowledge"
      class="button first"
      aria-disabled={busy.value}
      onClick={() => void onIt()}
    >
      {t("told.acknowledge")}
    </button>
  );
}
