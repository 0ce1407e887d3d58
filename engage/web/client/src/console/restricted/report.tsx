// The report: who opened a restricted record and why, what they read, and everybody who read one.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { call } from "../../api/call";
import { when } from "../../shared/time";
import { isWord, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { attempt, me, spoken, zoneOf } from "../desk";
import { Select } from "../fields";
import { Link } from "../link";
import { heard, openings, unseen, type Opening, type Read } from "./state";
import "./restricted.css";

export function Report() {
  const practices = openings.practices();
  const practice = useSignal(practices[0] ?? "");
  const names = new Map(me.value?.memberships?.map((one) => [one.practice_id, one.practice_name]));
  return (
    <main class="page report" id="main">
      <h2 id="place" tabIndex={-1}>
        {t("report.title")}
      </h2>
      <p>{t("report.lead")}</p>
      {practices.length < 2 ? null : (
        <div class="narrowly">
          <Select
            label={t("report.practice")}
            of={practices}
            value={practice}
            say={(one) => names.get(one) ?? one}
          />
        </div>
      )}
      {practice.value === "" ? (
        <p>{t("report.others")}</p>
      ) : (
        <>
          <Openings key={`o${practice.value}`} practice={practice.value} />
          <Reads key={`r${practice.value}`} practice={practice.value} />
        </>
      )}
    </main>
  );
}

function Openings({ practice }: { practice: string }) {
  const rows = useSignal<Opening[] | undefined>(undefined);
  const next = useSignal<string | null>(null);
  const read = async (cursor?: string): Promise<void> => {
    const page = await attempt(() => openings.read(practice, cursor));
    if (page === undefined) return;
    rows.value = cursor === undefined ? page.items : [...(rows.value ?? []), ...page.items];
    next.value = page.next;
  };
  useEffect(() => void read(), [heard.value]);
  return (
    <section class="part" aria-labelledby="openings">
      <h3 id="openings">{t("report.openings")}</h3>
      {rows.value === undefined ? <p class="soft">{t("loading")}</p> : null}
      {rows.value?.length === 0 ? <p>{t("report.none")}</p> : null}
      <ul class="listed">
        {rows.value?.map((one) => (
          <One key={one.id} of={one} />
        ))}
      </ul>
      <More next={next.value} read={read} />
    </section>
  );
}

function One({ of }: { of: Opening }) {
  const acting = useActing();
  const zone = zoneOf(of.practice_id);
  const see = async (): Promise<void> => {
    const done = await acting.act(
      () =>
        call("post", "/v1/practices/{practice_id}/openings/{opening_id}/acknowledge", {
          path: { practice_id: of.practice_id, opening_id: of.id },
          key: crypto.randomUUID(),
        }),
      t("report.seen.done"),
    );
    if (done !== undefined) heard.value += 1;
  };
  return (
    <li>
      <p>
        <strong>{spoken(of.staff)}</strong> {t("report.opened", { when: when(of.opened_at, zone) })}{" "}
        <Link to={{ at: "person", id: of.patient.id }}>{spoken(of.patient)}</Link>
      </p>
      <p>
        {t(`opened.${of.reason}`)}
        {of.words === null ? null : (
          <>
            : <q>{of.words}</q>
          </>
        )}
      </p>
      <p class="small">
        {of.read.length === 0
          ? t("report.read.nothing")
          : t("report.read", {
              what: of.read.map((one) => `${operation(one.operation)} (${one.times})`).join(", "),
            })}
      </p>
      <p class="small soft">
        {of.told_at === null ? t("report.untold") : t("report.told", { when: when(of.told_at, zone) })}
        {of.acknowledged_by === null
          ? ""
          : ` · ${t("report.seen.by", {
              name: spoken(of.acknowledged_by),
              when: when(of.acknowledged_at ?? "", zone),
            })}`}
      </p>
      <Refused of={acting} />
      {unseen(of) ? (
        <button
          type="button"
          class="button small"
          disabled={acting.busy.value}
          onClick={() => void see()}
        >
          {t("report.see")}
          <span class="unseen">: {spoken(of.staff)}</span>
        </button>
      ) : null}
    </li>
  );
}

function Reads({ practice }: { practice: string }) {
  const rows = useSignal<Read[] | undefined>(undefined);
  const next = useSignal<string | null>(null);
  const zone = zoneOf(practice);
  const read = async (cursor?: string): Promise<void> => {
    const page = await attempt(() =>
      call("get", "/v1/practices/{practice_id}/restricted-reads", {
        path: { practice_id: practice },
        query: { limit: 50, ...(cursor === undefined ? {} : { cursor }) },
      }),
    );
    if (page === undefined) return;
    rows.value = cursor === undefined ? page.items : [...(rows.value ?? []), ...page.items];
    next.value = page.next;
  };
  useEffect(() => void read(), [heard.value]);
  return (
    <section class="part" aria-labelledby="reads">
      <h3 id="reads">{t("report.reads")}</h3>
      {rows.value?.length === 0 ? <p>{t("report.reads.none")}</p> : null}
      {rows.value === undefined || rows.value.length === 0 ? null : (
        <div class="wide-table" role="region" tabIndex={0} aria-label={t("report.table")}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("report.when")}</th>
                <th scope="col">{t("report.who")}</th>
                <th scope="col">{t("report.whom")}</th>
                <th scope="col">{t("report.what")}</th>
                <th scope="col">{t("report.way")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.value.map((one) => (
                <tr key={one.id}>
                  <td>{when(one.at, zone)}</td>
                  <td>{spoken(one.staff)}</td>
                  <td>{spoken(one.patient)}</td>
                  <td>{operation(one.operation)}</td>
                  <td>{t(`way.${one.way}`)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <More next={next.value} read={read} />
    </section>
  );
}

function More({ next, read }: { next: string | null; read: (cursor: string) => Promise<void> }) {
  if (next === null) return null;
  return (
    <button type="button" class="button" onClick={() => void read(next)}>
      {t("queue.more")}
    </button>
  );
}

/** An operation of the API in words, where there are some: "getTimeline" is "timeline". */
function operation(name: string): string {
  const word = `operation.${name}`;
  if (isWord(word)) return t(word);
  return name
    .replace(/^(get|list)/, "")
    .replaceAll(/([A-Z])/g, " $1")
    .trim()
    .toLowerCase();
}
