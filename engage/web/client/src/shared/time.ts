// Moments as a reader says them, by the clock of the practice (or of the phone) and not by that of
// the browser: who works from elsewhere must read the same "due" as a colleague in the practice.
// `now` ticks, so that what the page says of time stays true.
import { signal } from "@preact/signals";

import { language } from "./look";
import { t } from "./words";

/** An IANA zone; undefined is the browser's own. */
export type Zone = string | undefined;

export const now = signal(Date.now());
setInterval(() => {
  now.value = Date.now();
}, 10_000);

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function said(at: number, zone: Zone, parts: Intl.DateTimeFormatOptions): string {
  const asked = zone === undefined ? parts : { ...parts, timeZone: zone };
  return new Intl.DateTimeFormat(language.value, asked).format(at);
}

/** The day of a moment in a zone, as a number that grows by one each day. */
function dayNumber(at: number, zone: Zone): number {
  const parts: Intl.DateTimeFormatOptions = { year: "numeric", month: "2-digit", day: "2-digit" };
  const date = new Intl.DateTimeFormat(
    "en-CA",
    zone === undefined ? parts : { ...parts, timeZone: zone },
  ).format(at);
  return Date.parse(`${date}T00:00:00Z`) / DAY;
}

function daysAway(moment: string, zone: Zone): number {
  return dayNumber(Date.parse(moment), zone) - dayNumber(now.value, zone);
}

export const isToday = (moment: string, zone: Zone): boolean => daysAway(moment, zone) === 0;

/** "2:05 PM" */
export function clock(moment: string, zone: Zone): string {
  return said(Date.parse(moment), zone, { hour: "numeric", minute: "2-digit" });
}

/** "today 2:05 PM", "Tue 2:05 PM" within a week, "Tue, Nov 24, 2:05 PM" beyond. */
export function when(moment: string, zone: Zone): string {
  const days = daysAway(moment, zone);
  if (days === 0) return t("time.today", { clock: clock(moment, zone) });
  const near: Intl.DateTimeFormatOptions = { weekday: "short" };
  const far: Intl.DateTimeFormatOptions = { weekday: "short", month: "short", day: "numeric" };
  const day = said(Date.parse(moment), zone, Math.abs(days) < 7 ? near : far);
  return `${day}${Math.abs(days) < 7 ? "" : ","} ${clock(moment, zone)}`;
}

/** "just now", "3 min ago", "2 h ago"; from half a day on, when it was. */
export function ago(moment: string, zone: Zone): string {
  const minutes = -minutesUntil(moment);
  if (minutes < 1) return t("time.now");
  return minutes < 12 * 60 ? t("time.ago", { span: span(minutes) }) : when(moment, zone);
}

/** Everything there is to say of a moment, with its zone. */
export function whole(moment: string, zone: Zone): string {
  return said(Date.parse(moment), zone, {
    weekday: "long",
    month: "long",
    day: "numeric",
    year: "numeric",
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
  });
}

export function day(moment: string, zone: Zone): string {
  const days = daysAway(moment, zone);
  if (days === 0 || days === -1) {
    const relative = new Intl.RelativeTimeFormat(language.value, { numeric: "auto" });
    return capital(relative.format(days, "day"));
  }
  return said(Date.parse(moment), zone, { weekday: "long", month: "long", day: "numeric" });
}

/** Whether two clocks show another time now: then a page must say whose it shows. */
export function differ(zone: Zone, other: Zone): boolean {
  const minute: Intl.DateTimeFormatOptions = { weekday: "short", hour: "numeric", minute: "2-digit" };
  return said(now.value, zone, minute) !== said(now.value, other, minute);
}

/** "Phoenix" of "America/Phoenix". */
export function place(zone: string): string {
  return (zone.split("/").at(-1) ?? zone).replaceAll("_", " ");
}

/** Minutes until a moment; negative once it is past. */
export function minutesUntil(moment: string): number {
  return (Date.parse(moment) - now.value) / MINUTE;
}

/** A span in one unit or two: "12 min", "3 hr 20 min", "4 days". */
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

export function capital(words: string): string {
  return words.charAt(0).toLocaleUpperCase(language.value) + words.slice(1);
}

/** A day without an hour: "Nov 24, 2026". */
export function dateOf(date: string): string {
  const parts: Intl.DateTimeFormatOptions = { dateStyle: "medium", timeZone: "UTC" };
  return new Intl.DateTimeFormat(language.value, parts).format(new Date(date));
}
