// The card: whom it is about, what was asked and written, and a field to answer in (composer.tsx).
import { useEffect, useRef } from "preact/hooks";

import type { ItemDetail, Message } from "../api/call";
import { Moment } from "../shared/moment";
import { day } from "../shared/time";
import { named, t } from "../shared/words";
import { Composer } from "./composer";
import {
  closed,
  detail,
  firstName,
  gone,
  loadOlder,
  me,
  nameOf,
  older,
  openId,
  patient,
  shut,
  texts,
  threadRead,
  zone,
} from "./desk";
import { questionOf } from "./instruments";
import { Present } from "./present";
import { Clinic, Due, Severity } from "./queue";
import { goToPane, goToQueue } from "./route";
import { bringRestricted, restricted } from "./shut";
import { WhoButton } from "./who";

export function Card() {
  const item = detail.value;
  useEffect(() => {
    if (item?.patient != null) void bringRestricted();
  }, [item?.patient?.id]);
  const closedTo = shut.value;
  if (openId.value !== null && closedTo !== undefined) {
    const more = restricted.value;
    return (
      <section class="pane card" aria-label={t("thread.title")}>
        <div class="pane-head">
          <div class="row spread steps">
            <Back />
          </div>
        </div>
        <div class="scroll">
          {more === undefined ? (
            <p class="empty soft">{t("loading")}</p>
          ) : (
            <more.Closed patient={closedTo} id="card" />
          )}
        </div>
      </section>
    );
  }
  if (openId.value === null || gone.value) {
    return (
      <section class="pane card bare" aria-label={t("thread.title")}>
        {gone.value ? <Back /> : null}
        <div class="empty">
          <p>{t(gone.value ? "card.gone" : "card.none")}</p>
          {gone.value ? null : <p class="soft small keys-hint">{t("card.none.hint")}</p>}
        </div>
      </section>
    );
  }
  return (
    <section class="pane card" aria-labelledby="card">
      <div class="pane-head">
        <div class="row spread steps">
          <Back />
          <button
            type="button"
            class="button small"
            onClick={() => {
              goToPane("doing");
            }}
          >
            {t("card.to")}
          </button>
        </div>
        <h2 id="card" tabIndex={-1}>
          {item === undefined ? t("loading") : nameOf(item)}
        </h2>
        {item === undefined ? null : (
          <p class="row">
            <Severity of={item} />
            <span class="chip">{named("subject", item.subject)}</span>
            <Clinic of={item} />
            {closed.value ? null : <Due moment={item.due_at} />}
          </p>
        )}
        {item === undefined ? null : <Present at={item.here} />}
        {item?.patient == null || restricted.value === undefined ? null : (
          <restricted.value.Standing patient={item.patient.id} />
        )}
      </div>
      {item === undefined ? null : <Thread item={item} />}
    </section>
  );
}

function Back() {
  return (
    <button type="button" class="button quiet back" onClick={goToQueue}>
      <span aria-hidden="true">←</span> {t("card.back")}
    </button>
  );
}

function Thread({ item }: { item: ItemDetail }) {
  const scroll = useRef<HTMLDivElement>(null);
  const latest = texts.value.at(-1)?.id;
  useEffect(() => {
    scroll.current?.scrollTo({ top: scroll.current.scrollHeight });
  }, [latest]);
  const name = nameOf(item);
  const inOrder = [...texts.value].sort(byMoment);
  return (
    <>
      <div
        class="scroll thread"
        ref={scroll}
        tabIndex={0}
        role="region"
        aria-label={t("card.thread", { name })}
      >
        {item.thread_id === null ? <p class="empty soft">{t("thread.none")}</p> : null}
        {older.value === null ? null : (
          <button type="button" class="button quiet" onClick={() => void loadOlder()}>
            {t("thread.older")}
          </button>
        )}
        <ol>
          {inOrder.map((text, place) => (
            <Text key={text.id} text={text} before={inOrder[place - 1]} />
          ))}
        </ol>
      </div>
      {item.thread_id === null || !threadRead.value ? null : <Composer thread={item.thread_id} />}
    </>
  );
}

/** By the clock; of one moment, what came in before what it caused. */
function byMoment(one: Message, other: Message): number {
  const cause = (text: Message): string => (text.direction === "in" ? "0" : "1");
  const place = (text: Message): string => `${text.at}${cause(text)}${text.id}`;
  return place(one) < place(other) ? -1 : 1;
}

function Text({ text, before }: { text: Message; before: Message | undefined }) {
  const date = day(text.at, zone.value);
  const asked = text.direction === "in" ? questionOf(text.prompt, text.question) : null;
  return (
    <>
      {before === undefined || day(before.at, zone.value) !== date ? (
        <li class="day soft small">{date}</li>
      ) : null}
      <li class={`text ${text.direction} ${text.author}`}>
        <p class="about small">
          <strong>{authorOf(text)}</strong>{" "}
          <span class="soft">
            <Moment at={text.at} zone={zone.value} as="clock" />
          </span>
        </p>
        {asked === null ? null : (
          <p class="asked soft small">{t("thread.answers", { question: asked })}</p>
        )}
        <p class="body" lang={languageOf(text)}>
          {text.body}
        </p>
        {text.direction === "in" ? <WhoButton message={text.id} sure={text.sure} /> : null}
        {text.direction === "out" ? (
          <p class={`state small ${text.state}`}>{named("state", text.state)}</p>
        ) : null}
      </li>
    </>
  );
}

function authorOf(text: Message): string {
  switch (text.author) {
    case "patient":
      return firstName();
    case "caregiver":
      return t("thread.caregiver");
    case "unknown":
      return t("thread.unknown");
    case "staff":
      return text.author_id === me.value?.id ? t("thread.you") : t("thread.team");
    case "system":
      return t("thread.auto");
  }
}

/** What a person typed is in a language of their own choice; ours is in the patient's. */
function languageOf(text: Message): string | undefined {
  return text.author === "staff" ? undefined : patient.value?.language;
}
