// Who is here, day by day: a grid where there is room, a list where there is none; the same words.
import { useSignal } from "@preact/signals";

import { language } from "../../shared/look";
import { clock, now } from "../../shared/time";
import { t } from "../../shared/words";
import { coverAway, daysFrom, gapOn, onDay, type Day, type OnDay } from "./days";
import { narrow } from "./narrow";
import { Part } from "./part";
import { colleagues, full, here, leave, nameOf, type Colleague } from "./state";

const WEEK_DAYS = 7;

export function Calendar() {
  const weeks = useSignal(1);
  const days = daysFrom(now.value, here(), weeks.value * WEEK_DAYS);
  return (
    <Part id="here" title={t("here.title")}>
      <div class="row" role="group" aria-label={t("here.span")}>
        {([1, 4] as const).map((count) => (
          <button
            key={count}
            type="button"
            class="button small"
            aria-pressed={weeks.value === count}
            onClick={() => {
              weeks.value = count;
            }}
          >
            {t(count === 1 ? "here.week" : "here.weeks")}
          </button>
        ))}
      </div>
      {narrow.value ? (
        <ol class="listed days">
          {days.map((day) => (
            <OneDay key={day.date} of={day} />
          ))}
        </ol>
      ) : (
        Array.from({ length: weeks.value }, (_, week) => (
          <Week key={week} of={days.slice(week * WEEK_DAYS, (week + 1) * WEEK_DAYS)} />
        ))
      )}
    </Part>
  );
}

const said = (day: Day, parts: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(language.value, { ...parts, timeZone: "UTC" }).format(new Date(day.date));

function Week({ of }: { of: Day[] }) {
  const first = of[0];
  if (first === undefined) return null;
  const name = t("here.week.of", { day: said(first, { day: "numeric", month: "long" }) });
  return (
    <div class="wide-table week" role="region" aria-label={name} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("team.person")}</th>
            {of.map((day) => (
              <th key={day.date} scope="col">
                <time dateTime={day.date}>
                  {said(day, { weekday: "short", day: "numeric", month: "short" })}
                </time>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {(colleagues.value ?? []).map((one) => (
            <tr key={one.staff.id}>
              <th scope="row">{full(one.staff)}</th>
              {of.map((day) => (
                <Cell key={day.date} of={one} day={day} />
              ))}
            </tr>
          ))}
          <tr class="gaps">
            <th scope="row">{t("here.gaps")}</th>
            {of.map((day) => (
              <td key={day.date}>
                <Gap of={day} />
              </td>
            ))}
          </tr>
        </tbody>
      </table>
    </div>
  );
}

function Cell({ of, day }: { of: Colleague; day: Day }) {
  const found = onDay(of, day, leave.value);
  return (
    <td class={`on-${found.is}`}>
      <Words of={found} day={day} />
    </td>
  );
}

function Words({ of, day }: { of: OnDay; day: Day }) {
  switch (of.is) {
    case "here":
      return <>{of.shifts === null ? t("here.day.all") : of.shifts.map(shiftOf).join(", ")}</>;
    case "off":
      return <span class="soft">{t("here.day.off")}</span>;
    case "away": {
      const away = coverAway(of.leave, day, leave.value);
      const name = nameOf(of.leave.cover_id);
      return (
        <>
          <strong>{awayOf(of)}</strong>{" "}
          <span class={away ? "over" : ""}>
            {t(away ? "here.covers.away" : "here.covers", { name })}
          </span>
        </>
      );
    }
  }
}

function awayOf({ from, until }: { from: string | null; until: string | null }): string {
  const zone = here();
  if (from !== null && until !== null) {
    return t("here.day.between", { from: clock(from, zone), until: clock(until, zone) });
  }
  if (from !== null) return t("here.day.from", { at: clock(from, zone) });
  return until === null ? t("here.day.away") : t("here.day.until", { at: clock(until, zone) });
}

/** "8:00 AM – 5:00 PM" of a shift by the practice's own clock. */
export const shiftOf = ([begin, end]: [string, string]): string =>
  `${clock(`2000-01-01T${begin}:00Z`, "UTC")} – ${clock(`2000-01-01T${end}:00Z`, "UTC")}`;

function Gap({ of }: { of: Day }) {
  const gap = gapOn(of, colleagues.value ?? [], leave.value);
  if (gap === null) return <span class="soft">{t("here.gap.none")}</span>;
  if (gap === "shift") return <span>{t("here.gap.shift")}</span>;
  return <strong class="over">{t("here.gap")}</strong>;
}

function OneDay({ of }: { of: Day }) {
  const people = (colleagues.value ?? [])
    .map((one) => ({ one, found: onDay(one, of, leave.value) }))
    .filter(({ found }) => found.is !== "here");
  const gap = gapOn(of, colleagues.value ?? [], leave.value);
  return (
    <li>
      <p>
        <strong>{said(of, { weekday: "long", day: "numeric", month: "long" })}</strong>
      </p>
      {people.map(({ one, found }) => (
        <p key={one.staff.id} class="small">
          {full(one.staff)}: <Words of={found} day={of} />
        </p>
      ))}
      {gap === null ? (
        <p class="soft small">{t(people.length === 0 ? "here.everybody" : "here.others")}</p>
      ) : (
        <Gap of={of} />
      )}
    </li>
  );
}
