// On which days the practice is closed: a public calendar, and days of its own.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { call, type Schema } from "../../api/call";
import { language } from "../../shared/look";
import { t } from "../../shared/words";
import { attempt, said } from "../desk";
import { Field, Select } from "../fields";
import { At, Check, differences, Form, useEditing } from "./form";
import type { Held } from "./state";

type Said = Schema["HolidaysOut"];
type Own = Schema["OwnDayIn"];

const STATES =
  "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA PR RI SC SD TN TX UT VT VA WA WV WI WY";
const CALENDARS = ["", "US", ...STATES.split(" ").map((one) => `US-${one}`)];

export function Holidays({ of }: { of: Held }) {
  const read = useSignal<Said | undefined>(undefined);
  const path = { practice_id: of.id };
  useEffect(() => {
    void attempt(() => call("get", "/v1/practices/{practice_id}/holidays", { path })).then((found) => {
      read.value = found;
    });
  }, []);
  if (read.value === undefined) return <p class="soft">{t("loading")}</p>;
  return <Year of={of} read={read.value} />;
}

const dayOf = (day: string): string =>
  new Intl.DateTimeFormat(language.value, {
    weekday: "short",
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  }).format(Date.parse(`${day}T00:00:00Z`));

/** Three lists made one: what stands here, with what somebody else added or removed since. */
function together(before: Own[], here: Own[], now: Own[]): Own[] {
  const within = (one: Own, list: Own[]): boolean =>
    list.some((other) => JSON.stringify(other) === JSON.stringify(one));
  const kept = here.filter((one) => !within(one, before) || within(one, now));
  const fresh = now.filter(
    (one) => !within(one, before) && !kept.some((other) => other.day === one.day),
  );
  return [...kept, ...fresh].sort((a, b) => a.day.localeCompare(b.day));
}

function Year({ of, read }: { of: Held; read: Said }) {
  const editing = useEditing();
  const base = useSignal(read);
  const shown = useSignal(read);
  const calendar = useSignal(read.calendar);
  const days = useSignal<Own[]>(read.days);
  const day = useSignal("");
  const name = useSignal("");
  const open = useSignal(false);
  const lacks = useSignal(false);
  const path = { practice_id: of.id };
  // The year that was asked for last is the one that is shown, whatever answer is slow.
  const asked = useRef({ year: read.year, calendar: read.calendar });
  const look = async (year: number): Promise<void> => {
    const query = { year, calendar: calendar.value };
    asked.current = query;
    const found = await attempt(() =>
      call("get", "/v1/practices/{practice_id}/holidays", { path, query }),
    );
    if (found !== undefined && asked.current === query) shown.value = found;
  };
  useEffect(() => calendar.subscribe(() => void look(asked.current.year)), []);
  const add = (): void => {
    lacks.value = day.value === "" || days.value.some((one) => one.day === day.value);
    if (lacks.value) return;
    const own = { day: day.value, name: name.value.trim(), closed: !open.value };
    days.value = [...days.value, own].sort((a, b) => a.day.localeCompare(b.day));
    said.value = t("holidays.added", { day: dayOf(day.value) });
    day.value = name.value = "";
    open.value = false;
  };
  const send = async (): Promise<void> => {
    const body = { calendar: calendar.value, days: days.value };
    const version = base.value.version;
    const done = await editing.save(
      () => call("put", "/v1/practices/{practice_id}/holidays", { path, body, version }),
      t("form.saved"),
      async () => {
        const now = await attempt(() =>
          call("get", "/v1/practices/{practice_id}/holidays", { path }),
        );
        if (now === undefined) return [];
        const labels = { calendar: t("holidays.calendar"), days: t("holidays.own") };
        const found = differences(base.value, now, labels, (value) =>
          Array.isArray(value)
            ? (value as Own[]).map((one) => `${dayOf(one.day)} ${one.name ?? ""}`).join("; ")
            : calendarOf(String(value)),
        );
        // What was not touched here follows; days that somebody added or removed do so in this list.
        if (calendar.value === base.value.calendar) calendar.value = now.calendar;
        days.value = together(base.value.days, days.value, now.days);
        base.value = now;
        return found;
      },
    );
    if (done === undefined) return;
    base.value = done;
    await look(asked.current.year);
  };
  return (
    <>
      <Form
        of={editing}
        label={t("admin.holidays")}
        act={t("form.save")}
        looks={!of.runs}
        send={() => void send()}
      >
        <p class="soft small">{t("holidays.lead")}</p>
        <At name="/calendar" of={editing}>
          <Select
            label={t("holidays.calendar")}
            of={CALENDARS.includes(calendar.value) ? CALENDARS : [...CALENDARS, calendar.value]}
            value={calendar}
            say={calendarOf}
          />
        </At>
        <At name="/days" of={editing} label={t("holidays.own")}>
          <h3>{t("holidays.own")}</h3>
          {days.value.length === 0 ? <p class="soft">{t("holidays.own.none")}</p> : null}
          <ul class="admin-list">
            {days.value.map((one, place) => (
              <li key={one.day}>
                <At name={`/days/${place}`} of={editing} label={dayOf(one.day)}>
                  <span>
                    {dayOf(one.day)}
                    {one.name ? ` · ${one.name}` : ""} ·{" "}
                    {t(one.closed === false ? "holidays.open" : "holidays.closed")}
                  </span>
                  <button
                    type="button"
                    class="button quiet small"
                    onClick={() => {
                      days.value = days.value.filter((other) => other !== one);
                    }}
                  >
                    {t("hours.remove")}
                    <span class="unseen">: {dayOf(one.day)}</span>
                  </button>
                </At>
              </li>
            ))}
          </ul>
          {of.runs ? (
            <div class="inset">
              <div class="pair">
                <Field label={t("holidays.day")} type="date" value={day} />
                <Field label={t("holidays.name")} value={name} most={60} />
              </div>
              <Check label={t("holidays.stays-open")} value={open} />
              <p role="alert" class="missing small">
                {lacks.value ? t("holidays.lacks") : ""}
              </p>
              <button type="button" class="button small" onClick={add}>
                {t("holidays.add")}
              </button>
            </div>
          ) : null}
        </At>
      </Form>
      <section aria-labelledby="closed-days">
        <h3 id="closed-days">{t("holidays.of", { year: shown.value.year })}</h3>
        <p class="soft small">{t("holidays.of.hint")}</p>
        <div class="row">
          {[-1, 1].map((step) => (
            <button
              key={step}
              type="button"
              class="button small"
              onClick={() => void look(shown.value.year + step)}
            >
              {shown.value.year + step}
            </button>
          ))}
        </div>
        <ul class="admin-list">
          {shown.value.closed.map((one) => (
            <li key={one.day}>
              {dayOf(one.day)}
              {one.name === "" ? "" : ` · ${one.name}`}
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

function calendarOf(code: string): string {
  if (code === "") return t("holidays.none");
  return code === "US" ? t("holidays.us") : code.replace("US-", "");
}

