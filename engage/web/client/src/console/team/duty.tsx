// What is written of somebody's work: shifts, how much they should hold, the languages they speak.
import { useSignal, type Signal } from "@preact/signals";

import { call, type Schema } from "../../api/call";
import { language } from "../../shared/look";
import { named, t } from "../../shared/words";
import { useActing } from "../acting";
import { Field } from "../fields";
import { Fold } from "../fold";
import { shiftOf } from "./calendar";
import { Part } from "./part";
import { colleagues, full, practice, read, WEEK, type Colleague, type Hours, type Weekday } from "./state";

type Spoken = NonNullable<Schema["DutyIn"]["languages"]>[number];
const LANGUAGES: Spoken[] = ["en", "es"];
const SHIFT = /^([01]\d|2[0-3]):[0-5]\d\s*[-–]\s*([01]\d|2[0-3]):[0-5]\d$/;
/** A Monday. */
const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;

const dayName = (one: Weekday): string => {
  const at = MONDAY + WEEK.indexOf(one) * DAY_MS;
  const name = new Intl.DateTimeFormat(language.value, { weekday: "long", timeZone: "UTC" }).format(at);
  return name.charAt(0).toLocaleUpperCase(language.value) + name.slice(1);
};

export function Duties() {
  return (
    <Part id="duty" title={t("duty.title")} lead={t("duty.lead")}>
      <ul class="listed">
        {(colleagues.value ?? []).map((one) => (
          <One key={`${one.staff.id} ${one.duty?.version ?? 0}`} of={one} />
        ))}
      </ul>
    </Part>
  );
}

function words({ duty }: Colleague): string {
  const hours = duty?.hours ?? null;
  const week =
    hours === null
      ? t("duty.always.short")
      : WEEK.filter((day) => (hours[day] ?? []).length > 0)
          .map((day) => `${dayName(day)} ${shifts(hours, day).map(shiftOf).join(", ")}`)
          .join("; ") || t("here.day.off");
  const most = duty?.capacity == null ? t("duty.any") : String(duty.capacity);
  const spoken = (duty?.languages ?? []).map((one) => named("language", one)).join(", ");
  return [week, `${t("duty.capacity")}: ${most}`, spoken].filter(Boolean).join(" · ");
}

const shifts = (hours: Hours, day: Weekday): [string, string][] =>
  (hours[day] ?? []) as [string, string][];

/** "08:00-12:00, 13:00-17:00"; null for what is no such thing. */
function readShifts(line: string): [string, string][] | null {
  const parts = line.split(",").map((one) => one.trim());
  if (line.trim() === "") return [];
  if (!parts.every((one) => SHIFT.test(one))) return null;
  return parts.map((one) => one.split(/\s*[-–]\s*/) as [string, string]);
}

function One({ of }: { of: Colleague }) {
  const acting = useActing(read);
  const hours = of.duty?.hours ?? null;
  const always = useSignal(hours === null);
  const days = Object.fromEntries(
    WEEK.map((day) => [
      day,
      // Seven days, always in this order.
      useSignal(
        hours === null ? "" : shifts(hours, day).map(([a, b]) => `${a}-${b}`).join(", "),
      ),
    ]),
  ) as Record<Weekday, Signal<string>>;
  const capacity = useSignal(String(of.duty?.capacity ?? ""));
  const spoken = useSignal<readonly string[]>(of.duty?.languages ?? []);
  const lacks = useSignal(false);
  const save = async (): Promise<boolean> => {
    const week = WEEK.map((day) => [day, readShifts(days[day].value)] as const);
    lacks.value = !always.value && week.some(([, read]) => read === null);
    if (lacks.value) return false;
    const body = {
      hours: always.value
        ? null
        : (Object.fromEntries(week.filter(([, read]) => (read ?? []).length > 0)) as Hours),
      // What is no number is refused by the server, in words.
      capacity: capacity.value.trim() === "" ? null : Number(capacity.value),
      languages: LANGUAGES.filter((one) => spoken.value.includes(one)),
      practice_id: practice.value,
    };
    const path = { staff_id: of.staff.id };
    const done = await acting.act(
      () => call("put", "/v1/staff/{staff_id}/duty", { path, body, version: of.duty?.version ?? 0 }),
      t("duty.saved"),
    );
    if (done === undefined) return false;
    await read();
    return true;
  };
  return (
    <li>
      <p>
        <strong>{full(of.staff)}</strong>
      </p>
      <p class="small">{words(of)}</p>
      <Fold
        title={t("duty.change", { name: full(of.staff) })}
        act={t("duty.save")}
        acting={acting}
        lacks={lacks.value ? t("duty.hours.wrong") : null}
        save={save}
      >
        <label class="choice">
          <input
            type="checkbox"
            checked={always.value}
            onChange={(event) => {
              always.value = event.currentTarget.checked;
            }}
          />
          <span>{t("duty.always")}</span>
        </label>
        {always.value ? null : (
          <>
            <p class="soft small">{t("duty.hours.hint")}</p>
            <div class="pair">
              {WEEK.map((day) => (
                <Field
                  key={day}
                  label={t("duty.hours", { day: dayName(day) })}
                  value={days[day]}
                  most={80}
                />
              ))}
            </div>
          </>
        )}
        <Field
          label={t("duty.capacity")}
          value={capacity}
          inputMode="numeric"
          most={4}
          hint={t("duty.capacity.hint")}
        />
        <fieldset>
          <legend class="label">{t("duty.languages")}</legend>
          {LANGUAGES.map((one) => (
            <label key={one} class="choice">
              <input
                type="checkbox"
                checked={spoken.value.includes(one)}
                onChange={(event) => {
                  spoken.value = event.currentTarget.checked
                    ? [...spoken.value, one]
                    : spoken.value.filter((other) => other !== one);
                }}
              />
              <span>{named("language", one)}</span>
            </label>
          ))}
        </fieldset>
      </Fold>
    </li>
  );
}
