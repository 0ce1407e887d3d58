// Who is here on a day, in the practice's own days: from leave and shifts, without asking anybody.
import type { Zone } from "../../shared/time";
import { moment, onWall } from "../../shared/wall";
import { WEEK, type Colleague, type Leave, type Weekday } from "./state";

const DAY_MS = 86_400_000;

export interface Day {
  /** "2026-11-24" */
  date: string;
  weekday: Weekday;
  start: number;
  end: number;
}

export type OnDay =
  | { is: "here"; shifts: [string, string][] | null }
  | { is: "off" }
  | { is: "away"; leave: Leave; from: string | null; until: string | null };

const later = (date: string, days: number): string =>
  new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10);

const midnight = (date: string, zone: Zone): number =>
  Date.parse(moment(`${date}T00:00`, zone) ?? date);

/** Some days from today on, by the practice's clock. */
export function daysFrom(now: number, zone: Zone, count: number): Day[] {
  const today = onWall(now, zone).slice(0, 10);
  return Array.from({ length: count }, (_, place) => {
    const date = later(today, place);
    return {
      date,
      weekday: WEEK[(new Date(date).getUTCDay() + 6) % 7] ?? "mon",
      start: midnight(date, zone),
      end: midnight(later(date, 1), zone),
    };
  });
}

export function onDay(of: Colleague, day: Day, leave: Leave[]): OnDay {
  const away = leave.find(
    (one) =>
      one.absent_id === of.staff.id &&
      Date.parse(one.from_at) < day.end &&
      Date.parse(one.until_at) > day.start,
  );
  if (away !== undefined) {
    return {
      is: "away",
      leave: away,
      from: Date.parse(away.from_at) > day.start ? away.from_at : null,
      until: Date.parse(away.until_at) < day.end ? away.until_at : null,
    };
  }
  return usual(of, day);
}

function usual(of: Colleague, day: Day): OnDay {
  const hours = of.duty?.hours ?? null;
  if (hours === null) return { is: "here", shifts: null };
  const shifts = (hours[day.weekday] ?? []) as [string, string][];
  return shifts.length === 0 ? { is: "off" } : { is: "here", shifts };
}

/** Whether who covers is away themselves when it begins to count. */
export function coverAway(of: Leave, day: Day, leave: Leave[]): boolean {
  const since = Math.max(Date.parse(of.from_at), day.start);
  return leave.some(
    (one) =>
      one.absent_id === of.cover_id &&
      Date.parse(one.from_at) <= since &&
      Date.parse(one.until_at) > since,
  );
}

/** Nobody is here all that day: because who would be is away, or because nobody has a shift. */
export function gapOn(day: Day, people: Colleague[], leave: Leave[]): "away" | "shift" | null {
  const found = people.map((one) => ({ one, day: onDay(one, day, leave) }));
  const whole = ({ day: of }: { day: OnDay }): boolean =>
    of.is === "away" && of.from === null && of.until === null;
  if (found.some((one) => one.day.is === "here" || (one.day.is === "away" && !whole(one)))) return null;
  return found.some((one) => whole(one) && usual(one.one, day).is === "here") ? "away" : "shift";
}
