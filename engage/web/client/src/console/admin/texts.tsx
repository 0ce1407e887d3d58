// Wordings that a named person has to sign before a real carrier may send them.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { call, type Schema } from "../../api/call";
import { language } from "../../shared/look";
import { t } from "../../shared/words";
import { attempt } from "../desk";
import { Field, Select } from "../fields";
import { At, Form, useEditing } from "./form";
import { nameOf, type Held } from "./state";

type Wording = Schema["TextReviewOut"];
const SPOKEN = ["es", "en"] as const;
const STATES = ["draft", "changed", "signed"] as const;
const AT_ONCE = 100;

const keyOf = (one: Wording): string => `${one.language} ${one.text_id}`;
const dayOf = (day: string): string =>
  new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeZone: "UTC" }).format(
    Date.parse(`${day}T00:00:00Z`),
  );

export function Texts({ of }: { of: Held }) {
  const all = useSignal<Wording[] | undefined>(undefined);
  const spoken = useSignal<(typeof SPOKEN)[number]>("es");
  const state = useSignal<(typeof STATES)[number]>("draft");
  const chosen = useSignal<ReadonlySet<string>>(new Set());
  const reviewer = useSignal("");
  const editing = useEditing();
  const path = { practice_id: of.id };
  const read = async (): Promise<void> => {
    all.value = (
      await attempt(() => call("get", "/v1/practices/{practice_id}/texts", { path }))
    )?.items;
  };
  useEffect(() => void read(), []);
  if (all.value === undefined) return <p class="soft">{t("loading")}</p>;
  const every = all.value;
  const shown = every.filter((one) => one.language === spoken.value && one.state === state.value);
  const picked = shown.filter((one) => chosen.value.has(keyOf(one)));
  const withdraws = state.value === "signed";
  const send = async (): Promise<void> => {
    if (picked.length === 0) {
      editing.refuse([{ at: "/texts", words: t("texts.lacks") }]);
      return;
    }
    const texts = picked
      .slice(0, AT_ONCE)
      .map((one) => ({ text_id: one.text_id, language: one.language, sha256: one.sha256 }));
    const done = withdraws
      ? await editing.save(
          () => call("post", "/v1/practices/{practice_id}/texts/withdrawals", { path, body: { texts } }),
          t("texts.withdrawn", { n: texts.length }),
        )
      : await editing.save(
          () =>
            call("post", "/v1/practices/{practice_id}/texts/signatures", {
              path,
              body: { reviewer: reviewer.value, texts },
            }),
          t("texts.signed", { n: texts.length }),
        );
    if (done === undefined) return;
    chosen.value = new Set();
    await read();
  };
  const pick = (keys: string[], on: boolean): void => {
    const now = new Set(chosen.value);
    for (const key of keys) {
      if (on) now.add(key);
      else now.delete(key);
    }
    chosen.value = now;
  };
  const many = (one: (typeof STATES)[number]): number =>
    every.filter((each) => each.language === spoken.value && each.state === one).length;
  return (
    <>
      <p class="soft small">{t("texts.lead")}</p>
      <div class="pair">
        <Select
          label={t("texts.language")}
          of={SPOKEN}
          value={spoken}
          say={(one) => t(`language.${one}`)}
        />
        <Select
          label={t("texts.state")}
          of={STATES}
          value={state}
          say={(one) => `${t(`texts.state.${one}`)} (${many(one)})`}
        />
      </div>
      <Form
        of={editing}
        label={t("admin.texts")}
        act={t(withdraws ? "texts.withdraw" : "texts.sign", { n: picked.length })}
        looks={!of.runs}
        long
        send={() => void send()}
      >
        {withdraws ? null : (
          <At name="/reviewer" of={editing}>
            <Field
              label={t("texts.reviewer")}
              value={reviewer}
              most={120}
              hint={t("texts.reviewer.hint")}
              needed
            />
          </At>
        )}
        <At name="/texts" of={editing} label={t("admin.texts")}>
          {shown.length === 0 ? <p>{t("texts.none")}</p> : null}
          {of.runs && shown.length > 1 ? (
            <button
              type="button"
              class="button small"
              onClick={() => {
                pick(shown.map(keyOf), picked.length < shown.length);
              }}
            >
              {t(picked.length < shown.length ? "texts.all" : "texts.no")}
            </button>
          ) : null}
          <ul class="plans">
            {shown.map((one) => (
              <One
                key={keyOf(one)}
                of={one}
                picked={chosen.value.has(keyOf(one))}
                onPick={(on) => {
                  pick([keyOf(one)], on);
                }}
              />
            ))}
          </ul>
        </At>
      </Form>
    </>
  );
}

interface OfOne {
  of: Wording;
  picked: boolean;
  onPick: (on: boolean) => void;
}

function One({ of, picked, onPick }: OfOne) {
  const checked = of.numbers.map((one) =>
    t("texts.number", { number: one.number, day: dayOf(one.last_checked) }),
  );
  return (
    <li class="plan">
      <label class="choice">
        <input
          type="checkbox"
          checked={picked}
          onChange={(event) => {
            onPick(event.currentTarget.checked);
          }}
        />
        <span>{of.text_id}</span>
      </label>
      <p class="admin-words" lang={of.language}>
        {of.words}
      </p>
      <p class="soft small">
        {[t(of.segments === 1 ? "texts.segment" : "texts.segments", { n: of.segments }), ...checked].join(
          " · ",
        )}
      </p>
      {of.reviewer === null || of.signed_on === null ? null : (
        <p class="small">
          {t(of.state === "changed" ? "texts.was" : "texts.by", {
            reviewer: of.reviewer,
            day: dayOf(of.signed_on),
          })}{" "}
          {of.signed_by === null ? t("texts.filed") : t("texts.written", { name: nameOf(of.signed_by) })}
        </p>
      )}
    </li>
  );
}
