// Risks and needs: what was found and in which words, what they want, what was tried, what is next.
// What they declined stays in sight, and nobody is asked to ask again.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { Need, Taken } from "../../api/call";
import { Moment } from "../../shared/moment";
import { isWord, named, t } from "../../shared/words";
import { optionOf, questionOf } from "../instruments";
import { openAsk } from "../ask";
import { Codes } from "./codes";
import { Moving } from "./moving";
import { openRefer } from "./refer";
import { ReferralRow } from "./referral";
import { needs, ours, person } from "./state";

const ORDER: Need["status"][] = [
  "reopened",
  "wanted",
  "risk",
  "completed",
  "in-progress",
  "declined",
  "confirmed",
];
/** From here something can be put to an organization. */
const REFERABLE: Need["status"][] = ["wanted", "in-progress", "reopened"];

export function Needs() {
  const all = needs.value;
  const about = person.value;
  if (all === undefined || about === undefined) return <p class="soft">{t("loading")}</p>;
  const sorted = [...all].sort(
    (one, other) =>
      ORDER.indexOf(one.status) - ORDER.indexOf(other.status) ||
      Number(other.first) - Number(one.first) ||
      (one.id < other.id ? 1 : -1),
  );
  if (sorted.length === 0) {
    return (
      <div class="none">
        <p>{t("needs.none")}</p>
        <p class="soft small">{t("needs.none.more")}</p>
        <button
          type="button"
          class="button"
          onClick={() => {
            openAsk(about);
          }}
        >
          {t("ask.open.them", { name: about.given_name })}
        </button>
      </div>
    );
  }
  return (
    <ul class="needs">
      {sorted.map((one) => (
        <Card key={one.id} need={one} />
      ))}
    </ul>
  );
}

export function titleOf(need: Need): string {
  const word = `subject.need:${need.domain}`;
  return isWord(word) ? t(word) : need.title;
}

function Card({ need }: { need: Need }) {
  const moving = useSignal(false);
  const button = useRef<HTMLButtonElement>(null);
  const came = useRef(need.status);
  useEffect(() => {
    // Moved: the form is gone, and the focus goes back to where it came from.
    if (came.current !== need.status) button.current?.focus({ preventScroll: true });
    came.current = need.status;
  }, [need.status]);
  const next = `need.next.${need.status}`;
  const over = need.status === "declined" || need.status === "confirmed";
  const heading = `need-${need.id}`;
  return (
    <li class={`need ${need.severity}`} data-over={over} aria-labelledby={heading}>
      <div class="row spread">
        <h3 id={heading}>{titleOf(need)}</h3>
        <span class={`standing ${need.status}`}>{named("need.status", need.status)}</span>
      </div>
      <p class="row soft small">
        <span class={`severity ${need.severity}`}>{named("severity", need.severity)}</span>
        {need.first ? <strong>{t("need.first")}</strong> : null}
        <span>
          {t("need.since")} <Moment at={need.opened_at} zone={ours.value} />
        </span>
        {need.episode > 1 ? <span>{t("need.episode", { n: need.episode })}</span> : null}
      </p>
      <Grounds need={need} />
      <p class={over ? "soft" : ""}>
        {over ? null : <strong>{t("need.next")}: </strong>}
        {isWord(next) ? t(next) : <span lang="en">{need.next_step}</span>}
      </p>
      {need.referrals.map((one) => (
        <ReferralRow key={one.id} referral={one} need={need} />
      ))}
      <div class="row">
        {REFERABLE.includes(need.status) ? (
          <button
            type="button"
            class="button first"
            onClick={() => {
              openRefer(need);
            }}
          >
            {t("refer.open")}
            <span class="unseen">: {titleOf(need)}</span>
          </button>
        ) : null}
        {need.acts.length === 0 ? null : (
          <button
            ref={button}
            type="button"
            class={need.status === "risk" ? "button first" : "button"}
            aria-expanded={moving.value}
            onClick={() => {
              moving.value = !moving.value;
            }}
          >
            {t("need.record")}
            <span class="unseen">: {titleOf(need)}</span>
          </button>
        )}
      </div>
      {moving.value ? (
        <Moving
          need={need}
          onDone={() => {
            moving.value = false;
          }}
        />
      ) : null}
      <div>
        <History need={need} />
        <Codes need={need} />
      </div>
    </li>
  );
}

/** The words it stands on, exactly as they were written, with what had been asked. */
function Grounds({ need }: { need: Need }) {
  const found = need.history.filter((one) => one.words !== null && !one.withdrawn);
  const shown = found.slice(-3);
  if (shown.length === 0) return null;
  return (
    <div class="grounds">
      {shown.map((one) => (
        <Quote key={one.id} of={one} />
      ))}
    </div>
  );
}

function Quote({ of }: { of: Taken }) {
  const words = of.words;
  if (words === null) return null;
  const question = questionOf(of.prompt, of.question);
  const option = optionOf(of.prompt, words);
  return (
    <figure>
      <figcaption class="soft small">
        {question === null ? named("need.act", of.act) : `${t("why.asked")}: ${question}`}
      </figcaption>
      <blockquote lang={person.value?.language}>{words}</blockquote>
      {option === null ? null : (
        <p class="small">{t("why.means", { number: words.trim(), option })}</p>
      )}
    </figure>
  );
}

function History({ need }: { need: Need }) {
  return (
    <details>
      <summary>{t("need.history", { n: need.history.length })}</summary>
      <ol class="ledger">
        {need.history.map((one) => (
          <li key={one.id}>
            <p>
              <strong>{named("need.act", one.act)}</strong>
              {one.withdrawn ? ` · ${t("need.withdrawn")}` : ""}
            </p>
            {one.reason === null ? null : <blockquote>{one.reason}</blockquote>}
            {one.withdrawn ? null : <Quote of={one} />}
            <p class="soft small">
              <Moment at={one.at} zone={ours.value} /> · {one.by_name ?? named("setter", one.by)}
              {one.rule === null ? null : (
                <>
                  {" · "}
                  {t("why.rule")}{" "}
                  <code>
                    {one.rule} {one.rule_version}
                  </code>
                </>
              )}
            </p>
          </li>
        ))}
      </ol>
    </details>
  );
}
