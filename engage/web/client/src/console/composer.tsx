// The field to answer in: what may be sent and what it costs, words kept ready, and sending.
import { useSignal } from "@preact/signals";
import { useId, useRef } from "preact/hooks";

import { count } from "../shared/segments";
import { t } from "../shared/words";
import { Preview, TakeBack } from "./before";
import {
  closed,
  draft,
  drafts,
  firstName,
  held,
  likely,
  mine,
  patient,
  reply,
  step,
  texting,
} from "./desk";
import { goToPane } from "./route";
import { bringWork, work } from "./work";

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

export function Composer({ thread }: { thread: string }) {
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
