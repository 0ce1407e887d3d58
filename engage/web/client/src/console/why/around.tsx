// What stands around a person, in short, before one calls them: who answers for them, whether they
// may be texted, who else may be told what, what is to come, what was asked and done before.
import type { ComponentChildren } from "preact";

import { language } from "../../shared/look";
import { Moment } from "../../shared/moment";
import { spaced } from "../../shared/number";
import { dateOf, when } from "../../shared/time";
import { named, t } from "../../shared/words";
import { texting, zone } from "../desk";
import { titleOf } from "../instruments";
import { Fact } from "../facts";
import { Link } from "../link";
import { Answers } from "./answers";
import { context } from "./known";

export function Around() {
  const all = context.value;
  const reach = texting.value;
  return (
    <>
      {reach === undefined ? null : (
        <Fact name={t("around.texting")}>
          {reach.words}
        </Fact>
      )}
      {all === undefined ? null : (
        <>
          <Fact name={t("team.answers")}>
            <Answers team={all.care_team} zone={zone.value} />
          </Fact>
          <Some name={t("around.family")} of={all.caregivers}>
            {(one) => (
              <>
                <strong>
                  {one.given_name} {one.family_name}
                </strong>
                , {one.relationship}
                {one.language === "en" ? "" : `, ${named("language", one.language)}`}
                {one.phone === null ? null : (
                  <>
                    {" · "}
                    <a href={`tel:${one.phone}`}>{spaced(one.phone)}</a>
                  </>
                )}
                <br />
                {one.safe ? (
                  <span class="soft small">{mayBeTold(one.may_be_told)}</span>
                ) : (
                  <span class="missing small">{t("around.unsafe")}</span>
                )}
              </>
            )}
          </Some>
          <Some name={t("around.needs")} of={all.open_needs}>
            {(one) => `${named("subject", `need:${one.domain}`)}`}
          </Some>
          {all.next_visit === null ? null : (
            <Fact name={t("around.visit")}>
              {when(all.next_visit.starts_at, all.next_visit.zone)}
              {[all.next_visit.what, all.next_visit.place]
                .filter((one) => one !== null)
                .map((one) => ` · ${one}`)}
            </Fact>
          )}
          <Some name={t("around.rides")} of={all.open_rides}>
            {(one) => (
              <>
                {t(one.kind === "ride" ? "around.ride" : "around.box", { day: dateOf(one.day) })}
                {": "}
                {named("around.ride", one.status)}
              </>
            )}
          </Some>
          {all.last_screening === null ? null : (
            <Fact name={t("around.screening")}>
              {titleOf(all.last_screening.instrument)},{" "}
              <Moment at={all.last_screening.at} zone={zone.value} as="ago" />
              {": "}
              <strong>
                {all.last_screening.verdict === null
                  ? named("around.screened", all.last_screening.status)
                  : named("around.says", all.last_screening.verdict.type)}
              </strong>
            </Fact>
          )}
          <Some name={t("around.called")} of={all.called}>
            {(one) => (
              <>
                {one.direction === "in" ? t("around.they") : (one.staff_name ?? t("around.somebody"))}
                {", "}
                {named("around.by", one.channel)}: {named("around.was", one.outcome)}{" "}
                <span class="soft small">
                  <Moment at={one.at} zone={zone.value} as="ago" />
                </span>
              </>
            )}
          </Some>
          <Some name={t("around.earlier")} of={all.earlier}>
            {(one) => (
              <>
                <Link to={{ at: "item", id: one.id }}>{named("subject", one.subject)}</Link>
                {one.outcome === null ? "" : `: ${named("outcome", one.outcome)}`}{" "}
                <span class="soft small">
                  <Moment at={one.closed_at} zone={zone.value} as="ago" />
                </span>
              </>
            )}
          </Some>
        </>
      )}
    </>
  );
}

interface ListOf<T> {
  name: string;
  of: readonly T[];
  children: (one: T) => ComponentChildren;
}

/** A fact that may be several; none is no line. */
function Some<T extends object>({ name, of, children }: ListOf<T>) {
  if (of.length === 0) return null;
  return (
    <Fact name={name}>
      <ul class="several">
        {of.map((one, place) => (
          <li key={place}>{children(one)}</li>
        ))}
      </ul>
    </Fact>
  );
}

function mayBeTold(categories: readonly string[]): string {
  if (categories.length === 0) return t("around.untold");
  const of = categories.map((one) => named("around.of", one));
  return t("around.told", { of: new Intl.ListFormat(language.value).format(of) });
}
