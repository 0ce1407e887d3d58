// The rides and boxes of a day, as whoever drives needs them: to read here, to print, or as a table.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { call, proved, type DayRide } from "../../api/call";
import { spaced } from "../../shared/number";
import { clock, dateOf } from "../../shared/time";
import { onWall } from "../../shared/wall";
import { named, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { me, spoken, zoneOf } from "../desk";
import { Field, Select } from "../fields";
import { Link } from "../link";
import { place } from "../place";
import { visit } from "../route";

const OFF: DayRide["status"][] = ["failed", "cancelled"];

/** The browser fetches the file by itself; so it is asked before whether a fresh proof is needed. */
async function fetchFile(event: MouseEvent & { currentTarget: HTMLAnchorElement }): Promise<void> {
  event.preventDefault();
  const { href } = event.currentTarget;
  const answer = await fetch(href, { method: "HEAD" }).catch(() => undefined);
  if (answer?.status !== 403 || (await proved())) location.assign(href);
}

export function Day() {
  const now = place.value;
  const practices = [...new Set(me.value?.memberships?.map((one) => one.practice_id))];
  const practice = useSignal(practices[0] ?? "");
  const shown = now.at === "rides" && now.day !== "" ? now.day : today(practice.value);
  const day = useSignal(shown);
  const all = useSignal<DayRide[] | undefined>(undefined);
  const acting = useActing();
  const read = async (): Promise<void> => {
    const asked = { day: shown, practice_id: practice.value, limit: 100 };
    all.value = await acting.act(async () => {
      const found: DayRide[] = [];
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const query = cursor === undefined ? asked : { ...asked, cursor };
        const page = await call("get", "/v1/rides", { query });
        found.push(...page.items);
        cursor = page.next;
      }
      return found.sort((a, b) => begins(a).localeCompare(begins(b)));
    });
  };
  useEffect(() => {
    day.value = shown;
    void read();
  }, [shown, practice.value]);

  const going = all.value?.filter((one) => !OFF.includes(one.status)) ?? [];
  const off = (all.value?.length ?? 0) - going.length;
  const file = (kind: "ride" | "food-box"): string =>
    `/v1/rides.csv?${new URLSearchParams({ day: shown, practice_id: practice.value, kind })}`;
  return (
    <main class="page printed" id="main">
      <h2 id="place" tabIndex={-1}>
        {t("rides.title")}
      </h2>
      <p class="soft not-printed">{t("rides.lead")}</p>
      <form
        class="ask not-printed"
        onSubmit={(event) => {
          event.preventDefault();
          if (day.value === shown) void read();
          else visit({ at: "rides", day: day.value });
        }}
      >
        <div class="pair">
          <Field label={t("rides.day")} type="date" value={day} />
          {practices.length < 2 ? null : (
            <Select label={t("rides.practice")} of={practices} value={practice} say={nameOf} />
          )}
        </div>
        <div class="row">
          <button type="submit" class="button first" disabled={acting.busy.value}>
            {t("rides.show")}
          </button>
          <button
            type="button"
            class="button"
            disabled={going.length === 0}
            onClick={() => {
              print();
            }}
          >
            {t("rides.print")}
          </button>
          <a class="button" href={file("ride")} onClick={(event) => void fetchFile(event)} download>
            {t("rides.file")}
          </a>
          <a class="button" href={file("food-box")} onClick={(event) => void fetchFile(event)} download>
            {t("rides.file.boxes")}
          </a>
        </div>
        <Refused of={acting} />
      </form>
      <h3>
        {dateOf(shown)} · {nameOf(practice.value)}
      </h3>
      {all.value === undefined ? <p class="soft">{t("loading")}</p> : null}
      {all.value !== undefined && going.length === 0 ? <p>{t("rides.none")}</p> : null}
      {going.length === 0 ? null : <List of={going} />}
      {off === 0 ? null : <p class="soft small not-printed">{t("rides.over", { n: off })}</p>}
      <p class="not-printed">
        <Link to={{ at: "places" }}>{t("rides.places")}</Link>
      </p>
    </main>
  );
}

function List({ of }: { of: DayRide[] }) {
  return (
    <div class="wide-table" role="region" aria-label={t("rides.title")} tabIndex={0}>
      <table>
        <caption class="unseen">{t("rides.count", { n: of.length })}</caption>
        <thead>
          <tr>
            {(["when", "who", "from", "to", "stands"] as const).map((one) => (
              <th key={one} scope="col">
                {t(`rides.${one}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {of.map((one) => (
            <tr key={one.id}>
              <td>
                {one.pickup_at === null ? null : <strong>{clock(one.pickup_at, one.zone)}</strong>}
                {one.visit_at === null ? null : (
                  <p class="small">
                    {t("rides.visit")} {clock(one.visit_at, one.zone)}
                  </p>
                )}
                {one.direction === "there" || one.kind !== "ride" ? null : (
                  <p class="small">
                    {t("rides.back")}{" "}
                    {one.return_at === null ? t("rides.calls") : clock(one.return_at, one.zone)}
                  </p>
                )}
              </td>
              <td>
                <Link to={{ at: "person", id: one.patient_id }}>
                  {spoken(one)}
                </Link>
                {one.phone === null ? null : <p class="small">{spaced(one.phone)}</p>}
              </td>
              <td>{one.pickup}</td>
              <td>
                {one.dropoff ?? one.place}
                {one.dropoff !== null || one.address === null ? null : (
                  <p class="small">{one.address}</p>
                )}
                {one.note === null ? null : <p class="small">{one.note}</p>}
              </td>
              <td>
                {one.kind === "ride" ? null : `${t("ride.box")}: `}
                {named("ride.status", one.status)}
                <p class="small">{[one.broker, one.confirmation].filter(Boolean).join(" · ")}</p>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const today = (practice: string): string => onWall(Date.now(), zoneOf(practice)).slice(0, 10);

const begins = (one: DayRide): string => one.pickup_at ?? one.visit_at ?? "9";

const nameOf = (practice: string): string =>
  me.value?.memberships?.find((one) => one.practice_id === practice)?.practice_name ?? "";
