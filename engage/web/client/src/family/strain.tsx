// How are you yourself? A few questions for who cares for somebody, ours and not a validated instrument.
// The answers are kept for them alone; the team hears of it only in their own words, if they say so.
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";

import { call, type Schema } from "../api/call";
import { language } from "../shared/look";
import { uuid7 } from "./ids";
import { whenLeft } from "./leaving";
import { attempt, Head, Hours, Now } from "./parts";
import { away, people, person, tell } from "./state";
import { brief } from "./time";
import { t } from "./words";

const asked = signal<Schema["StrainList"] | null>(null);
const heard = signal<Schema["StrainSaidOut"] | null>(null);
whenLeft(() => {
  asked.value = heard.value = null;
});

async function load(): Promise<void> {
  await attempt(async () => {
    asked.value = await call("get", "/v1/family/me/strain", { query: { language: language.value } });
  });
}

export function StrainPage() {
  useEffect(() => {
    heard.value = null;
    void load();
  }, [language.value]);
  const whom = people.value.filter((one) => !one.self);
  const names = new Intl.ListFormat(document.documentElement.lang).format(whom.map((one) => one.given_name));
  return (
    <>
      <Head title={t("strain.title")} from="more" lead={t("strain.lead", { name: names })} />
      {heard.value !== null ? (
        <Heard said={heard.value} />
      ) : asked.value === null ? (
        <p class="soft">{away.value ? t("problem.away") : t("loading")}</p>
      ) : (
        <Form asked={asked.value} />
      )}
    </>
  );
}

function Form({ asked: { check, items } }: { asked: Schema["StrainList"] }) {
  const [answers, choose] = useState<Record<string, string>>({});
  const [tells, setTells] = useState(false);
  const whom = person.value;
  const say = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const words = String(new FormData(event.target as HTMLFormElement).get("words") ?? "").trim();
    const telling = tells && whom !== undefined;
    const more = telling ? { tell_the_team: true, words, patient_id: whom.patient_id } : {};
    const id = uuid7();
    await attempt(async () => {
      heard.value = await call("post", "/v1/family/me/strain", { key: id, body: { id, answers, ...more } });
      await load();
    });
  };
  return (
    <form class="stack" onSubmit={(event) => void say(event)}>
      {check.questions.map((one) => (
        <fieldset key={one.key} class="card" lang={check.language}>
          <legend class="unseen">{one.text}</legend>
          <h2 aria-hidden="true">{one.text}</h2>
          <div class="sizes">
            {one.options.map((option) => (
              <label key={option.key} class="size">
                <input
                  type="radio"
                  name={one.key}
                  checked={answers[one.key] === option.key}
                  onChange={() => choose({ ...answers, [one.key]: option.key })}
                />
                <span>{option.label}</span>
              </label>
            ))}
          </div>
        </fieldset>
      ))}
      <label class="tick">
        <input type="checkbox" checked={tells} onChange={() => setTells(!tells)} />
        <span>{t("strain.tell")}</span>
      </label>
      {tells ? (
        <label>
          {t("strain.words")}
          <textarea name="words" rows={3} required maxLength={1000} defaultValue={t("strain.tell-help")} />
        </label>
      ) : (
        <p class="soft small">{t("strain.private")}</p>
      )}
      <button type="submit" class="button first wide" disabled={away.value || Object.keys(answers).length === 0}>
        {t("strain.keep")}
      </button>
      {items.length === 0 ? null : <Before items={items} />}
    </form>
  );
}

function Before({ items }: { items: Schema["StrainList"]["items"] }) {
  const forget = async (): Promise<void> => {
    if (await attempt(() => call("delete", "/v1/family/me/strain"))) tell("good", t("strain.forgotten"));
    await load();
  };
  const [last] = items;
  return (
    <>
      <p class="soft small">{last === undefined ? "" : t("strain.before", { at: brief(last.at) })}</p>
      <button type="button" class="button quiet" onClick={() => void forget()}>
        {t("strain.forget")}
      </button>
    </>
  );
}

function Heard({ said }: { said: Schema["StrainSaidOut"] }) {
  const hard = said.could_use_help;
  return (
    <>
      {said.urgent ? <Now title={t("urgent.title")} words={t("urgent.words")} /> : null}
      <section class="card stack" role="status">
        <h2>{t(hard ? "strain.heard-hard" : "strain.heard-fine")}</h2>
        <p>{t(said.item.told ? "strain.told" : hard ? "strain.words-hard" : "strain.words-fine")}</p>
        {hard || said.item.told ? <Hours /> : null}
        <button type="button" class="button quiet" onClick={() => (heard.value = null)}>
          {t("strain.again")}
        </button>
      </section>
      {hard && !said.urgent ? <Now title={t("strain.now")} words={t("strain.now-words")} /> : null}
    </>
  );
}
