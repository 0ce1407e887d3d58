// Moments as one says them at a kitchen table: by the clock of the person they are about.
import { signal } from "@preact/signals";

import { language } from "../shared/look";

export const now = signal(Date.now());
setInterval(() => {
  now.value = Date.now();
}, 20_000);

const DAY = 86_400_000;

function said(at: string | number, zone: string | undefined, parts: Intl.DateTimeFormatOptions): string {
  const asked = zone === undefined ? parts : { ...parts, timeZone: zone };
  return new Intl.DateTimeFormat(language.value === "es" ? "es-US" : "en-US", asked).format(new Date(at));
}

function dayNumber(at: number, zone: string | undefined): number {
  const parts: Intl.DateTimeFormatOptions = { year: "numeric", month: "2-digit", day: "2-digit" };
  const asked = zone === undefined ? parts : { ...parts, timeZone: zone };
  return Date.parse(`${new Intl.DateTimeFormat("en-CA", asked).format(at)}T00:00:00Z`) / DAY;
}

const daysAway = (at: string, zone?: string): number =>
  dayNumber(Date.parse(at), zone) - dayNumber(now.value, zone);

const capital = (words: string): string => words.charAt(0).toLocaleUpperCase(language.value) + words.slice(1);

export const clock = (at: string, zone?: string): string => said(at, zone, { hour: "numeric", minute: "2-digit" });

/** "Tuesday, November 24" */
export const day = (at: string, zone?: string): string =>
  capital(said(at, zone, { weekday: "long", month: "long", day: "numeric" }));

/** "Today", "Tomorrow", "In 3 days", "Yesterday"; nothing beyond a week. */
export function near(at: string, zone?: string): string {
  const days = daysAway(at, zone);
  if (Math.abs(days) > 7) return "";
  return capital(new Intl.RelativeTimeFormat(language.value, { numeric: "auto" }).format(days, "day"));
}

/** "9:00 AM" of today, "Tue 9:00 AM" within a week, "Nov 2, 9:00 AM" beyond. */
export function brief(at: string, zone?: string): string {
  const days = Math.abs(daysAway(at, zone));
  if (days === 0) return clock(at, zone);
  const date: Intl.DateTimeFormatOptions = days < 7 ? { weekday: "short" } : { month: "short", day: "numeric" };
  return capital(said(at, zone, { ...date, hour: "numeric", minute: "2-digit" }));
}

/** The parts of a leaf of a calendar. */
export const leaf = (at: string, zone?: string): { month: string; date: string; weekday: string } => ({
  month: said(at, zone, { month: "short" }).replace(".", ""),
  date: said(at, zone, { day: "numeric" }),
  weekday: said(at, zone, { weekday: "short" }).replace(".", ""),
});

/** A day without an hour. */
export const dateOf = (date: string): string =>
  said(`${date}T12:00:00Z`, "UTC", { weekday: "short", month: "short", day: "numeric" });
