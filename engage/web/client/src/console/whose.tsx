// Who wrote this? Why a text is taken for this person's, and a way to say whose it really is.
import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

import { call, type Attribution, type Candidate } from "../api/call";
import { named, t } from "../shared/words";
import { attempt, loadCard, loadQueue, said, sentence, spoken } from "./desk";
import { Dialog } from "./dialog";
import { asked, shown } from "./who";

const WAIT_MS = 150;
const MOST_FOUND = 6;
const NOBODY = "nobody";

export function Who() {
  const first = useRef<HTMLInputElement>(null);
  return (
    <Dialog shown={shown} title={t("who.open")} first={first}>
      {asked.value === null ? null : <Form key={asked.value} message={asked.value} first={first} />}
    </Dialog>
  );
}

function valueOf(one: Candidate): string {
  return `${one.author}/${one.author_id}/${one.patient_id}`;
}

function Form({ message, first }: { message: string; first: RefObject<HTMLInputElement | null> }) {
  const id = useId();
  const stands = useSignal<Attribution | undefined>(undefined);
  const chosen = useSignal<string | null>(null);
  const query = useSignal("");
  const found = useSignal<Candidate[]>([]);
  const reason = useSignal("");
  const told = useSignal<string | null>(null);
  const busy = useSignal(false);

  useEffect(() => {
    const path = { message_id: message };
    void attempt(() => call("get", "/v1/messages/{message_id}/attribution", { path })).then((one) => {
      stands.value = one;
    });
  }, [message]);

  useEffect(() => {
    const typed = query.value;
    if (typed === "") return;
    const timer = setTimeout(() => {
      void attempt(() =>
        call("get", "/v1/patients", { query: { query: typed, limit: MOST_FOUND } }),
      ).then((page) => {
        if (page === undefined || query.value !== typed) return;
        found.value = page.items.map((one) => {
          const name = spoken(one);
          return {
            author: "patient",
            author_id: one.id,
            name,
            patient_id: one.id,
            patient_name: name,
          };
        });
      });
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [query.value]);

  const now = stands.value;
  if (now === undefined) return <p class="soft">{t("loading")}</p>;
  const known = new Set(now.candidates.map(valueOf));
  const people = [...now.candidates, ...found.value.filter((one) => !known.has(valueOf(one)))];

  const save = async (): Promise<void> => {
    const to = people.find((one) => valueOf(one) === chosen.value);
    if (busy.value) return;
    if (to === undefined && chosen.value !== NOBODY) {
      told.value = t("who.choose");
      return;
    }
    busy.value = true;
    const done = await attempt(
      () =>
        call("post", "/v1/messages/{message_id}/attribution", {
          path: { message_id: message },
          body: {
            author: to?.author ?? "unknown",
            author_id: to?.author_id ?? null,
            patient_id: to?.patient_id ?? null,
            reason: reason.value.trim() === "" ? null : reason.value.trim(),
            seen: now.corrections[0]?.id ?? null,
          },
          key: crypto.randomUUID(),
        }),
      (problem) => {
        told.value = sentence(problem);
        return true;
      },
    );
    busy.value = false;
    if (done === undefined) return;
    said.value = t("who.done");
    shown.value = false;
    await Promise.all([loadCard(), loadQueue()]);
  };

  return (
    <form
      class="ask"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <p class="why">
        {now.sure === null ? null : <strong>{named("sure", now.sure)}. </strong>}
        {now.why === null ? t("who.before") : named("attribution", now.why)}
      </p>
      {now.corrections.length === 0 ? null : (
        <p class="soft small">{t("who.corrected", { count: now.corrections.length })}</p>
      )}
      <div role="alert">
        {told.value === null ? null : <p class="notice wrong">{told.value}</p>}
      </div>
      <fieldset class="found">
        <legend>{t("who.really")}</legend>
        {people.map((one, place) => (
          <label key={valueOf(one)} class="row">
            <input
              ref={place === 0 ? first : null}
              type="radio"
              name="whose"
              checked={chosen.value === valueOf(one)}
              onChange={() => {
                chosen.value = valueOf(one);
              }}
            />
            {one.author === "caregiver"
              ? t("who.caregiver", { name: one.name, patient: one.patient_name })
              : one.name}
          </label>
        ))}
        <label class="row">
          <input
            ref={people.length === 0 ? first : null}
            type="radio"
            name="whose"
            checked={chosen.value === NOBODY}
            onChange={() => {
              chosen.value = NOBODY;
            }}
          />
          {t("who.nobody")}
        </label>
      </fieldset>
      <label for={`${id}-other`}>{t("who.other")}</label>
      <input
        id={`${id}-other`}
        type="search"
        autocomplete="off"
        value={query.value}
        onInput={(event) => {
          query.value = event.currentTarget.value;
        }}
      />
      <label for={`${id}-reason`}>{t("who.reason")}</label>
      <input
        id={`${id}-reason`}
        maxLength={400}
        value={reason.value}
        onInput={(event) => {
          reason.value = event.currentTarget.value;
        }}
      />
      <p class="soft small">{t("who.what")}</p>
      <button class="button first" type="submit" disabled={busy.value}>
        {t("who.save")}
      </button>
    </form>
  );
}
