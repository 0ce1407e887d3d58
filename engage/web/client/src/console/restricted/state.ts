// Who opened restricted records: read by practice, and again when one is opened or somebody saw it.
import { call, type Schema } from "../../api/call";
import { loadCard, me, openId } from "../desk";
import { directs, stirred } from "../place";

export { opened as heard } from "../shut";

export type Opening = Schema["OpeningOut"];
export type Read = Schema["RestrictedReadOut"];

/** Nobody has seen it yet, and it is not the reader's own. */
export const unseen = (one: Opening): boolean =>
  one.acknowledged_at === null && one.staff.id !== me.value?.id;

export const openings = {
  practices: (): string[] => [
    ...new Set((me.value?.memberships ?? []).map((one) => one.practice_id).filter(directs)),
  ],
  read: (practice: string, cursor?: string) =>
    call("get", "/v1/practices/{practice_id}/openings", {
      path: { practice_id: practice },
      query: { limit: 25, ...(cursor === undefined ? {} : { cursor }) },
    }),
};

/** What is open or closed has changed: read what is shown again. */
export function reread(): void {
  stirred.value += 1;
  if (openId.value !== null) void loadCard();
}
