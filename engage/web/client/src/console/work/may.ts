// Which steps are offered now. The server decides; what it would refuse for certain is not shown.
import type { ItemDetail } from "../../api/call";
import { me, type Step } from "../desk";
import { directs } from "../place";

export function grave(item: Pick<ItemDetail, "severity">): boolean {
  return item.severity === "crisis" || item.severity === "possible";
}

export function may(item: ItemDetail, what: Step): boolean {
  const open = item.closed_at === null;
  const own = item.owner.id === me.value?.id;
  const anothers = item.status === "in-progress" && !own;
  switch (what) {
    case "note":
      return true;
    case "reopen":
      return item.status === "completed";
    case "hand-over":
      return open && (own || directs(item.practice_id));
    case "snooze":
      return open && own && !grave(item);
    case "merge":
      return open && item.patient !== null && !grave(item) && !anothers;
    case "call":
      return open && item.patient !== null;
    case "finish":
      return open && !anothers;
  }
}
