// Needs and rides, in plain words: what was asked for, and how far it got.
import { Picture } from "./icons";
import type { Ride } from "./kinds";
import { Head, Hours } from "./parts";
import { may, of, person } from "./state";
import { brief, dateOf } from "./time";
import { named, t } from "./words";

export function CarePage() {
  const whom = person.value;
  const rides = of("ride").sort((a, b) => (a.day < b.day ? 1 : -1));
  const needs = of("need").sort((a, b) => (a.changed_at < b.changed_at ? 1 : -1));
  return (
    <>
      <Head
        title={t("care.title")}
        from="today"
        lead={whom === undefined || whom.self ? undefined : t("visit.of", { name: whom.given_name })}
      />
      {may("rides") ? (
        <section class="group">
          <h2>{t("care.rides")}</h2>
          {rides.length === 0 ? <p class="empty soft">{t("care.no-rides")}</p> : null}
          <ul class="cards">
            {rides.map((one) => (
              <li key={one.id} class="card errand">
                <Picture of={one.kind === "ride" ? "car" : "bag"} />
                <div>
                  <p class="what">{title(one)}</p>
                  <p>{named("ride-is", one.status)}</p>
                  <p class="soft small">{details(one)}</p>
                </div>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {may("needs") ? (
        <section class="group">
          <h2>{t("care.needs")}</h2>
          {needs.length === 0 ? <p class="empty soft">{t("care.no-needs")}</p> : null}
          <ul class="cards">
            {needs.map((one) => (
              <li key={one.id} class="card errand">
                <Picture of="heart" />
                <div>
                  <p class="what">{named("domain", one.domain)}</p>
                  <p>{named("need", one.status)}</p>
                  <p class="soft small">{t("care.since", { at: brief(one.changed_at, whom?.zone) })}</p>
                </div>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      <Hours />
    </>
  );
}

function title(one: Ride): string {
  if (one.kind !== "ride") return t("ride.box");
  return one.direction === null ? t("ride.one") : named("direction", one.direction);
}

function details(one: Ride): string {
  const parts = [dateOf(one.day)];
  if (one.pickup_at !== null) parts.push(t("ride.pickup", { at: brief(one.pickup_at, one.zone) }));
  if (one.return_at !== null) parts.push(t("ride.return", { at: brief(one.return_at, one.zone) }));
  if (one.driver !== null) parts.push(one.driver);
  return parts.join(" · ");
}
