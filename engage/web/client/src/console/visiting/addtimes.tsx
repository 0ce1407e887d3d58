// Times by a weekly pattern: on these days of the week, from when until when, so long each.
import { useSignal } from "@preact/signals";

import { call } from "../../api/call";
import { language } from "../../shared/look";
import { onWall } from "../../shared/wall";
import { t } from "../../shared/words";
import { useActing } from "../acting";
import { keyOf, said } from "../desk";
import { Field } from "../fields";
import { Fold } from "../fold";
import { daysOn, type Schedule } from "./state";

const WEEK = [1, 2, 3, 4, 5, 6, 7];
const MOST_TIMES = 96;
/** A Monday: the days of the week are named by the calendar. */
const MONDAY = "2026-01-05";

const weekday = (n: number): string =>
  new Intl.DateTimeFormat(language.value, { weekday: "long", timeZone: "UTC" }).format(
    new Date(daysOn(MONDAY, n - 1)),
  );

/** "09:00", "09:30": from the first until the last of them has ended. */
export function hoursOf(begin: string, end: string, minutes: number): string[] {
  const at = (said: string): number => {
    const [hour, minute] = said.split(":").map(Number);
    return (hour ?? Number.NaN) * 60 + (minute ?? Number.NaN);
  };
  const found: string[] = [];
  const two = (n: number): string => String(n).padStart(2, "0");
  if (!(minutes >= 5)) return found;
  for (let now = at(begin); now + minutes <= at(end) && found.length < MOST_TIMES; now += minutes) {
    found.push(`${two(Math.floor(now / 60))}:${two(now % 60)}`);
  }
  return found;
}

export function AddTimes({ of, read }: { of: Schedule; read: () => Promise<void> }) {
  const tomorrow = daysOn(onWall(Date.now(), of.zone).slice(0, 10), 1);
  const from = useSignal(tomorrow);
  const until = useSignal(daysOn(tomorrow, 27));
  const days = useSignal<number[]>([1, 2, 3, 4, 5]);
  const begin = useSignal("09:00");
  const end = useSignal("12:00");
  const minutes = useSignal("30");
  const lacks = useSignal(false);
  const acting = useActing(read);
  const save = async (): Promise<boolean> => {
    const times = hoursOf(begin.value, end.value, Number(minutes.value));
    lacks.value = times.length === 0 || from.value === "" || until.value === "" || days.value.length === 0;
    if (lacks.value) return false;
    const body = {
      from_day: from.value,
      until_day: until.value,
      weekdays: days.value,
      times,
      minutes: Number(minutes.value),
    };
    const made = await acting.act(() =>
      call("post", "/v1/schedules/{schedule_id}/slots", {
        path: { schedule_id: of.id },
        body,
        key: keyOf(`times ${of.id} ${of.version} ${JSON.stringify(body)}`),
      }),
    );
    if (made === undefined) return false;
    said.value = t("times.added", { n: made.items.length });
    await read();
    return true;
  };
  return (
    <Fold
      title={t("times.add")}
      act={t("times.add.do")}
      acting={acting}
      lacks={lacks.value ? t("times.lacks") : null}
      save={save}
    >
      <div class="pair">
        <Field label={t("times.from")} type="date" value={from} needed />
        <Field label={t("times.until")} type="date" value={until} needed />
      </div>
      <fieldset>
        <legend class="label">{t("times.weekdays")}</legend>
        <div class="row">
          {WEEK.map((one) => (
            <label key={one} class="choice">
              <input
                type="checkbox"
                checked={days.value.includes(one)}
                onChange={(event) => {
                  const others = days.value.filter((each) => each !== one);
                  days.value = event.currentTarget.checked ? [...others, one].sort() : others;
                }}
              />
              <span>{weekday(one)}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <div class="pair">
        <Field label={t("times.begin")} type="time" value={begin} needed />
        <Field label={t("times.end")} type="time" value={end} needed />
        <Field label={t("times.minutes")} value={minutes} inputMode="numeric" most={3} needed />
      </div>
    </Fold>
  );
}
