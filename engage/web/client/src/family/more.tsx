// Everything else: what is shared, how I am myself, settings, leaving.
import { signal } from "@preact/signals";

import { call } from "../api/call";
import type { Person } from "./kinds";
import { attempt, Head, Row } from "./parts";
import { leave } from "./parting";
import { may, me, people, tell } from "./state";
import { sync } from "./sync";
import { named, t } from "./words";

/** Of whom somebody is asked once more before they leave. */
const leaving = signal<string | null>(null);

export function MorePage() {
  const mine = people.value.find((one) => one.self);
  const cares = people.value.some((one) => !one.self);
  return (
    <>
      <Head title={t("tab.more")} lead={me.value?.given_name} />
      <ul class="rows">
        {may("rides") || may("needs") ? (
          <Row place="care" icon="car">
            {t("care.title")}
          </Row>
        ) : null}
        {may("documents") ? (
          <Row place="documents" icon="bag">
            {t("documents.title")}
          </Row>
        ) : null}
        {mine === undefined ? null : (
          <Row place="sharing" icon="heart">
            {t("sharing.title")}
          </Row>
        )}
        {cares ? (
          <Row place="strain" icon="heart">
            {t("strain.title")}
          </Row>
        ) : null}
        <Row place="settings" icon="phone">
          {t("settings.title")}
        </Row>
        <Row place="sign-ins" icon="check">
          {t("sign-ins.title")}
        </Row>
      </ul>
      {people.value
        .filter((one) => !one.self)
        .map((one) => (
          <Shared key={one.patient_id} whom={one} />
        ))}
      <button type="button" class="button wide" onClick={() => void leave()}>
        {t("sign-out")}
      </button>
      <p class="soft small">{t("sign-out.hint")}</p>
    </>
  );
}

/** What somebody shares with me, and the way out. */
function Shared({ whom }: { whom: Person }) {
  const asked = leaving.value === whom.patient_id;
  const end = async (): Promise<void> => {
    const path = { patient_id: whom.patient_id };
    if (await attempt(() => call("delete", "/v1/family/{patient_id}", { path }))) {
      leaving.value = null;
      tell("good", t("leave.done", { name: whom.given_name }));
    }
    await sync();
  };
  return (
    <section class="card" aria-label={whom.given_name}>
      <h2>{t("shared.title", { name: whom.given_name })}</h2>
      <ul class="list">
        {whom.may.map((one) => (
          <li key={one.category}>
            {named("category", one.category)}: {named("level", levelOf(one.verbs))}
          </li>
        ))}
      </ul>
      {asked ? (
        <div class="actions">
          <p>{t("leave.sure", { name: whom.given_name })}</p>
          <button type="button" class="button" onClick={() => void end()}>
            {t("leave.yes")}
          </button>
          <button type="button" class="button quiet" onClick={() => (leaving.value = null)}>
            {t("cancel")}
          </button>
        </div>
      ) : (
        <button type="button" class="button quiet" onClick={() => (leaving.value = whom.patient_id)}>
          {t("leave.of", { name: whom.given_name })}
        </button>
      )}
    </section>
  );
}

export type Level = "none" | "see" | "answer" | "act" | "all";

export function levelOf(verbs: readonly string[]): Level {
  const answers = verbs.includes("answer");
  const acts = verbs.includes("act");
  if (answers && acts) return "all";
  return acts ? "act" : answers ? "answer" : verbs.length > 0 ? "see" : "none";
}

