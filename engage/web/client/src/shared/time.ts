// Moments as a reader says them. `now` ticks, so that clocks on the page do.
import { signal } from "@preact/signals";

import { language } from "./look";

export const now = signal(Date.now());
setInterval(() => {
  now.value = Date.now();
}, 10_000);

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const startOfDay = (at: number): number => new Date(at).setHours(0, 0, 0, 0);

export function clock(moment: string): string {
  return new Intl.DateTimeFormat(language.value, { hour: "numeric", minute: "2-digit" }).format(
    new Date(moment),
  );
}

/** "5:00 PM" today, "Wed 5:00 PM" within a week, else with the date. */
export function when(moment: string): string {
  const at = new Date(moment);
  const days = Math.round((startOfDay(at.getTime()) - startOfDay(now.value)) / DAY);
  if (days === 0) return clock(moment);
  const near = Math.abs(days) < 7;
  const day = new Intl.DateTimeFormat(
    language.value,
    near ? { weekday: "short" } : { month: "short", day: "numeric" },
  ).format(at);
  return `${day} ${clock(moment)}`;
}

export function day(moment: string): string {
  const at = new Date(moment);
  const days = Math.round((startOfDay(at.getTime()) - startOfDay(now.value)) / DAY);
  if (days === 0 || days === -1) {
    const relative = new Intl.RelativeTimeFormat(language.value, { numeric: "auto" });
    const said = relative.format(days, "day");
    return said.charAt(0).toLocaleUpperCase(language.value) + said.slice(1);
  }
  return new Intl.DateTimeFormat(language.value, {
    weekday: "long",
    month: "long",
    day: "numeric",
  }).format(at);
}

/** Minutes until a moment; negative once it is past. */
export function minutesUntil(moment: string): number {
  return (new Date(moment).getTime() - now.value) / MINUTE;
}

/** A span in one unit or two: "12 min", "3 h 20 min", "4 days". */
export function span(minutes: number): string {
  const rest = Math.max(1, Math.round(Math.abs(minutes)));
  const unit = (value: number, name: "minute" | "hour" | "day"): string =>
    new Intl.NumberFormat(language.value, {
      style: "unit",
      unit: name,
      unitDisplay: name === "day" ? "long" : "short",
    }).format(value);
  if (rest < 60) return unit(rest, "minute");
  if (rest < 24 * 60) {
    const hours = Math.floor(rest / 60);
    const left = rest % 60;
    return left === 0 || hours >= 6
      ? unit(Math.round(rest / 60), "hour")
      : `${unit(hours, "hour")} ${unit(left, "minute")}`;
  }
  return unit(Math.round(rest / 60 / 24), "day");
}
