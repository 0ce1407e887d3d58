// The replies that a practice keeps ready: everybody reads them, who directs the work writes them. A
// variable that nobody fills is refused now, by the server, and not when somebody is about to send.
import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";

import { call, type Schema } from "../../api/call";
import { count } from "../../shared/segments";
import { named, t } from "../../shared/words";
import { attempt, me } from "../desk";
import { Refused, useActing } from "../acting";
import { Field } from "../fields";
import { directs } from "../place";

type Reply = Schema["CannedReplyOut"];
const LANGUAGES = ["en", "es"] as const;
/** The variables, as one writes them. */
const BRACED = {
  given_name: "{given_name}",
  care_manager: "{care_manager}",
  practice: "{practice}",
  phone: "{phone}",
};

export function Replies() {
  const all = useSignal<Reply[] | undefined>(undefined);
  /** What was taken out of the list on this page, and can be put back. */
  const retired = useSignal<Reply | null>(null);
  const open = useSignal<string | null>(null);
  const acting = useActing(read);
  async function read(): Promise<void> {
    const found = await attempt(() => call("get", "/v1/canned-replies"));
    if (found !== undefined) all.value = found.items;
  }
  useEffect(() => {
    void read();
  }, []);
  const retire = async (one: Reply, gone: boolean): Promise<void> => {
    const done = await acting.act(
      () =>
        call("patch", "/v1/canned-replies/{reply_id}", {
          path: { reply_id: one.id },
          body: { retired: gone },
          version: one.version,
        }),
      t(gone ? "replies.retired" : "replies.back"),
    );
    if (done === undefined) return;
    retired.value = gone ? done : null;
    await read();
  };
  const closed = (): void => {
    open.value = null;
    void read();
  };
  const practices = (me.value?.memberships ?? []).filter((one) => directs(one.practice_id));
  return (
    <main class="page narrow" id="main">
      <h2 id="place" tabIndex={-1}>
        {t("replies.title")}
      </h2>
      <p class="soft">{t("replies.lead")}</p>
      <Refused of={acting} />
      {retired.value === null ? null : (
        <p class="notice row spread">
          {t("replies.retired")}
          <button
            type="button"
            class="button small"
            onClick={() => void (retired.value === null ? undefined : retire(retired.value, false))}
          >
            {t("undo")}
          </button>
        </p>
      )}
      {all.value === undefined ? <p class="soft">{t("loading")}</p> : null}
      {all.value?.length === 0 ? <p>{t("ready.none")}</p> : null}
      <ul class="listed">
        {all.value?.map((one) =>
          open.value === one.id ? (
            <li key={one.id}>
              <Write reply={one} practice={one.practice_id} onDone={closed} />
            </li>
          ) : (
            <li key={one.id}>
              <h3>{one.title}</h3>
              {one.filled.map((said) => (
                <div key={said.language}>
                  <p class="soft small">
                    {named("language", said.language)} ·{" "}
                    {t(said.segments === 1 ? "ready.cost.one" : "ready.cost", { n: said.segments })}
                  </p>
                  <p lang={said.language}>{one.bodies[said.language]}</p>
                </div>
              ))}
              {directs(one.practice_id) ? (
                <div class="row">
                  <button
                    type="button"
                    class="button small"
                    onClick={() => {
                      open.value = one.id;
                    }}
                  >
                    {t("replies.change")}
                  </button>
                  <button
                    type="button"
                    class="button quiet small"
                    onClick={() => void retire(one, true)}
                  >
                    {t("replies.retire")}
                  </button>
                </div>
              ) : null}
            </li>
          ),
        )}
      </ul>
      {practices.length === 0 ? (
        <p class="soft small">{t("replies.who")}</p>
      ) : open.value === "new" ? (
        <Write reply={null} practice={practices[0]?.practice_id} onDone={closed} />
      ) : (
        <p>
          <button
            type="button"
            class="button first"
            onClick={() => {
              open.value = "new";
            }}
          >
            {t("replies.new")}
          </button>
        </p>
      )}
    </main>
  );
}

interface Writing {
  reply: Reply | null;
  practice: string | undefined;
  onDone: () => void;
}

function Write({ reply, practice, onDone }: Writing) {
  const id = useId();
  const title = useSignal(reply?.title ?? "");
  const bodies = useSignal<Record<string, string>>({ ...reply?.bodies });
  const acting = useActing();
  const save = async (): Promise<void> => {
    const written = Object.fromEntries(
      Object.entries(bodies.value).filter(([, words]) => words.trim() !== ""),
    );
    const body = { title: title.value.trim(), bodies: written };
    const done = await acting.act(
      () =>
        reply === null
          ? call("post", "/v1/canned-replies", {
              body: { ...body, ...(practice === undefined ? {} : { practice_id: practice }) },
              key: crypto.randomUUID(),
            })
          : call("patch", "/v1/canned-replies/{reply_id}", {
              path: { reply_id: reply.id },
              body,
              version: reply.version,
            }),
      t("replies.kept"),
    );
    if (done !== undefined) onDone();
  };
  return (
    <form
      class="ask"
      aria-label={t(reply === null ? "replies.new" : "replies.change")}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Field label={t("replies.name")} value={title} most={80} needed />
      {LANGUAGES.map((one) => {
        const words = bodies.value[one] ?? "";
        return (
          <div key={one}>
            <label for={`${id}-${one}`}>{t("replies.words", { language: named("language", one) })}</label>
            <textarea
              id={`${id}-${one}`}
              rows={3}
              maxLength={1000}
              lang={one}
              value={words}
              aria-describedby={`${id}-${one}-cost`}
              onInput={(event) => {
                bodies.value = { ...bodies.value, [one]: event.currentTarget.value };
              }}
            />
            <p class="soft small" id={`${id}-${one}-cost`}>
              {words === ""
                ? ""
                : t(count(words).segments === 1 ? "ready.cost.one" : "ready.cost", {
                    n: count(words).segments,
                  })}
            </p>
          </div>
        );
      })}
      <p class="soft small">{t("replies.variables", BRACED)}</p>
      <Refused of={acting} />
      <div class="row">
        <button type="submit" class="button first" disabled={acting.busy.value}>
          {t("replies.keep")}
        </button>
        <button type="button" class="button quiet" onClick={onDone}>
          {t("cancel")}
        </button>
      </div>
    </form>
  );
}
