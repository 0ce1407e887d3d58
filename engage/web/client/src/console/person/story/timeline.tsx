// What happened to somebody, the newest first, day by day: all of it, or one kind of it.
import { batch, effect, signal } from "@preact/signals";

import { call, type Schema } from "../../../api/call";
import { Moment } from "../../../shared/moment";
import { day } from "../../../shared/time";
import { named, t } from "../../../shared/words";
import { attempt } from "../../desk";
import { titleOf } from "../../instruments";
import { Link } from "../../link";
import { stirred } from "../../place";
import { ours, person } from "../state";

type Entry = Schema["Timeline"]["items"][number];
type Kind = Entry["type"];
const KINDS: Kind[] = [
  "message",
  "call",
  "item",
  "need",
  "screening",
  "check-in",
  "appointment",
  "ride",
  "consent",
  "correction",
];
const A_PAGE = 20;

const kind = signal<Kind | null>(null);
const entries = signal<Entry[] | undefined>(undefined);
const next = signal<string | null>(null);
let asked = 0;

/** The first page, or the one after what is shown. */
async function read(cursor: string | null): Promise<void> {
  const whose = person.value?.id;
  if (whose === undefined) return;
  const turn = ++asked;
  const query = {
    limit: A_PAGE,
    ...(kind.value === null ? {} : { kind: kind.value }),
    ...(cursor === null ? {} : { cursor }),
  };
  const page = await attempt(() =>
    call("get", "/v1/patients/{patient_id}/timeline", { path: { patient_id: whose }, query }),
  );
  if (page === undefined || turn !== asked) return;
  const older = cursor === null ? after(page.items) : [];
  batch(() => {
    if (cursor !== null) entries.value = [...(entries.value ?? []), ...page.items];
    else entries.value = [...page.items, ...older];
    if (older.length === 0) next.value = page.next;
  });
}

/** What was read before and is older than a fresh first page stays, if the two meet. */
function after(fresh: Entry[]): Entry[] {
  const last = fresh.at(-1)?.id;
  const place = (entries.value ?? []).findIndex((one) => one.id === last);
  return place < 0 ? [] : (entries.value ?? []).slice(place + 1);
}

effect(() => {
  const whose = person.value?.id;
  const wanted = kind.value;
  queueMicrotask(() => {
    entries.value = undefined;
    next.value = null;
    if (whose !== undefined && wanted === kind.peek()) void read(null);
  });
});

stirred.subscribe(() => {
  queueMicrotask(() => void read(null));
});

export function Timeline() {
  const all = entries.value;
  return (
    <>
      <div class="views" role="group" aria-label={t("story.kinds")}>
        {[null, ...KINDS].map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={kind.value === one}
            onClick={() => {
              kind.value = one;
            }}
          >
            {one === null ? t("story.all") : t(`story.kind.${one}`)}
          </button>
        ))}
      </div>
      {all === undefined ? <p class="soft">{t("loading")}</p> : <Days of={all} />}
      {next.value === null ? null : (
        <button type="button" class="button" onClick={() => void read(next.value)}>
          {t("story.older")}
        </button>
      )}
    </>
  );
}

function Days({ of }: { of: Entry[] }) {
  if (of.length === 0) return <p class="soft">{t("story.none")}</p>;
  const days = new Map<string, Entry[]>();
  for (const one of of) {
    const name = day(one.at, ours.value);
    days.set(name, [...(days.get(name) ?? []), one]);
  }
  return (
    <ol class="days">
      {[...days].map(([name, some]) => (
        <li key={name}>
          <h3>{name}</h3>
          <ul class="ledger">
            {some.map((one) => (
              <li key={one.id} class={one.type === "item" ? (one.severity ?? "") : ""}>
                <p class="soft small">
                  <Moment at={one.at} zone={ours.value} as="clock" /> ·{" "}
                  {t(`story.kind.${one.type}`)}
                </p>
                <One of={one} />
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ol>
  );
}

function One({ of: one }: { of: Entry }) {
  switch (one.type) {
    case "message":
      return (
        <>
          <p class="small">
            <strong>{authorOf(one.author)}</strong>
            {one.direction === "out" ? ` · ${named("state", one.state)}` : ""}
          </p>
          {one.body === null ? null : (
            <blockquote lang={one.author === "staff" ? undefined : person.value?.language}>
              {one.body}
            </blockquote>
          )}
        </>
      );
    case "screening":
      return (
        <p>
          {titleOf(one.instrument ?? "")}
          {": "}
          {one.verdict === null
            ? named("around.screened", one.state)
            : named("around.says", one.verdict)}
        </p>
      );
    case "item":
      return (
        <p>
          <Link to={{ at: "item", id: one.id }}>{named("subject", one.subject ?? "")}</Link>
          {one.severity === null ? "" : `, ${named("severity", one.severity)}`}
          {": "}
          {one.outcome === null
            ? named("story.item", one.state)
            : named("outcome", one.outcome)}
        </p>
      );
    case "consent":
      return (
        <p>
          {named("story.consent", one.state)}
          {one.how === null ? "" : ` · ${named("how", one.how)}`}
        </p>
      );
    case "correction":
      return (
        <>
          <p>{t(one.state === "to-here" ? "story.to.here" : "story.away")}</p>
          {one.reason === null ? null : <blockquote>{one.reason}</blockquote>}
        </>
      );
    case "appointment":
      return (
        <p>
          {named("visit.status", one.state)}
          {one.act === "move" ? ` · ${t("story.moved")}` : ""}
          {one.reason === null ? "" : ` · ${named("visit.reason", one.reason)}`}
        </p>
      );
    case "call":
      return (
        <>
          <p>
            {one.direction === "in" ? `${t("around.they")} · ` : ""}
            {named("around.by", one.channel ?? "")}: {named("around.was", one.outcome)}
          </p>
          {one.note === null ? null : <blockquote>{one.note}</blockquote>}
        </>
      );
    case "need":
      return (
        <>
          <p>
            {named("subject", `need:${one.domain ?? ""}`)}: {named("need.act", one.act ?? "")}
          </p>
          {one.reason === null ? null : <blockquote>{one.reason}</blockquote>}
        </>
      );
    case "check-in":
      return (
        <p>
          {named("script", one.script ?? "")}: {named("checkin.status", one.state)}
          {one.why === null ? "" : ` · ${named("checkin.why", one.why)}`}
        </p>
      );
    case "ride":
      return (
        <p>
          {named("ride.status", one.state)}
          {one.reason === null ? "" : ` · ${named("ride.reason", one.reason)}`}
        </p>
      );
  }
}

function authorOf(author: string | null): string {
  if (author === "patient") return person.value?.given_name ?? t("unknown.person");
  if (author === "staff") return t("thread.team");
  if (author === "system") return t("thread.auto");
  return t(author === "caregiver" ? "thread.caregiver" : "thread.unknown");
}
