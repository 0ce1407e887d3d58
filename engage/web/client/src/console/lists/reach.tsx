// Whom texts don't reach: one list for each reason, since when, and what to do next.
import { batch, effect, signal } from "@preact/signals";

import { call, type Schema, type Unreached } from "../../api/call";
import { Moment } from "../../shared/moment";
import { isWord, named, t } from "../../shared/words";
import { attempt, me, spoken, zoneOf } from "../desk";
import { Link } from "../link";
import { place, REACH, type ListName } from "../place";

type Counts = Schema["ReachabilityCounts"];
const rows = signal<Unreached[] | undefined>(undefined);
const unreadable = signal<Schema["UnreadableOut"][]>([]);
const next = signal<string | null>(null);
const counts = signal<Counts | undefined>(undefined);

async function read(list: ListName, cursor: string | null): Promise<void> {
  const page = await attempt(() =>
    call("get", "/v1/reachability", {
      query: { list, limit: 50, ...(cursor === null ? {} : { cursor }) },
    }),
  );
  const now = place.value;
  if (page === undefined || now.at !== "reach" || now.list !== list) return;
  batch(() => {
    rows.value = cursor === null ? page.items : [...(rows.value ?? []), ...page.items];
    unreadable.value = cursor === null ? page.unreadable : [...unreadable.value, ...page.unreadable];
    next.value = page.next;
  });
}

effect(() => {
  const now = place.value;
  if (me.value == null || now.at !== "reach") return;
  const { list } = now;
  queueMicrotask(() => {
    batch(() => {
      rows.value = undefined;
      unreadable.value = [];
      next.value = null;
    });
    void read(list, null);
    void attempt(() => call("get", "/v1/reachability/counts")).then((many) => {
      if (many !== undefined) counts.value = many;
    });
  });
});

const many = (list: ListName): number =>
  counts.value?.[list.replaceAll("-", "_") as keyof Counts] ?? 0;

export function Reach() {
  const now = place.value;
  if (now.at !== "reach") return null;
  const { list } = now;
  return (
    <main class="page narrow" id="main">
      <h2 id="place" tabIndex={-1}>
        {t("reach.title")}
      </h2>
      <nav class="views" aria-label={t("reach.lists")}>
        {REACH.map((one) => (
          <Link key={one} to={{ at: "reach", list: one }} here={one === list}>
            {t(`reach.${one}`)} <span class="many">{many(one) > 99 ? "99+" : many(one)}</span>
          </Link>
        ))}
      </nav>
      <p class="notice">
        <strong>{t("need.next")}:</strong> {t(`reach.next.${list}`)}
      </p>
      {rows.value === undefined ? <p class="soft">{t("loading")}</p> : null}
      {rows.value?.length === 0 && next.value === null ? <p>{t("reach.none")}</p> : null}
      <ul class="rows">
        {rows.value?.map((one) => (
          <li key={one.patient.id}>
            <Link to={{ at: "person", id: one.patient.id }} class="item">
              <span class="row spread">
                <strong class="who">
                  {spoken(one.patient)}
                </strong>
                <span class="soft small">
                  {t("reach.since")} <Moment at={one.since} zone={zoneOf(one.practice_id)} />
                </span>
              </span>
              <Why of={one} />
            </Link>
          </li>
        ))}
        {unreadable.value.map((one) => (
          <li key={one.patient.id}>
            <Link to={{ at: "person", id: one.patient.id }} class="item">
              <strong class="who">
                {spoken(one.patient)}
              </strong>
              <span class="small">{t("reach.next.unreadable")}</span>
            </Link>
          </li>
        ))}
      </ul>
      {next.value === null ? null : (
        <button type="button" class="button" onClick={() => void read(list, next.value)}>
          {t("queue.more")}
        </button>
      )}
    </main>
  );
}

function Why({ of }: { of: Unreached }) {
  const code = of.reason ?? of.list;
  // A reason that is newer than this page is said as the server says it, in English.
  return isWord(`reach.why.${code}`) ? (
    <span class="small">{named("reach.why", code)}</span>
  ) : (
    <span class="small" lang="en">
      {of.words}
    </span>
  );
}
