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
  const week = useSignal(
    Object.fromEntries(DAYS.map((day) => [day, spansOf(read.business_hours, day)])),
  );
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
  const send = async (): Promise<void> => {
    const hours = Object.entries(week.value).map(([day, spans]) => [
      day,
      spans.map((one) => [one.begin.value, one.end.value]),
    ]);
    const empty = hours.filter(([, spans]) => (spans as string[][]).flat().includes(""));
    if (empty.length > 0) {
      editing.refuse(
        empty.map(([day]) => ({ at: `/business_hours/${day as string}`, words: t("hours.empty") })),
      );
      return;
    }
    const body = {
      name: name.value,
      texting_name: texting.value,
      support_phone: phone.value,
      time_zone: zone.value.trim(),
      languages: [...(english.value ? ["en" as const] : []), ...(spanish.value ? ["es" as const] : [])],
      texting_hours: window.value.trim(),
      texts_a_day: Math.max(1, Number(daily.value) || 1),
      texts_a_week: Math.max(1, Number(weekly.value) || 1),
      responsible_id: responsible.value,
      business_hours: Object.fromEntries(hours) as Hours,
    };
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
        {DAYS.map((day) => (
          <Day key={day} day={day} week={week} of={editing} />
        ))}
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
          <Field label={labels.texts_a_day} value={daily} most={3} inputMode="numeric" />
        </At>
        <At name="/texts_a_week" of={editing}>
          <Field label={labels.texts_a_week} value={weekly} most={3} inputMode="numeric" />
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
