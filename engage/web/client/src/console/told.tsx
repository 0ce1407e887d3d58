// Who was told of work that can't wait, who has taken it on, and when the next person is told.
import { useSignal } from "@preact/signals";

import type { ItemDetail } from "../api/call";
import { Moment } from "../shared/moment";
import { minutesUntil, span } from "../shared/time";
import { named, t } from "../shared/words";
import { change, closed, zone } from "./desk";

type Paging = NonNullable<ItemDetail["paging"]>;
type Page = Paging["pages"][number];

export function Told({ item }: { item: ItemDetail }) {
  const paging = item.paging;
  if (paging === null) return null;
  return (
    <section class="block" aria-labelledby="told">
      <h2 id="told">{t("told.title")}</h2>
      {paging.pages.length === 0 ? <p class="soft small">{t("told.nobody")}</p> : null}
      <ul class="told">
        {paging.pages.map((page) => (
          <One key={`${page.staff.id}/${page.channel}/${page.at}`} page={page} />
        ))}
      </ul>
      {closed.value ? null : <Stands paging={paging} />}
    </section>
  );
}

function One({ page }: { page: Page }) {
  return (
    <li>
      <strong>
        {page.staff.given_name} {page.staff.family_name}
      </strong>{" "}
      <span class="soft small">
        {page.why} · {named("channel", page.channel)} · {named("page", page.status)} ·{" "}
        <Moment at={page.told_at ?? page.at} zone={zone.value} as="ago" />
      </span>
    </li>
  );
}

function Stands({ paging }: { paging: Paging }) {
  const busy = useSignal(false);
  const by = paging.acknowledged_by;
  const onIt = async (): Promise<void> => {
    if (busy.value) return;
    busy.value = true;
    await change("acknowledge").finally(() => {
      busy.value = false;
    });
  };
  return (
    <>
      {by === null || paging.acknowledged_at === null ? null : (
        <p class="notice done">
          {t("told.taken", { name: `${by.given_name} ${by.family_name}` })}
        </p>
      )}
      {paging.next_at === null ? null : (
        <p class="small" role="timer">
          {t(by === null ? "told.next" : "told.again", { in: until(paging.next_at) })}
        </p>
      )}
      {by === null ? (
        <button
          type="button"
          id="acknowledge"
          class="button"
          aria-disabled={busy.value}
          onClick={() => void onIt()}
        >
          {t("told.acknowledge")}
        </button>
      ) : null}
    </>
  );
}

/** "12 min"; what is due already is due any moment. */
function until(moment: string): string {
  const minutes = minutesUntil(moment);
  return minutes <= 0 ? t("told.moment") : span(minutes);
}
