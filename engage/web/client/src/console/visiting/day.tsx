// The practice's day: every visit by place and time, who comes and who has said nothing, who drives.
// It is read again as it changes.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { Appointment } from "../../api/call";
import { language } from "../../shared/look";
import { differ, place as placeName } from "../../shared/time";
import { onWall } from "../../shared/wall";
import { t } from "../../shared/words";
import { zoneOf } from "../desk";
import { Field, Select } from "../fields";
import { Link } from "../link";
import { places } from "../person/state";
import { place, stirred } from "../place";
import { visit } from "../route";
import { OneOfDay, stranded } from "./oneofday";
import { daysOn, loadDay, practiceName, practices, theDay, wrong, type TheDay } from "./state";

const OFF: Appointment["status"][] = ["cancelled", "entered-in-error", "proposed", "waitlist"];

const whenOf = (day: string): string =>
  // A local day has no zone: it is said as it is.
  new Intl.DateTimeFormat(language.value, { dateStyle: "full", timeZone: "UTC" }).format(
    new Date(day),
  );

export function VisitsOfDay() {
  const now = place.value;
  const all = practices();
  const practice = useSignal(all[0] ?? "");
  const zone = zoneOf(practice.value);
  const today = onWall(Date.now(), zone).slice(0, 10);
  const shown = now.at === "visits" && now.day !== "" ? now.day : today;
  const day = useSignal(shown);
  const read = (): Promise<void> => loadDay(practice.value, shown, zone);
  useEffect(() => {
    day.value = shown;
  }, [shown]);
  useEffect(() => void read(), [shown, practice.value, stirred.value]);

  const found = theDay.value?.day === shown ? theDay.value : undefined;
  return (
    <main class="page printed" id="main">
      <h2 id="place" tabIndex={-1}>
        {t("day.title")}
      </h2>
      <p class="soft not-printed">{t("day.lead")}</p>
      <form
        class="ask not-printed"
        onSubmit={(event) => {
          event.preventDefault();
          if (day.value === shown) void read();
          else visit({ at: "visits", day: day.value });
        }}
      >
        <nav class="row" aria-label={t("day.day")}>
          <Link to={{ at: "visits", day: daysOn(shown, -1) }} class="button small">
            {t("day.before")}
          </Link>
          <Link to={{ at: "visits", day: today }} class="button small" here={shown === today}>
            {t("day.today")}
          </Link>
          <Link to={{ at: "visits", day: daysOn(shown, 1) }} class="button small">
            {t("day.after")}
          </Link>
        </nav>
        <div class="pair">
          <Field label={t("day.day")} type="date" value={day} />
          {all.length < 2 ? null : (
            <Select label={t("day.practice")} of={all} value={practice} say={practiceName} />
          )}
        </div>
        <div class="row">
          <button type="submit" class="button first">
            {t("day.show")}
          </button>
          <button
            type="button"
            class="button"
            disabled={found === undefined}
            onClick={() => {
              print();
            }}
          >
            {t("day.print")}
          </button>
        </div>
      </form>
      <h3>
        {whenOf(shown)}
        {all.length < 2 ? null : ` · ${practiceName(practice.value)}`}
      </h3>
      <div role="alert">
        {wrong.value === null ? null : (
          <>
            <p class="notice wrong">{wrong.value}</p>
            <button type="button" class="button" onClick={() => void read()}>
              {t("again")}
            </button>
          </>
        )}
      </div>
      {found === undefined && wrong.value === null ? <p class="soft">{t("loading")}</p> : null}
      {found === undefined ? null : <Whole of={found} read={read} />}
      <p class="not-printed">
        <Link to={{ at: "schedules" }}>{t("day.schedules")}</Link>
      </p>
    </main>
  );
}

function Whole({ of, read }: { of: TheDay; read: () => Promise<void> }) {
  const on = of.visits.filter((one) => !OFF.includes(one.status));
  const off = of.visits.filter((one) => OFF.includes(one.status));
  const where = [...new Set(of.visits.map((one) => one.place_id))]
    .map((id) => ({ id, site: places.value.find((one) => one.id === id) }))
    .sort((a, b) => (a.site?.name ?? "~").localeCompare(b.site?.name ?? "~"));
  if (of.visits.length === 0) return <p>{t("day.none")}</p>;
  const ours = zoneOf(of.practice);
  return (
    <>
      <Counts of={on} all={of} />
      {where.map(({ id, site }) => {
        const here = of.visits.filter((one) => one.place_id === id);
        const elsewhere = here.find((one) => differ(one.zone, ours));
        return (
          <section key={id ?? ""} class="part" aria-labelledby={`at-${id ?? ""}`}>
            <h3 id={`at-${id ?? ""}`}>{site?.name ?? t("day.nowhere")}</h3>
            {site === undefined ? null : <p class="soft small">{site.address}</p>}
            {elsewhere === undefined ? null : (
              <p class="small">{t("time.place", { place: placeName(elsewhere.zone) })}</p>
            )}
            <ol class="plans day">
              {here.map((one) => (
                <OneOfDay
                  key={one.id}
                  of={one}
                  rides={of.rides.filter((ride) => ride.appointment_id === one.id)}
                  over={OFF.includes(one.status)}
                  read={read}
                />
              ))}
            </ol>
          </section>
        );
      })}
      {off.length === 0 ? null : <p class="soft small">{t("day.over", { n: off.length })}</p>}
    </>
  );
}

/** What one wants to know before one reads the list; what is nought is not said. */
function Counts({ of, all }: { of: Appointment[]; all: TheDay }) {
  const said = (...answers: Appointment["answer"][]): number =>
    of.filter((one) => answers.includes(one.answer)).length;
  const silent = of.filter((one) => one.status === "booked" && one.answer === "needs-action");
  const alone = of.filter((one) =>
    stranded(one, all.rides.filter((ride) => ride.appointment_id === one.id)),
  );
  const figures = [
    of.length === 1 ? t("day.count.one") : t("day.count", { n: of.length }),
    ...(
      [
        ["day.coming", said("accepted")],
        ["day.unanswered", silent.length],
        ["day.declined", said("declined", "tentative")],
        ["day.stranded", alone.length],
      ] as const
    )
      .filter(([, n]) => n > 0)
      .map(([word, n]) => t(word, { n })),
  ];
  return (
    <ul class="row counts">
      {figures.map((one) => (
        <li key={one} class="standing">
          {one}
        </li>
      ))}
    </ul>
  );
}
