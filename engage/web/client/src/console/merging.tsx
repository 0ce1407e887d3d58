// Two records of one person: find the other, look at both, say which is kept; and undo it. Only
// supervisors, since the wrong merge tells one person's story to another.
import { batch, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

import { call, type Found, type Patient } from "../api/call";
import { t } from "../shared/words";
import { attempt } from "./desk";
import { Dialog } from "./dialog";
import { Fact, Facts } from "./facts";
import {
  about,
  both,
  full,
  merge,
  merged,
  other,
  read,
  shown,
  told,
  unmerge,
  type Pair,
} from "./records";

const WAIT_MS = 150;
const MOST_FOUND = 8;

export function Merge() {
  const first = useRef<HTMLInputElement>(null);
  return (
    <Dialog shown={shown} title={t("merge.title")} first={first}>
      <div class="inside">
        <div role="alert">
          {told.value === null ? null : (
            <p class={`notice ${told.value.wrong ? "wrong" : "done"}`}>{told.value.words}</p>
          )}
        </div>
        <Step first={first} />
      </div>
    </Dialog>
  );
}

function Step({ first }: { first: RefObject<HTMLInputElement | null> }) {
  const person = about.value;
  if (person === null) return null;
  if (merged.value !== null) return <Undo pair={merged.value} />;
  if (person.merged_into !== null) return <p class="soft">{t("loading")}</p>;
  if (other.value !== null) return <Confirm one={person} two={other.value} />;
  return <Choose person={person} first={first} />;
}

function Choose({ person, first }: { person: Patient; first: RefObject<HTMLInputElement | null> }) {
  const id = useId();
  const query = useSignal("");
  const found = useSignal<Found[] | undefined>(undefined);
  const chosen = useSignal<string | null>(null);
  const missing = useSignal(false);

  useEffect(() => {
    first.current?.focus();
  }, []);
  useEffect(() => {
    const typed = query.value;
    if (typed === "") return;
    const timer = setTimeout(() => {
      void attempt(() =>
        call("get", "/v1/patients", { query: { query: typed, limit: MOST_FOUND } }),
      ).then((page) => {
        if (page === undefined || query.value !== typed) return;
        found.value = page.items.filter(
          (one) => one.id !== person.id && one.practice_id === person.practice_id,
        );
      });
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [query.value]);

  const compare = async (): Promise<void> => {
    if (chosen.value === null) {
      missing.value = true;
      first.current?.focus();
      return;
    }
    told.value = null;
    const [now, two] = await Promise.all([read(person.id), read(chosen.value)]);
    if (now === undefined || two === undefined || about.value !== person) return;
    batch(() => {
      about.value = now;
      other.value = two;
    });
  };

  return (
    <form
      class="ask"
      onSubmit={(event) => {
        event.preventDefault();
        void compare();
      }}
    >
      <p class="small">{t("merge.lead", { name: full(person) })}</p>
      <label for={`${id}-find`}>{t("merge.find")}</label>
      <input
        ref={first}
        id={`${id}-find`}
        type="search"
        autocomplete="off"
        placeholder={t("ask.who.hint")}
        value={query.value}
        aria-describedby={missing.value ? `${id}-missing` : undefined}
        onInput={(event) => {
          query.value = event.currentTarget.value;
        }}
      />
      <fieldset class="found">
        <legend class="unseen">{t("merge.find")}</legend>
        {found.value?.length === 0 ? <p class="soft">{t("merge.none")}</p> : null}
        {found.value?.map((one) => (
          <label key={one.id} class="choice">
            <input
              type="radio"
              name={`${id}-other`}
              checked={chosen.value === one.id}
              onChange={() => {
                chosen.value = one.id;
                missing.value = false;
              }}
            />
            <span>
              {full(one)} <span class="soft small">{one.external_id}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <p role="alert" id={`${id}-missing`} class="missing small">
        {missing.value ? t("merge.choose") : ""}
      </p>
      <button type="submit" class="button first">
        {t("merge.compare")}
      </button>
    </form>
  );
}

function Confirm({ one, two }: { one: Patient; two: Patient }) {
  const id = useId();
  const kept = useSignal(one.id);
  const busy = useSignal(false);
  const start = useRef<HTMLInputElement>(null);
  const pair = kept.value === one.id ? { given: two, kept: one } : { given: one, kept: two };
  useEffect(() => {
    start.current?.focus();
  }, []);
  const act = async (): Promise<void> => {
    if (busy.value) return;
    busy.value = true;
    await merge(pair).finally(() => {
      busy.value = false;
    });
  };
  return (
    <form
      class="ask"
      onSubmit={(event) => {
        event.preventDefault();
        void act();
      }}
    >
      <fieldset class="records" aria-describedby={`${id}-what`}>
        <legend class="label">{t("merge.which")}</legend>
        {[one, two].map((each, place) => (
          <div key={each.id}>
            <label class="choice">
              <input
                type="radio"
                name={`${id}-kept`}
                {...(place === 0 ? { ref: start } : {})}
                checked={kept.value === each.id}
                onChange={() => {
                  kept.value = each.id;
                }}
              />
              {t("merge.keep", { name: full(each), id: each.external_id })}
            </label>
            <dl class="facts">
              <Facts of={each} />
              <Fact name={t("merge.manager")}>
                {each.care_manager === null
                  ? ""
                  : `${each.care_manager.given_name} ${each.care_manager.family_name}`}
              </Fact>
            </dl>
          </div>
        ))}
      </fieldset>
      <p class="notice warn">{t("merge.sure")}</p>
      <p class="small" id={`${id}-what`}>
        {t("merge.what")}
      </p>
      <div class="row">
        <button type="submit" class="button first" disabled={busy.value}>
          {t("merge.do", both(pair))}
        </button>
        <button
          type="button"
          class="button quiet"
          onClick={() => {
            other.value = null;
            told.value = null;
          }}
        >
          {t("merge.back")}
        </button>
      </div>
    </form>
  );
}

function Undo({ pair }: { pair: Pair }) {
  const busy = useSignal(false);
  const start = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    start.current?.focus();
  }, []);
  const act = async (): Promise<void> => {
    if (busy.value) return;
    busy.value = true;
    await unmerge(pair).finally(() => {
      busy.value = false;
    });
  };
  return (
    <div class="ask">
      {told.value === null ? <p>{t("merge.done", both(pair))}</p> : null}
      <p class="small">{t("merge.undo.what", both(pair))}</p>
      <button
        ref={start}
        type="button"
        class="button"
        aria-disabled={busy.value}
        onClick={() => void act()}
      >
        {t("merge.undo")}
      </button>
    </div>
  );
}
