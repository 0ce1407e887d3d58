// What can't be sent any more: nobody has read it, so its words stay with who wrote them, to copy, to
// say on the phone, or to remove. The answers of one check-in stand together.
import { useEffect, useState } from "preact/hooks";

import { spaced } from "../shared/number";
import * as disk from "./disk";
import { askedAs, drop, type Saved } from "./outbox";
import { place } from "./route";
import { people, refused, tell, todays } from "./state";
import { brief } from "./time";
import { t } from "./words";

const wordsOf = (one: Saved): string => (one.kind === "answer" ? one.words : one.body);
const partOf = (one: Saved): string => (one.kind === "answer" ? one.checkIn : one.id);

export function Refused() {
  if (refused.value.length === 0 || !["today", "check-in", "messages"].includes(place.value)) return null;
  const parts = new Map<string, Saved[]>();
  for (const one of refused.value) parts.set(partOf(one), [...(parts.get(partOf(one)) ?? []), one]);
  return (
    <section class="card" aria-labelledby="refused">
      <h2 id="refused">{t("refused.title")}</h2>
      <p>{t("refused.lead")}</p>
      <ul class="cards">
        {[...parts].map(([key, part]) => (
          <Part key={key} part={part} />
        ))}
      </ul>
    </section>
  );
}

function Part({ part }: { part: readonly Saved[] }) {
  const [asked, know] = useState<readonly (string | undefined)[]>([]);
  useEffect(() => {
    void Promise.all(part.map((one) => disk.get<string>("kept", askedAs(one.id)))).then(know);
  }, [part.length]);
  const [first] = part;
  if (first === undefined) return null;
  const whom = people.value.find((one) => one.patient_id === first.patient);
  const team = todays.value[first.patient]?.team;
  const copy = async (): Promise<void> => {
    const lines = part.map((one, at) => [asked[at], wordsOf(one)].filter(Boolean).join(" "));
    try {
      await navigator.clipboard.writeText(lines.join("\n"));
      tell("good", t("refused.copied"));
    } catch {
      tell("wrong", t("problem.other"));
    }
  };
  const remove = async (): Promise<void> => {
    for (const one of part) await drop(one.id);
    document.querySelector<HTMLElement>("main h1")?.focus();
  };
  return (
    <li class="stack">
      <p class="soft small">
        {whom === undefined || whom.self ? "" : `${t("refused.about", { name: whom.given_name })} · `}
        {brief(first.at)}
      </p>
      {part.map((one, at) => (
        <div key={one.id}>
          {asked[at] === undefined ? null : <p class="small">{asked[at]}</p>}
          <p class="quoted">{wordsOf(one)}</p>
        </div>
      ))}
      <div class="actions">
        <button type="button" class="button" onClick={() => void copy()}>
          {t("refused.copy")}
        </button>
        {team === undefined ? null : (
          <a class="all" href={`tel:${team.phone}`}>
            {t("call.team", { name: team.name, number: spaced(team.phone) })}
          </a>
        )}
        <button type="button" class="button quiet" onClick={() => void remove()}>
          {t("refused.remove")}
        </button>
      </div>
    </li>
  );
}
