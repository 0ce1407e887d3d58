// Ask a patient an instrument's questions by text: how a story begins.
import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

import { call } from "../api/call";
import { language } from "../shared/look";
import { t } from "../shared/words";
import { about, shown, type Asked } from "./ask";
import { attempt, instruments, said, sentence, spoken } from "./desk";
import { titleOf } from "./instruments";
import { Dialog } from "./dialog";

const WAIT_MS = 150;

export function Ask() {
  const first = useRef<HTMLElement>(null);
  return (
    <Dialog shown={shown} title={t("ask.title")} first={first}>
      <Form first={first} />
    </Dialog>
  );
}

function Form({ first }: { first: RefObject<HTMLElement | null> }) {
  const id = useId();
  const whom = about.value;
  const query = useSignal("");
  const found = useSignal<Asked[] | undefined>(undefined);
  const chosen = useSignal<Asked | null>(whom);
  const told = useSignal<{ wrong: boolean; words: string } | null>(null);
  const key = useRef(crypto.randomUUID());
  const tools = instruments.value.filter((one) => one.channels.includes("sms"));
  const picked = useSignal<string | undefined>(undefined);
  // The instruments may still be on their way when the dialog opens.
  const usual = tools.find((one) => one.id === "hunger-vital-sign") ?? tools[0];
  const tool = picked.value ?? usual?.id;

  useEffect(() => {
    if (whom !== null) return;
    const asked = query.value;
    const timer = setTimeout(() => {
      void attempt(() =>
        call("get", "/v1/patients", { query: asked === "" ? { limit: 8 } : { query: asked, limit: 8 } }),
      ).then((page) => {
        if (page !== undefined && query.value === asked) found.value = page.items;
      });
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [query.value]);

  const send = async (): Promise<void> => {
    const to = chosen.value;
    if (to === null || tool === undefined) {
      told.value = { wrong: true, words: t("ask.choose") };
      return;
    }
    const made = await attempt(
      () =>
        call("post", "/v1/patients/{patient_id}/screenings", {
          path: { patient_id: to.id },
          body: { instrument: tool, channel: "sms" },
          key: key.current,
        }),
      (problem) => {
        told.value = { wrong: true, words: sentence(problem) };
        key.current = crypto.randomUUID();
        return true;
      },
    );
    if (made === undefined) return;
    const words = t("ask.sent", { name: `${to.given_name} ${to.family_name}` });
    told.value = { wrong: false, words };
    said.value = words;
    chosen.value = whom;
    key.current = crypto.randomUUID();
  };

  return (
    <form
      class="ask"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <div role="alert">
        {told.value === null ? null : (
          <p class={told.value.wrong ? "notice wrong" : "notice done"}>{told.value.words}</p>
        )}
      </div>
      {whom === null ? null : (
        <p>
          <strong>
            {whom.given_name} {whom.family_name}
          </strong>
        </p>
      )}
      {whom !== null ? null : (
        <>
          <label for={`${id}-who`}>{t("ask.who")}</label>
          <input
            ref={first as RefObject<HTMLInputElement>}
            id={`${id}-who`}
            type="search"
            autocomplete="off"
            placeholder={t("ask.who.hint")}
            value={query.value}
            onInput={(event) => {
              query.value = event.currentTarget.value;
            }}
          />
          <fieldset class="found">
            <legend class="unseen">{t("ask.who")}</legend>
            {found.value?.length === 0 ? <p class="soft">{t("ask.none")}</p> : null}
            {found.value?.map((one) => (
              <label key={one.id} class="choice">
                <input
                  type="radio"
                  name={`${id}-patient`}
                  checked={chosen.value?.id === one.id}
                  onChange={() => {
                    chosen.value = one;
                    told.value = null;
                  }}
                />
                <span>
                  {spoken(one)}{" "}
                  <span class="soft small">
                    {one.external_id} · {t(`language.${one.language}`)}
                  </span>
                </span>
              </label>
            ))}
          </fieldset>
        </>
      )}
      <label for={`${id}-what`}>{t("ask.what")}</label>
      <select
        ref={whom === null ? null : (first as RefObject<HTMLSelectElement>)}
        id={`${id}-what`}
        value={tool}
        onChange={(event) => {
          picked.value = event.currentTarget.value;
        }}
      >
        {tools.map((one) => (
          <option key={one.id} value={one.id}>
            {titleOf(one.id)}
            {one.languages["es"] === "draft" && language.value === "es" ? ` (${t("ask.draft")})` : ""}
          </option>
        ))}
      </select>
      <button type="submit" class="button first">
        {t("ask.send")}
      </button>
    </form>
  );
}
