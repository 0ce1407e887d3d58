// A plan's rule, in words and from a form: the few rhythms that staff choose from. A rule that was
// made elsewhere and is none of them is shown as it is.
import { language } from "../../shared/look";
import { t } from "../../shared/words";

export const RHYTHMS = ["daily", "second", "third", "weekly", "monthly"] as const;
export type Rhythm = (typeof RHYTHMS)[number];
export const HOURS = ["8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19"] as const;

const RULES: Record<Rhythm, string> = {
  daily: "FREQ=DAILY",
  second: "FREQ=DAILY;INTERVAL=2",
  third: "FREQ=DAILY;INTERVAL=3",
  weekly: "FREQ=WEEKLY",
  monthly: "FREQ=MONTHLY",
};

export function ruleOf(rhythm: Rhythm, hour: string, times: string): string {
  const many = times.trim() === "" ? "" : `;COUNT=${times.trim()}`;
  return `${RULES[rhythm]};BYHOUR=${hour}${many}`;
}

/** "10 AM", as the reader's language says it. */
export function hourOf(hour: string): string {
  const parts: Intl.DateTimeFormatOptions = { hour: "numeric", timeZone: "UTC" };
  return new Intl.DateTimeFormat(language.value, parts).format(Number(hour) * 3_600_000);
}

/** "Every third day at 10 AM, 5 times in all" */
export function inWords(rule: string): string {
  const parts = new Map(rule.split(";").map((one) => one.split("=") as [string, string]));
  const hour = parts.get("BYHOUR") ?? "10";
  const interval = parts.get("INTERVAL") ?? "1";
  const known = new Set(["FREQ", "INTERVAL", "BYHOUR", "BYMINUTE", "COUNT"]);
  const kind = RHYTHMS.find((one) => {
    const [freq, every] = RULES[one].split(";INTERVAL=");
    return freq === `FREQ=${parts.get("FREQ") ?? ""}` && (every ?? "1") === interval;
  });
  const plain = [...parts.keys()].every((one) => known.has(one)) && /^\d+$/.test(hour);
  if (kind === undefined || !plain || (parts.get("BYMINUTE") ?? "0") !== "0") return rule;
  const said = t("plan.at", { rhythm: t(`rhythm.${kind}`), hour: hourOf(hour) });
  const count = parts.get("COUNT");
  return count === undefined ? said : `${said}, ${t("plan.times", { n: count })}`;
}
