// What a wall clock shows in a zone, as the fields of a form have it, and the moment it means.
import type { Zone } from "./time";

/** "2026-11-24T14:05" of a moment, by a zone's clock. */
export function onWall(at: number, zone: Zone): string {
  const parts = new Intl.DateTimeFormat("en-CA", {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...(zone === undefined ? {} : { timeZone: zone }),
  }).formatToParts(at);
  const of = (type: string): string => parts.find((one) => one.type === type)?.value ?? "";
  return `${of("year")}-${of("month")}-${of("day")}T${of("hour")}:${of("minute")}`;
}

/** The moment at which a zone's clock shows this; null for what is no moment. */
export function moment(wall: string, zone: Zone): string | null {
  const shown = Date.parse(`${wall}Z`);
  if (Number.isNaN(shown)) return null;
  // Twice: the first guess may lie on the other side of a change of the clocks.
  let at = shown;
  for (let tries = 0; tries < 2; tries += 1) at += shown - Date.parse(`${onWall(at, zone)}Z`);
  return new Date(at).toISOString();
}
