// Why it is due when it is: the rule, the moment its clock runs from, and what lay between.
import type { ItemDetail } from "../../api/call";
import { language } from "../../shared/look";
import { dateOf, span, when } from "../../shared/time";
import { isWord, t } from "../../shared/words";

/** Opening hours are counted in hours: a business day is not a day of the clock. */
const hours = (minutes: number): string =>
  minutes < 60
    ? span(minutes)
    : new Intl.NumberFormat(language.value, {
        style: "unit",
        unit: "hour",
        maximumFractionDigits: 1,
      }).format(minutes / 60);

export function DueWhy({ of, due }: { of: ItemDetail["due_why"]; due: string }) {
  const word = `due.why.${of.rule}`;
  if (!isWord(word)) return null;
  const between = (Date.parse(due) - Date.parse(of.from_at)) / 60_000;
  const told = of.business_minutes === null ? span(between) : hours(of.business_minutes);
  return (
    <span class="soft small due-why">
      {t(word, { span: told, from: when(of.from_at, of.zone) })}
      {of.closed_on.length === 0
        ? ""
        : `; ${t("due.why.closed", { days: of.closed_on.map(dateOf).join(", ") })}`}
    </span>
  );
}
