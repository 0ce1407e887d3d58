// What became of what was begun in a period: a plain table in which every share has its denominator,
// and what is still open is counted and never dropped.
import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";

import { call, type Measure, type Schema } from "../../api/call";
import { language } from "../../shared/look";
import { dateOf, span, when } from "../../shared/time";
import { onWall } from "../../shared/wall";
import { isWord, named, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { instruments, me, zoneOf } from "../desk";
import { Field, Select } from "../fields";
import { titleOf } from "../instruments";

type Found = Schema["MeasuresOut"];
const BY = ["none", "language", "age-band"] as const;
const DAY_MS = 86_400_000;
/** When somebody wrote it down is nobody's wait: only the shares mean something. */
const TIMELESS: Measure["measure"][] = ["positive", "visit-kept", "ride-came"];

export function Measures() {
  const today = onWall(Date.now(), zoneOf(undefined)).slice(0, 10);
  const from = useSignal(new Date(Date.parse(today) - 30 * DAY_MS).toISOString().slice(0, 10));
  const to = useSignal(today);
  const by = useSignal<(typeof BY)[number]>("none");
  const found = useSignal<Found | undefined>(undefined);
  const acting = useActing();
  const read = async (): Promise<void> => {
    const measured = await acting.act(() =>
      call("get", "/v1/measures", { query: { from: from.value, to: to.value, by: by.value } }),
    );
    if (measured !== undefined) found.value = measured;
  };
  useEffect(() => void read(), []);
  return (
    <main class="page" id="main">
      <h2 id="place" tabIndex={-1}>
        {t("measures.title")}
      </h2>
      <form
        class="ask"
        onSubmit={(event) => {
          event.preventDefault();
          void read();
        }}
      >
        <div class="pair">
          <Field label={t("measures.from")} type="date" value={from} />
          <Field label={t("measures.to")} type="date" value={to} />
          <Select
            label={t("measures.by")}
            of={BY}
            value={by}
            say={(one) => t(`measures.by.${one}`)}
          />
        </div>
        <button type="submit" class="button" disabled={acting.busy.value}>
          {t("measures.show")}
        </button>
        <Refused of={acting} />
      </form>
      {found.value?.practices.map((one) => (
        <Practice key={one.practice_id} found={one} of={found.value as Found} />
      ))}
      <p class="soft small">{t("measures.open")}</p>
      <p class="soft small">{t("measures.hidden.why")}</p>
    </main>
  );
}

function Practice({ found, of }: { found: Found["practices"][number]; of: Found }) {
  const id = useId();
  const name = me.value?.memberships?.find((one) => one.practice_id === found.practice_id);
  const grouped = of.by !== "none";
  const first = found.measures.filter((one) => one.group === null);
  const kindOf = (one: Measure): string => [one.measure, one.of, one.version].join(" ");
  return (
    <section class="part" aria-labelledby={id}>
      <h3 id={id}>{name?.practice_name}</h3>
      <p class="soft small">
        {t("measures.watched", {
          from: dateOf(of.from),
          to: dateOf(of.to),
          until: when(found.watched_until, zoneOf(found.practice_id)),
        })}
      </p>
      <div
        class="wide-table"
        role="region"
        aria-label={`${t("measures.title")}: ${name?.practice_name ?? ""}`}
        tabIndex={0}
      >
        <table>
          <thead>
            <tr>
              <th scope="col">{t("measures.measure")}</th>
              {grouped ? <th scope="col">{t(`measures.by.${of.by}`)}</th> : null}
              {(["people", "began", "happened", "still", "otherwise", "median", "p90", "within"] as const).map(
                (one) => (
                  <th key={one} scope="col" class="number">
                    {t(`measures.${one}`)}
                  </th>
                ),
              )}
            </tr>
          </thead>
          {first.map((whole) => {
            const parts = found.measures.filter(
              (one) => kindOf(one) === kindOf(whole) && one.group !== null,
            );
            return (
              <tbody key={kindOf(whole)}>
                {[whole, ...parts].map((one, row) => (
                  <tr key={one.group ?? ""}>
                    {row === 0 ? (
                      <th scope="rowgroup" rowSpan={parts.length + 1}>
                        {named("measure", one.measure)}
                        {one.of == null ? null : <p class="soft small">{aboutOf(one)}</p>}
                        {one.total_seconds == null ? null : (
                          <p class="soft small">
                            {t("measures.total", { minutes: minutes(one.total_seconds) })}
                          </p>
                        )}
                      </th>
                    ) : null}
                    {grouped ? <th scope="row">{groupOf(one, of.by)}</th> : null}
                    <Figures of={one} />
                  </tr>
                ))}
              </tbody>
            );
          })}
        </table>
      </div>
    </section>
  );
}

function groupOf(one: Measure, by: Found["by"]): string {
  if (one.group === null) return t("measures.everybody");
  if (one.group === "unknown") return t("measures.unknown");
  return by === "language" ? named("language", one.group) : one.group;
}

/** What it is about: a need, an instrument and its version, a ride or a box. */
function aboutOf({ of, version }: Measure): string {
  const tool = instruments.value.find((one) => one.id === of);
  if (tool !== undefined) return [titleOf(tool.id), version].filter(Boolean).join(", ");
  const kind = `measures.of.${of}`;
  return isWord(kind) ? t(kind) : named("subject", `need:${of}`);
}

const minutes = (seconds: number): string =>
  new Intl.NumberFormat(language.value).format(Math.round(seconds / 60));

function Figures({ of }: { of: Measure }) {
  if (of.hidden !== null && of.hidden !== undefined) {
    const word = `measures.hidden.${of.hidden}`;
    return (
      <td class="soft" colSpan={8}>
        <span>{isWord(word) ? t(word) : of.hidden}</span>
      </td>
    );
  }
  const began = of.began ?? 0;
  const timeless = TIMELESS.includes(of.measure);
  return (
    <>
      <td class="number">{of.people}</td>
      <td class="number">{began}</td>
      <td class="number">{part(of.happened ?? 0, began)}</td>
      <td class="number">{part(of.still_open ?? 0, began)}</td>
      <td class="number">{part(of.ended_otherwise ?? 0, began)}</td>
      <td class="number">{timeless ? "–" : lasted(of.median_seconds)}</td>
      <td class="number">{timeless ? "–" : lasted(of.p90_seconds)}</td>
      <td class="number">{of.share_within == null ? "–" : percent(of.share_within)}</td>
    </>
  );
}

/** "31 of 50 (62 %)" */
function part(some: number, of: number): string {
  return of === 0 ? "0" : t("measures.of", { some, of, share: percent(some / of) });
}

function percent(share: number): string {
  return new Intl.NumberFormat(language.value, { style: "percent", maximumFractionDigits: 0 }).format(
    share,
  );
}

function lasted(seconds: number | null | undefined): string {
  return seconds == null ? t("measures.not.yet") : span(seconds / 60);
}
