// A check-in: one question at a time, with large answers, and it always says for whom one answers.
// An answer is kept on the phone first and then sent, so the way is the same with a network and without;
// the next question comes along with the one before, so nobody waits for the network between two.
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";

import { standing } from "./ahead";
import type { Answer, Answered, CheckIn, Person } from "./kinds";
import { Picture } from "./icons";
import { whenLeft } from "./leaving";
import { Head, Hours, Now, To } from "./parts";
import { keep, whenHeard, written } from "./outbox";
import { away, may, person, questions, saved } from "./state";
import { counted, t } from "./words";

/** What became of the last answer here. */
const last = signal<{ patient: string; status: Answered["status"]; refused: boolean; stale: boolean } | null>(null);

whenLeft(() => {
  last.value = null;
});
whenHeard((one, answered) => {
  if (answered !== null) last.value = { patient: one.patient, ...answered };
});

export function CheckInPage() {
  const whom = person.value;
  if (whom === undefined || !may("check-ins", "answer")) return <Head title={t("check-in.title")} from="today" />;
  const heard = last.value?.patient === whom.patient_id ? last.value : null;
  const { asked, waits, danger } = standing(questions.value[whom.patient_id] ?? null, saved.value, whom.patient_id);
  return (
    <>
      <Head title={t("check-in.title")} from="today" />
      {whom.self ? null : (
        <p class="proxy">
          <Picture of="heart" />
          {t("check-in.for", { name: whom.given_name })}
        </p>
      )}
      {heard?.status === "danger" ? (
        <Now title={t("danger.title")} words={t("danger.words")} />
      ) : danger && away.value ? (
        <Now title={t("danger.title")} words={t("danger.unsent")} />
      ) : null}
      {asked === null && waits > 0 ? (
        <Kept />
      ) : asked === null ? (
        <Over heard={heard?.status ?? null} />
      ) : (
        <>
          {waits > 0 && away.value ? (
            <p class="notice">{counted("check-in.saved-one", "check-in.saved", waits)}</p>
          ) : null}
          {heard?.refused === true ? <p class="notice wrong">{t("check-in.refused")}</p> : null}
          {heard?.stale === true ? <p class="notice">{t("check-in.stale")}</p> : null}
          <Question key={asked.question.key} asked={asked} whom={whom} />
        </>
      )}
    </>
  );
}

function Kept() {
  return (
    <section class="card" role="status">
      <h2>{t(away.value ? "saved.title" : "saved.sending")}</h2>
      {away.value ? <p>{t("saved.lead")}</p> : null}
      <To place="today" class="button">
        {t("back-today")}
      </To>
    </section>
  );
}

function Over({ heard }: { heard: Answered["status"] | null }) {
  return (
    <section class="card" role="status">
      <h2>{t(heard === null || heard === "asking" ? "check-in.none" : "check-in.thanks")}</h2>
      <p>{t(heard === "later" || heard === "danger" ? "check-in.later" : heard === null ? "check-in.none-lead" : "check-in.done")}</p>
      <Hours />
      <To place="today" class="button first">
        {t("back-today")}
      </To>
    </section>
  );
}

function Question({ asked, whom }: { asked: CheckIn; whom: Person }) {
  const { question } = asked;
  const [picked, pick] = useState<readonly string[]>([]);
  const [numbers, number] = useState<readonly string[]>([]);
  const say = (answer: Answer, words: string): void => {
    last.value = null;
    const mine = { checkIn: asked.id, prompt: question.key, answer, words };
    void keep({ kind: "answer", ...written(whom.patient_id), ...mine }, question.text);
  };
  const several = (event: Event): void => {
    event.preventDefault();
    const [first] = picked;
    if (first === undefined) return;
    const words = question.options.filter((one) => picked.includes(one.key)).map((one) => one.label);
    const answer: Answer =
      picked.length === 1 ? { type: "chosen", option: first } : { type: "chosen-several", options: [...picked] };
    say(answer, words.join(", "));
  };
  const measured = (event: Event): void => {
    event.preventDefault();
    const read = Array.from({ length: question.parts }, (_, place) => Number(numbers[place]));
    if (read.every((one) => Number.isFinite(one))) say({ type: "measured", numbers: read }, read.join(" / "));
  };
  return (
    <section class="card question">
      <p class="soft small">{counted("check-in.left-one", "check-in.left", asked.left)}</p>
      <h2 lang={asked.language} id="question">
        {question.text}
      </h2>
      {question.kind === "one" ? (
        <ul class="choices" lang={asked.language} aria-labelledby="question">
          {question.options.map((one) => (
            <li key={one.key}>
              <button
                type="button"
                class="button wide choice"
                onClick={() => say({ type: "chosen", option: one.key }, one.label)}
              >
                {one.label}
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      {question.kind === "several" ? (
        <form class="stack" onSubmit={several}>
          <fieldset class="choices" lang={asked.language} aria-labelledby="question">
            {question.options.map((one) => (
              <label key={one.key} class="button wide choice pick">
                <input
                  type="checkbox"
                  checked={picked.includes(one.key)}
                  onChange={() =>
                    pick(picked.includes(one.key) ? picked.filter((key) => key !== one.key) : [...picked, one.key])
                  }
                />
                {one.label}
              </label>
            ))}
          </fieldset>
          <button type="submit" class="button first wide" disabled={picked.length === 0}>
            {t("check-in.send")}
          </button>
        </form>
      ) : null}
      {question.kind === "number" ? (
        <form class="stack" onSubmit={measured}>
          {Array.from({ length: question.parts }, (_, place) => (
            <label key={place}>
              {question.parts === 1 ? t("check-in.number") : t("check-in.number-of", { count: place + 1 })}
              <input
                inputMode="decimal"
                type="number"
                step="any"
                min={question.limits?.[place]?.[0] ?? 0}
                max={question.limits?.[place]?.[1]}
                required
                value={numbers[place] ?? ""}
                onInput={(event) => {
                  const next = [...numbers];
                  next[place] = event.currentTarget.value;
                  number(next);
                }}
              />
            </label>
          ))}
          <button type="submit" class="button first wide">
            {t("check-in.send")}
          </button>
        </form>
      ) : null}
      <div class="actions quietly">
        <button type="button" class="button quiet" onClick={() => say({ type: "did-not-know" }, t("check-in.unknown"))}>
          {t("check-in.unknown")}
        </button>
        <button type="button" class="button quiet" onClick={() => say({ type: "declined" }, t("check-in.decline"))}>
          {t("check-in.decline")}
        </button>
      </div>
    </section>
  );
}
