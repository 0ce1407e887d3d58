// Choosing a free time: a schedule, some days of it, one time. What somebody else takes meanwhile is
// said, and the list is read anew.
import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";

import { call } from "../../api/call";
import { language } from "../../shared/look";
import { clock, dateOf, now } from "../../shared/time";
import { moment, onWall } from "../../shared/wall";
import { t } from "../../shared/words";
import { attempt, zoneOf } from "../desk";
import { Select } from "../fields";
import { daysOn, loadSchedules, schedules, whole, type Schedule, type Slot } from "./state";

const DAYS = 7;

export interface Times {
  mine: Schedule[] | undefined;
  schedule: Signal<string>;
  /** The first of the days that are shown. */
  from: Signal<string>;
  slots: Signal<Slot[] | undefined>;
  chosen: Signal<string | null>;
  /** Of the chosen time: what is free again is another request. */
  version: () => number | undefined;
  read: () => Promise<void>;
}

/** The schedules in use of a practice, and some days of one of them. */
export function useTimes(practice: string, preferred: string | null = null, of?: Schedule): Times {
  const mine =
    of === undefined
      ? schedules.value?.filter((one) => one.active && one.practice_id === practice)
      : [of];
  const schedule = useSignal(of?.id ?? preferred ?? "");
  const from = useSignal(onWall(Date.now(), of?.zone ?? zoneOf(practice)).slice(0, 10));
  const slots = useSignal<Slot[] | undefined>(undefined);
  const chosen = useSignal<string | null>(null);
  const known = mine?.some((one) => one.id === schedule.value) ?? false;
  useEffect(() => {
    if (schedules.value === undefined) void loadSchedules();
  }, []);
  useEffect(() => {
    if (mine !== undefined && !known) schedule.value = mine[0]?.id ?? "";
  }, [mine?.length, known]);
  const read = async (): Promise<void> => {
    const one = mine?.find((each) => each.id === schedule.value);
    if (one === undefined) return;
    const query = {
      schedule: one.id,
      from: moment(`${from.value}T00:00`, one.zone) ?? "",
      to: moment(`${daysOn(from.value, DAYS)}T00:00`, one.zone) ?? "",
      limit: 100,
    };
    const found = await attempt(() =>
      whole((more) => call("get", "/v1/slots", { query: { ...query, ...more } })),
    );
    if (found === undefined || schedule.value !== one.id) return;
    slots.value = found.filter((each) => each.status !== "entered-in-error");
    if (!found.some((each) => each.id === chosen.value && isOpen(each))) chosen.value = null;
  };
  useEffect(() => {
    slots.value = undefined;
    void read();
  }, [schedule.value, from.value, known]);
  const version = () => slots.value?.find((each) => each.id === chosen.value)?.version;
  return { mine, schedule, from, slots, chosen, version, read };
}

/** Free, or offered to somebody who has had their minutes. */
export function isOpen(one: Slot): boolean {
  if (Date.parse(one.starts_at) <= now.value) return false;
  const lapsed = one.held_until !== null && Date.parse(one.held_until) <= now.value;
  return one.status === "free" || (one.status === "busy-tentative" && lapsed);
}

/** By the local day, as the clock of the schedule says. */
export function byDay(some: Slot[], zone: string): [string, Slot[]][] {
  const days = new Map<string, Slot[]>();
  for (const one of some) {
    const day = onWall(Date.parse(one.starts_at), zone).slice(0, 10);
    days.set(day, [...(days.get(day) ?? []), one]);
  }
  return [...days];
}

export const dayName = (day: string): string =>
  new Intl.DateTimeFormat(language.value, {
    weekday: "long",
    month: "short",
    day: "numeric",
    timeZone: "UTC",
  }).format(new Date(day));

/** Which days are shown, and the way to others. */
export function Days({ of, word }: { of: Times; word: "slot.week" | "times.week" }) {
  const to = (days: number) => () => {
    of.from.value = daysOn(of.from.value, days);
  };
  return (
    <div class="row">
      <strong aria-live="polite">
        {t(word, { from: dateOf(of.from.value), to: dateOf(daysOn(of.from.value, DAYS - 1)) })}
      </strong>
      <button type="button" class="button small" onClick={to(-DAYS)}>
        {t("slot.earlier")}
      </button>
      <button type="button" class="button small" onClick={to(DAYS)}>
        {t("slot.later")}
      </button>
    </div>
  );
}

/** The fields of a form that asks for a free time. */
export function Choosing({ of }: { of: Times }) {
  const name = useId();
  const one = of.mine?.find((each) => each.id === of.schedule.value);
  if (of.mine === undefined) return <p class="soft">{t("loading")}</p>;
  if (one === undefined) return <p>{t("slot.schedules.none")}</p>;
  const open = of.slots.value?.filter(isOpen);
  return (
    <>
      <Select
        label={t("slot.schedule")}
        of={of.mine.map((each) => each.id)}
        value={of.schedule}
        say={(id) => of.mine?.find((each) => each.id === id)?.name ?? ""}
      />
      <Days of={of} word="slot.week" />
      {open === undefined ? <p class="soft">{t("loading")}</p> : null}
      {open?.length === 0 ? <p>{t("slot.none")}</p> : null}
      {byDay(open ?? [], one.zone).map(([day, slots]) => (
        <fieldset key={day}>
          <legend class="label">{dayName(day)}</legend>
          <div class="row">
            {slots.map((each) => (
              <label key={each.id} class="choice time">
                <input
                  type="radio"
                  name={name}
                  checked={of.chosen.value === each.id}
                  onChange={() => {
                    of.chosen.value = each.id;
                  }}
                />
                <span>{clock(each.starts_at, one.zone)}</span>
              </label>
            ))}
          </div>
        </fieldset>
      ))}
    </>
  );
}
