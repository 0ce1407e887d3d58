// Inviting somebody: who it is, what they may; a text with a link goes to them at once.
import { signal } from "@preact/signals";

import { call } from "../api/call";
import { uuid7 } from "./ids";
import type { Level } from "./more";
import { attempt, Head } from "./parts";
import { go } from "./route";
import { LEVELS, verbsOf } from "./sharing";
import { people, tell } from "./state";
import { named, t } from "./words";

const USUAL: Partial<Record<string, Level>> = { visits: "answer", rides: "act" };
const busy = signal(false);

export function InvitePage() {
  const self = people.value.find((one) => one.self);
  if (self === undefined) return <Head title={t("invite.title")} from="more" />;
  const invite = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const said = (name: string): string => String(form.get(name) ?? "").trim();
    const chosen = LEVELS.map(({ category }) => ({ category, verbs: verbsOf(said(category) as Level) }));
    busy.value = true;
    const good = await attempt(() =>
      call("post", "/v1/family/{patient_id}/invitations", {
        path: { patient_id: self.patient_id },
        key: uuid7(),
        body: {
          given_name: said("given"),
          family_name: said("family"),
          relationship: said("relationship"),
          phone: said("phone"),
          language: said("language") === "es" ? "es" : "en",
          may: chosen.filter((one) => one.verbs.length > 0),
        },
      }),
    );
    busy.value = false;
    if (!good) return;
    go("sharing");
    tell("good", t("invite.sent", { name: said("given") }));
  };
  return (
    <>
      <Head title={t("invite.title")} from="sharing" lead={t("invite.lead")} />
      <form class="stack" onSubmit={(event) => void invite(event)}>
        <label>
          {t("invite.given")}
          <input name="given" required autocomplete="off" maxLength={80} />
        </label>
        <label>
          {t("invite.family")}
          <input name="family" required autocomplete="off" maxLength={80} />
        </label>
        <label>
          {t("invite.relationship")}
          <input name="relationship" required autocomplete="off" maxLength={40} />
        </label>
        <label>
          {t("enter.phone")}
          <input name="phone" type="tel" inputMode="tel" required autocomplete="off" />
        </label>
        <label>
          {t("invite.language")}
          <select name="language">
            <option value="en">English</option>
            <option value="es">Español</option>
          </select>
        </label>
        <fieldset class="card stack">
          <legend class="label">{t("invite.may")}</legend>
          <div class="levels">
            {LEVELS.map(({ category, levels }) => (
              <label key={category}>
                <span>{named("category", category)}</span>
                <select name={category}>
                  {levels.map((one) => (
                    <option key={one} value={one} selected={one === (USUAL[category] ?? "none")}>
                      {named("level", one)}
                    </option>
                  ))}
                </select>
              </label>
            ))}
          </div>
        </fieldset>
        <button type="submit" class="button first wide" disabled={busy.value}>
          {t("invite.send")}
        </button>
      </form>
    </>
  );
}
