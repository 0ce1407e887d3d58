// The calls after a discharge that are due, soonest first; each leads to the person, where one calls
// and says with one press how it went.
import { effect, signal } from "@preact/signals";

import { call, type Item } from "../../api/call";
import { t } from "../../shared/words";
import { attempt, counts, items, nameOf, zoneOf } from "../desk";
import { Link } from "../link";
import { place } from "../place";
import { ownership } from "../owned";
import { Due } from "../queue";

const due = signal<Item[] | undefined>(undefined);
const next = signal<string | null>(null);

async function read(cursor: string | null): Promise<void> {
  const page = await attempt(() =>
    call("get", "/v1/queue", {
      query: { subject: "discharge-call", limit: 50, ...(cursor === null ? {} : { cursor }) },
    }),
  );
  if (page === undefined) return;
  due.value = cursor === null ? page.items : [...(due.value ?? []), ...page.items];
  next.value = page.next;
}

effect(() => {
  if (place.value.at !== "calls") return;
  // Read for their own sake: when the queue has changed, the calls may have.
  void items.value;
  void counts.value;
  queueMicrotask(() => void read(null));
});

export function Calls() {
  return (
    <main class="page narrow" id="main">
      <h2 id="place" tabIndex={-1}>
        {t("calls.title")}
      </h2>
      <p class="soft">{t("calls.lead")}</p>
      {due.value === undefined ? <p class="soft">{t("loading")}</p> : null}
      {due.value?.length === 0 ? <p>{t("calls.none")}</p> : null}
      <ol class="rows">
        {due.value?.map((one) => (
          <li key={one.id}>
            <Link
              to={one.patient === null ? { at: "item", id: one.id } : { at: "person", id: one.patient.id }}
              class={`item ${one.severity}`}
            >
              <span class="row spread">
                <strong class="who">{nameOf(one)}</strong>
                <Due moment={one.due_at} zone={zoneOf(one.practice_id)} />
              </span>
              <span class="soft small">{ownership(one)}</span>
            </Link>
          </li>
        ))}
      </ol>
      {next.value === null ? null : (
        <button type="button" class="button" onClick={() => void read(next.value)}>
          {t("queue.more")}
        </button>
      )}
    </main>
  );
}
