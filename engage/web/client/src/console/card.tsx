// The card: whom it is about, what was asked and written, and a field to answer in.
import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

import type { ItemDetail, Message } from "../api/call";
import { count } from "../shared/segments";
import { Moment } from "../shared/moment";
import { Preview, TakeBack } from "./before";
import { day } from "../shared/time";
import { named, t } from "../shared/words";
import {
  closed,
  detail,
  draft,
  drafts,
  firstName,
  gone,
  held,
  likely,
  loadOlder,
  me,
  mine,
  nameOf,
  older,
  openId,
  patient,
  reply,
  step,
  texting,
  texts,
  threadRead,
  zone,
} from "./desk";
import { questionOf } from "./instruments";
import { Present } from "./present";
import { Due, Severity } from "./queue";
import { goToPane, goToQueue } from "./route";
import { WhoButton } from "./who";
import { bringWork, work } from "./work";

export function Card() {
  const item = detail.value;
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
            {closed.value ? null : <Due moment={item.due_at} />}
          </p>
        )}
        {item === undefined ? null : <Present at={item.here} />}
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

/** Why texts rest, what waits for it, and what was not sent lately: in the server's own words. */
function Rests() {
  const now = texting.value;
  if (now === undefined) return null;
  const back = [...now.waiting, ...now.dropped];
  return (
    <>
      {now.reason === null ? null : <p class="notice">{now.words}</p>}
      {back.length === 0 ? null : (
        <details class="small">
          <summary>{t("texting.back")}</summary>
          <ul>
            {back.map((one) => (
              <li key={one.id}>{one.words}</li>
            ))}
          </ul>
          <p class="soft">{now.clock.words}</p>
        </details>
      )}
    </>
  );
}

function Composer({ thread }: { thread: string }) {
  const id = useId();
  const busy = useSignal(false);
  const told = useSignal<"moved" | "empty" | null>(null);
  const ready = useSignal(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const more = work.value;
  const body = drafts.value[thread]?.body ?? "";
  const { units, segments, costly } = count(body);
  const name = firstName();
  const barred = texting.value?.may === false;
  const pickReady = (): void => {
    void bringWork();
    ready.value = !ready.value;
  };
  /** Put words where the cursor stands, apart from what stands before and after. */
  const insert = (words: string): void => {
    const from = box.current?.selectionStart ?? body.length;
    const before = body.slice(0, from);
    const after = body.slice(box.current?.selectionEnd ?? from);
    const put = `${/\S$/.test(before) ? " " : ""}${words}${/^\S/.test(after) ? " " : ""}`;
    draft(thread, before + put + after);
    requestAnimationFrame(() => {
      box.current?.focus();
      box.current?.setSelectionRange(from + put.length, from + put.length);
    });
  };
  const send = async (finish = false): Promise<void> => {
    if (busy.value) return;
    if (body.trim() === "") {
      told.value = "empty";
      return;
    }
    busy.value = true;
    told.value = null;
    try {
      const became = await reply(thread);
      if (became === "moved") told.value = "moved";
      if (became === "sent" && finish && !closed.value && (!held.value || mine.value)) {
        likely.value = "answered-by-text";
        goToPane("doing");
        step.value = "finish";
      }
    } finally {
      busy.value = false;
    }
  };
  if (barred) {
    return (
      <div class="composer">
        <p class="notice warn">{t("problem.may-not-text", { name })}</p>
        <p class="small">{texting.value?.words}</p>
      </div>
    );
  }
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Rests />
      <div role="alert">
        {told.value === "moved" ? <p class="notice warn">{t("reply.moved")}</p> : null}
        {told.value === "empty" ? <p class="notice">{t("reply.empty")}</p> : null}
      </div>
      <TakeBack thread={thread} onBack={(words) => draft(thread, words)} />
      {ready.value && more !== undefined ? <more.Ready open={ready} onTake={insert} /> : null}
      <div class="row spread">
        <label for="reply">{t("reply.label", { name })}</label>
        <button
          type="button"
          class="button quiet small"
          aria-expanded={ready.value}
          onClick={pickReady}
        >
          {t("ready")}
        </button>
      </div>
      <textarea
        id="reply"
        ref={box}
        rows={3}
        maxLength={1600}
        value={body}
        aria-describedby={`${id}-cost`}
        onInput={(event) => {
          told.value = null;
          draft(thread, event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            void send(event.shiftKey);
          } else if (event.key === "." && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            pickReady();
          }
        }}
      />
      <Preview body={body} onTake={(words) => draft(thread, words)} />
      <div class="row spread">
        <p class="soft small" id={`${id}-cost`}>
          {patient.value === undefined
            ? ""
            : `${t(patient.value.language === "es" ? "reply.language" : "reply.language.en", { name })} `}
          <span class="cost">
            {body === ""
              ? ""
              : t(segments === 1 ? "reply.cost.one" : "reply.cost", { units, segments })}
          </span>
          {costly.length === 0
            ? ""
            : ` ${t("reply.costly", { letters: costly.slice(0, 3).join(" ") })}`}
        </p>
        <button class="button first" type="submit" disabled={busy.value}>
          {t(busy.value ? "reply.sending" : "reply.send")}
        </button>
      </div>
    </form>
  );
}
