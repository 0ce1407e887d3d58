// Names, hours, limits, and who is responsible.
import { signal, useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { call, type Schema } from "../../api/call";
import { t } from "../../shared/words";
import { attempt } from "../desk";
import { Field, Select } from "../fields";
import { At, Check, differences, Form, useEditing, type Editing } from "./form";
import { here, nameOf, people, type Held } from "./state";

type Practice = Schema["PracticeOut"];
type Hours = Practice["business_hours"];
type Change = Omit<Practice, "id" | "version" | "numbers">;

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

export function Practice({ of }: { of: Held }) {
  const read = useSignal<Practice | undefined>(undefined);
  const path = { practice_id: of.id };
  useEffect(() => {
    void attempt(() => call("get", "/v1/practices/{practice_id}", { path })).then((found) => {
      read.value = found;
    });
  }, []);
  // Who may be responsible is part of the form.
  if (read.value === undefined || people.value.length === 0) {
    return <p class="soft">{t("loading")}</p>;
  }
  return <Said of={of} read={read.value} />;
}

interface Span {
  begin: Signal<string>;
  end: Signal<string>;
}

const spanOf = (begin: string, end: string): Span => ({ begin: signal(begin), end: signal(end) });

const spansOf = (hours: Hours, day: string): Span[] =>
  (hours[day] ?? []).map(([begin = "", end = ""]) => spanOf(begin, end));

const weekOf = (hours: Hours): Record<string, Span[]> =>
  Object.fromEntries(DAYS.map((day) => [day, spansOf(hours, day)]));

/** The same days in the same order, so that what is equal looks equal. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return [...(value as string[])].sort();
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).sort(([a], [b]) => a.localeCompare(b));
}

function Said({ of, read }: { of: Held; read: Practice }) {
  const editing = useEditing();
  const base = useSignal(read);
  const name = useSignal(read.name);
  const texting = useSignal(read.texting_name);
  const phone = useSignal(read.support_phone);
  const zone = useSignal(read.time_zone);
  const english = useSignal(read.languages.includes("en"));
  const spanish = useSignal(read.languages.includes("es"));
  const responsible = useSignal(read.responsible_id);
  const daily = useSignal(String(read.texts_a_day));
  const weekly = useSignal(String(read.texts_a_week));
  const window = useSignal(read.texting_hours);
  const week = useSignal(weekOf(read.business_hours));
  const labels = {
    name: t("practice.name"),
    texting_name: t("practice.texting"),
    support_phone: t("practice.phone"),
    time_zone: t("practice.zone"),
    business_hours: t("practice.hours"),
    languages: t("practice.languages"),
    texting_hours: t("practice.window"),
    texts_a_day: t("practice.daily"),
    texts_a_week: t("practice.weekly"),
    responsible_id: t("practice.responsible"),
  };
  const path = { practice_id: of.id };
  const hoursOf = (): Hours =>
    Object.fromEntries(
      DAYS.map((day) => [day, week.value[day] ?? []] as const)
        .filter(([, spans]) => spans.length > 0)
        .map(([day, spans]) => [day, spans.map((one) => [one.begin.value, one.end.value])]),
    );
  /** What stands in the form, and how another value is put there. */
  const fields: { [K in keyof Change]-?: [() => Practice[K], (now: Practice) => void] } = {
    name: [() => name.value, (now) => (name.value = now.name)],
    texting_name: [() => texting.value, (now) => (texting.value = now.texting_name)],
    support_phone: [() => phone.value, (now) => (phone.value = now.support_phone)],
    time_zone: [() => zone.value.trim(), (now) => (zone.value = now.time_zone)],
    languages: [
      () => [...(english.value ? ["en" as const] : []), ...(spanish.value ? ["es" as const] : [])],
      (now) => {
        english.value = now.languages.includes("en");
        spanish.value = now.languages.includes("es");
      },
    ],
    texting_hours: [() => window.value.trim(), (now) => (window.value = now.texting_hours)],
    texts_a_day: [() => Number(daily.value), (now) => (daily.value = String(now.texts_a_day))],
    texts_a_week: [() => Number(weekly.value), (now) => (weekly.value = String(now.texts_a_week))],
    responsible_id: [() => responsible.value, (now) => (responsible.value = now.responsible_id)],
    business_hours: [
      hoursOf,
      (now) => {
        week.value = weekOf(now.business_hours);
      },
    ],
  };
  const names = Object.keys(fields) as (keyof Change)[];
  const touched = (one: keyof Change): boolean =>
    JSON.stringify(sorted(fields[one][0]())) !== JSON.stringify(sorted(base.value[one]));
  const send = async (): Promise<void> => {
    const empty = Object.entries(hoursOf()).filter(([, spans]) => spans.flat().includes(""));
    if (empty.length > 0) {
      editing.refuse(
        empty.map(([day]) => ({ at: `/business_hours/${day}`, words: t("hours.empty") })),
      );
      return;
    }
    // Only what was touched: what somebody else changed is not set back.
    const body = Object.fromEntries(
      names.filter(touched).map((one) => [one, fields[one][0]()]),
    ) as Schema["PracticeChangeIn"];
    const version = base.value.version;
    const done = await editing.save(
      () => call("patch", "/v1/practices/{practice_id}", { path, body, version }),
      t("form.saved"),
      async () => {
        const now = await attempt(() => call("get", "/v1/practices/{practice_id}", { path }));
        if (now === undefined) return [];
        const found = differences(base.value, now, labels, (value) =>
          typeof value === "string" && value === now.responsible_id ? nameOf(value) : sayOf(value),
        );
        for (const one of names) if (!touched(one)) fields[one][1](now);
        base.value = now;
        return found;
      },
    );
    if (done !== undefined) base.value = done;
  };
  const able = here(of.id).filter((one) => one.active && one.roles.length > 0);
  const ids = [...new Set([responsible.value, ...able.map((one) => one.staff.id)])];
  return (
    <Form
      of={editing}
      label={t("admin.practice")}
      act={t("form.save")}
      looks={!of.runs}
      send={() => void send()}
    >
      <At name="/name" of={editing}>
        <Field label={labels.name} value={name} most={120} needed />
      </At>
      <At name="/texting_name" of={editing}>
        <Field label={labels.texting_name} value={texting} most={30} hint={t("practice.texting.hint")} />
      </At>
      <At name="/support_phone" of={editing}>
        <Field label={labels.support_phone} value={phone} most={40} hint={t("practice.phone.hint")} />
      </At>
      <p class="soft small">{t("practice.numbers", { numbers: read.numbers.join(", ") })}</p>
      <At name="/responsible_id" of={editing}>
        <Select label={labels.responsible_id} of={ids} value={responsible} say={nameOf} />
      </At>
      <At name="/time_zone" of={editing}>
        <Field label={labels.time_zone} value={zone} most={60} hint={t("practice.zone.hint")} />
      </At>
      <At name="/business_hours" of={editing} label={labels.business_hours}>
        <h3>{labels.business_hours}</h3>
        <p class="soft small">{t("practice.hours.hint")}</p>
        <div class="admin-week">
          {DAYS.map((day) => (
            <Day key={day} day={day} week={week} of={editing} />
          ))}
        </div>
      </At>
      <At name="/languages" of={editing} label={labels.languages}>
        <fieldset>
          <legend class="label">{labels.languages}</legend>
          <Check label={t("language.en")} value={english} />
          <Check label={t("language.es")} value={spanish} />
        </fieldset>
      </At>
      <At name="/texting_hours" of={editing}>
        <Field label={labels.texting_hours} value={window} most={11} hint={t("practice.window.hint")} />
      </At>
      <div class="pair">
        <At name="/texts_a_day" of={editing}>
          <Field label={labels.texts_a_day} value={daily} most={4} inputMode="numeric" />
        </At>
        <At name="/texts_a_week" of={editing}>
          <Field label={labels.texts_a_week} value={weekly} most={4} inputMode="numeric" />
        </At>
      </div>
    </Form>
  );
}

function sayOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value === "object" && value !== null) {
    return Object.entries(value as Hours)
      .map(([day, spans]) => `${t(`day.${day as "mon"}`)} ${spans.map((one) => one.join("–")).join(", ")}`)
      .join("; ");
  }
  return String(value);
}

interface OfDay {
  day: (typeof DAYS)[number];
  week: Signal<Record<string, Span[]>>;
  of: Editing;
}

function Day({ day, week, of }: OfDay) {
  const spans = week.value[day] ?? [];
  const set = (now: Span[]): void => {
    week.value = { ...week.value, [day]: now };
  };
  const name = t(`day.${day}`);
  return (
    <At name={`/business_hours/${day}`} of={of} label={name}>
      <fieldset class="admin-day">
        <legend class="label">{name}</legend>
        {spans.length === 0 ? <p class="soft">{t("hours.closed")}</p> : null}
        {spans.map((one, place) => (
          <div class="row" key={place}>
            <Field label={t("hours.from")} type="time" value={one.begin} />
            <Field label={t("hours.to")} type="time" value={one.end} />
            <button
              type="button"
              class="button quiet small"
              onClick={() => {
                set(spans.filter((other) => other !== one));
              }}
            >
              {t("hours.remove")}
              <span class="unseen">
                : {name} {place + 1}
              </span>
            </button>
          </div>
        ))}
        {spans.length >= 6 ? null : (
          <button
            type="button"
            class="button quiet small"
            onClick={() => {
              set([...spans, spans.length === 0 ? spanOf("09:00", "17:00") : spanOf("", "")]);
            }}
          >
            {t("hours.add")}
            <span class="unseen">: {name}</span>
          </button>
        )}
      </fieldset>
    </At>
  );
}
