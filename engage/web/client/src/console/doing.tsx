// What to do, and why: claim, give back, complete; the reasons.
import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

import type { Flag, ItemDetail, Outcome } from "../api/call";
import { Moment } from "../shared/moment";
import { when } from "../shared/time";
import { named, t } from "../shared/words";
import {
  change,
  closed,
  complete,
  detail,
  gone,
  held,
  mine,
  nameOf,
  notice,
  patient,
  zone,
} from "./desk";
import { Minutes, minutesOf } from "./fields";
import { optionOf, questionOf } from "./instruments";
import { finishing } from "./keys";
import { Person } from "./person";
import { Due, ownership } from "./queue";
import { goToPane } from "./route";
import { WrongButton } from "./relabel";
import { Told } from "./told";
import { WhoButton } from "./who";

const OUTCOMES: Outcome[] = [
  "reached-patient",
  "reached-caregiver",
  "answered-by-text",
  "referred",
  "could-not-reach",
  "no-action-needed",
  "called-911",
  "wrong-person",
];
const CRISIS: Outcome[] = ["called-911", "reached-patient", "reached-caregiver", "could-not-reach"];

export function Doing() {
  const item = detail.value;
  if (item === undefined || gone.value) return null;
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
          <State item={item} />
          {item.severity === "crisis" && !closed.value ? (
            <p class="notice wrong">{t("do.crisis")}</p>
          ) : null}
          <div role="alert">
            {notice.value === null ? null : (
              <p class={`notice ${notice.value.kind}`}>{notice.value.words}</p>
            )}
          </div>
          <Call />
          {closed.value ? <Closed item={item} /> : <Buttons item={item} />}
        </section>
        <Told item={item} />
        <section class="block" aria-labelledby="why">
          <h2 id="why">{t("why.title")}</h2>
          <ul class="flags">
            {item.flags.map((flag) => (
              <Reason key={flag.id} flag={flag} />
            ))}
          </ul>
        </section>
        <Person item={item} />
      </div>
    </section>
  );
}

function State({ item }: { item: ItemDetail }) {
  return (
    <dl class="facts">
      {closed.value ? null : (
        <div>
          <dt>{t("why.due")}</dt>
          <dd>
            <Due moment={item.due_at} bare />
          </dd>
        </div>
      )}
      <div>
        <dt>{t("why.owner")}</dt>
        <dd>{ownership(item)}</dd>
      </div>
    </dl>
  );
}

function Call() {
  const person = patient.value;
  if (closed.value || person === undefined || person.phone === null) return null;
  return (
    <a class="button" href={`tel:${person.phone}`}>
      {t("do.call", { name: person.given_name })}
    </a>
  );
}

function Closed({ item }: { item: ItemDetail }) {
  return (
    <div class="notice done">
      <p>
        <strong>{item.outcome === null ? "" : named("outcome", item.outcome)}</strong>
      </p>
      <p class="small">{t("do.closed", { when: when(item.closed_at ?? "", zone.value) })}</p>
      {item.note === null ? null : <p class="note">{item.note}</p>}
    </div>
  );
}

function Buttons({ item }: { item: ItemDetail }) {
  const busy = useSignal(false);
  const act = async (what: "claim" | "release"): Promise<void> => {
    if (busy.value) return;
    busy.value = true;
    await change(what).finally(() => {
      busy.value = false;
    });
  };
  if (held.value && !mine.value) return null;
  return (
    <>
      <div class="row">
        {held.value ? null : (
          <button
            type="button"
            id="claim"
            class="button first"
            aria-disabled={busy.value}
            onClick={() => void act("claim")}
          >
            {t("do.claim")}
          </button>
        )}
        <button
          type="button"
          id="complete"
          class={held.value && !finishing.value ? "button first" : "button"}
          aria-expanded={finishing.value}
          onClick={() => {
            finishing.value = !finishing.value;
          }}
        >
          {t("do.complete")}
        </button>
        {held.value ? (
          <button
            type="button"
            class="button"
            aria-disabled={busy.value}
            onClick={() => void act("release")}
          >
            {t("do.release")}
          </button>
        ) : null}
      </div>
      {finishing.value ? <Finish item={item} /> : null}
    </>
  );
}

function Finish({ item }: { item: ItemDetail }) {
  const id = useId();
  const outcome = useSignal<Outcome | null>(null);
  const note = useSignal("");
  const minutes = useSignal("");
  const missing = useSignal(false);
  const busy = useSignal(false);
  const choices = item.severity === "crisis" ? CRISIS : OUTCOMES;
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => {
    first.current?.focus();
  }, []);
  const finish = async (): Promise<void> => {
    if (outcome.value === null) {
      missing.value = true;
      first.current?.focus();
      return;
    }
    if (busy.value) return;
    busy.value = true;
    const done = await complete(
      outcome.value,
      note.value,
      minutesOf(minutes.value),
    ).finally(() => {
      busy.value = false;
    });
    if (done) {
      finishing.value = false;
      document.getElementById("doing")?.focus();
    }
  };
  return (
    <form
      class="finish"
      onSubmit={(event) => {
        event.preventDefault();
        void finish();
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void finish();
      }}
    >
      <fieldset aria-describedby={missing.value ? `${id}-missing` : undefined}>
        <legend class="label">{t("do.outcome")}</legend>
        {choices.map((one, place) => (
          <label key={one} class="choice">
            <input
              type="radio"
              name={`${id}-outcome`}
              value={one}
              {...(place === 0 ? { ref: first } : {})}
              checked={outcome.value === one}
              onChange={() => {
                outcome.value = one;
                missing.value = false;
              }}
            />
            {named("outcome", one)}
          </label>
        ))}
      </fieldset>
      <p role="alert" id={`${id}-missing`} class="missing small">
        {missing.value ? t("do.outcome.needed") : ""}
      </p>
      <label for={`${id}-note`}>{t("do.note")}</label>
      <textarea
        id={`${id}-note`}
        rows={2}
        maxLength={4000}
        value={note.value}
        onInput={(event) => {
          note.value = event.currentTarget.value;
        }}
      />
      <Minutes value={minutes} />
      <button type="submit" class="button first" disabled={busy.value}>
        {t("do.complete.do")}
      </button>
    </form>
  );
}

function Reason({ flag }: { flag: Flag }) {
  const question = questionOf(flag.prompt, flag.question);
  const option = flag.words === null ? null : optionOf(flag.prompt, flag.words);
  return (
    <li class={`flag ${flag.severity}`}>
      <p>
        <strong>{named("reason", flag.reason)}</strong>{" "}
        <span class="soft small">
          {named("severity", flag.severity)} · <Moment at={flag.at} zone={zone.value} as="ago" />
        </span>
      </p>
      {question === null ? null : (
        <p class="small">
          <span class="soft">{t("why.asked")}:</span> {question}
        </p>
      )}
      {flag.words === null ? null : (
        <figure>
          <figcaption class="soft small">{t("why.wrote")}</figcaption>
          <blockquote lang={patient.value?.language}>{flag.words}</blockquote>
          {/* A text that is in no thread can be given to somebody from here. */}
          {detail.value?.thread_id === null && flag.message_id !== null ? (
            <WhoButton message={flag.message_id} sure="none" />
          ) : null}
          {flag.message_id === null ? null : <WrongButton message={flag.message_id} />}
        </figure>
      )}
      {option === null ? null : (
        <p class="small">{t("why.means", { number: flag.words?.trim() ?? "", option })}</p>
      )}
      <p class="soft small">
        {t("why.rule")}: <code>{flag.rule}</code>
      </p>
    </li>
  );
}
