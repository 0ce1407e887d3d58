// What to do, and why: the steps (deeds.tsx), what stands beside the work, the reasons, the person.
import { useEffect } from "preact/hooks";

import type { ItemDetail } from "../api/call";
import { t } from "../shared/words";
import { Beside, Call, Deeds, State } from "./deeds";
import { detail, gone, nameOf, notice, patient } from "./desk";
import { Person } from "./person";
import { goToPane } from "./route";
import { isGrave, Told } from "./told";
import { bringWhy, why } from "./why";

export function Doing() {
  const item = detail.value;
  useEffect(() => void bringWhy(), []);
  if (item === undefined || gone.value) return null;
  // With a crisis its card has the call.
  const grave = isGrave(item) && why.value !== undefined;
  return (
    <section class="pane doing" aria-labelledby="doing">
      <div class="scroll">
        <button
          type="button"
          class="button quiet back"
          onClick={() => {
            goToPane("card");
          }}
        >
          <span aria-hidden="true">←</span> {nameOf(item)}
        </button>
        <section class="block">
          <h2 id="doing" tabIndex={-1}>
            {t("do.title")}
          </h2>
          <Told item={item} />
          <State item={item} />
          <div role="alert">
            {notice.value === null ? null : (
              <p class={`notice ${notice.value.kind}`}>{notice.value.words}</p>
            )}
          </div>
          {grave ? null : <Call />}
          <Deeds item={item} />
        </section>
        <section class="block" aria-labelledby="why">
          <h2 id="why">{t("why.title")}</h2>
          <Reasons item={item} />
        </section>
        <Beside item={item} />
        <Person item={item} />
      </div>
    </section>
  );
}

/** The words themselves at once; all that is known of them as soon as it is here. */
function Reasons({ item }: { item: ItemDetail }) {
  const more = why.value;
  if (more !== undefined) return <more.Reasons item={item} />;
  return (
    <ul class="flags">
      {item.flags.map((flag) => (
        <li key={flag.id} class={`flag ${flag.severity}`}>
          <blockquote lang={patient.value?.language}>{flag.words}</blockquote>
        </li>
      ))}
    </ul>
  );
}
