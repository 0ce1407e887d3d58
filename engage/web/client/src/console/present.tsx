// Who else has a piece of work open. It stops nobody: the claim does.
import type { Item } from "../api/call";
import { now } from "../shared/time";
import { t } from "../shared/words";
import { me } from "./desk";

export function Present({ at }: { at: Item["here"] }) {
  const others = at.filter(
    (one) => one.staff.id !== me.value?.id && Date.parse(one.until) > now.value,
  );
  if (others.length === 0) return null;
  return (
    <span class="present small">
      <span aria-hidden="true" class="dot" />
      {others
        .map((one) =>
          t(one.writing ? "here.writes" : "here.looks", {
            name: `${one.staff.given_name} ${one.staff.family_name}`,
          }),
        )
        .join(" · ")}
    </span>
  );
}
