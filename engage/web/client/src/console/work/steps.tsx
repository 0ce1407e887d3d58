// The further steps on one piece of work: a row of buttons, and the form of the one that is open.
import { call, type ItemDetail } from "../../api/call";
import { t } from "../../shared/words";
import { loadCard, step, type Step } from "../desk";
import { Refused, useActing } from "../acting";
import { Opens } from "../deeds";
import { Link } from "../link";
import { Logged } from "./logged";
import { HandOver } from "./handing";
import { may } from "./may";
import { Joining } from "./joining";
import { Reopen } from "./reopen";
import { Snooze } from "./snooze";

const FURTHER = ["snooze", "hand-over", "note", "call", "merge", "reopen"] as const;

export function Steps({ item }: { item: ItemDetail }) {
  const offered = FURTHER.filter((one) => may(item, one));
  const open = step.value;
  return (
    <>
      <div class="row further-steps">
        {offered.map((one) => (
          <Opens key={one} step={one} words={t(`step.${one}`)} />
        ))}
      </div>
      {open !== null && offered.some((one) => one === open) ? (
        <Form key={`${item.id}/${open}`} item={item} open={open} />
      ) : null}
      {item.merged_into === null ? null : <Joined item={item} into={item.merged_into} />}
    </>
  );
}

/** What it is done as part of, and the way to take them apart. */
function Joined({ item, into }: { item: ItemDetail; into: string }) {
  const acting = useActing(loadCard);
  return (
    <div class="row">
      <Link to={{ at: "item", id: into }} class="button small">
        {t("merged.into")}
      </Link>
      <button
        type="button"
        class="button quiet small"
        aria-disabled={acting.busy.value}
        onClick={() =>
          void acting
            .act(
              () =>
                call("post", "/v1/queue/{item_id}/unmerge", {
                  path: { item_id: item.id },
                  key: crypto.randomUUID(),
                }),
              t("parts.apart"),
            )
            .then(loadCard)
        }
      >
        {t("parts.part")}
      </button>
      <Refused of={acting} />
    </div>
  );
}

function Form({ item, open }: { item: ItemDetail; open: Step }) {
  switch (open) {
    case "snooze":
      return <Snooze item={item} />;
    case "hand-over":
      return <HandOver item={item} />;
    case "merge":
      return <Joining item={item} />;
    case "reopen":
      return <Reopen item={item} />;
    case "call":
      return <Logged item={item} />;
    // Notes have a place of their own; completing comes with the first steps.
    case "note":
    case "finish":
      return null;
  }
}
