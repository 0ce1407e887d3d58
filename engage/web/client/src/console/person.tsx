// The person that the work is about: how to reach them, by which clock, what can be said of them,
// and, once it is here, what stands around them.
import type { ItemDetail } from "../api/call";
import { clock, differ, now, place } from "../shared/time";
import { t } from "../shared/words";
import { nameOf, patient, zone } from "./desk";
import { Fact, Facts } from "./facts";
import { Link } from "./link";
import { directs } from "./place";
import { openMerge } from "./records";
import { openConsent } from "./texting";
import { why } from "./why";

export function Person({ item }: { item: ItemDetail }) {
  const person = patient.value;
  const more = why.value;
  if (item.patient === null || person === undefined) return null;
  return (
    <section class="block" aria-labelledby="person">
      <h2 id="person">{t("why.about", { name: nameOf(item) })}</h2>
      <dl class="facts">
        <Facts of={person}>
          <Elsewhere of={person.time_zone} />
        </Facts>
        {more === undefined ? null : <more.Around />}
      </dl>
      <div class="row">
        <Link to={{ at: "person", id: person.id }} class="button small">
          {t("person.open")}
        </Link>
        <button
          type="button"
          class="button small"
          onClick={() => {
            openConsent(person);
          }}
        >
          {t("consent.open")}
        </button>
        {directs(person.practice_id) ? (
          <button
            type="button"
            class="button quiet small"
            onClick={() => {
              openMerge(person);
            }}
          >
            {t("merge.open")}
          </button>
        ) : null}
      </div>
    </section>
  );
}

/** What their clock shows, where it is not the practice's: one looks before one calls. */
function Elsewhere({ of }: { of: string | null }) {
  if (of === null || !differ(of, zone.value)) return null;
  return (
    <Fact name={t("why.time")}>
      {clock(new Date(now.value).toISOString(), of)} ({place(of)})
    </Fact>
  );
}
