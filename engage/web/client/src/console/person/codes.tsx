// Codes of a need: those that fit are suggestions, and nothing but a person's press sets one.
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";

import { call, type Need, type Schema } from "../../api/call";
import { named, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { keyOf } from "../desk";
import { loadPerson, putNeed } from "./state";

type Code = Schema["CodeOut"];
const keyOfCode = (one: Code): string => `${one.system} ${one.code}`;

export function Codes({ need }: { need: Need }) {
  const id = useId();
  const acting = useActing(loadPerson);
  const chosen = useSignal<ReadonlySet<string> | null>(null);
  const all = [...need.codes, ...need.suggested];
  if (all.length === 0) return null;
  const held = new Set(need.codes.map(keyOfCode));
  const now = chosen.value ?? held;
  const changed = now.size !== held.size || [...now].some((one) => !held.has(one));

  const save = async (): Promise<void> => {
    const codes = all
      .filter((one) => now.has(keyOfCode(one)))
      .map(({ system, code }) => ({ system, code }));
    const done = await acting.act(
      () =>
        call("post", "/v1/needs/{need_id}/status", {
          path: { need_id: need.id },
          body: { act: "accept-codes", codes },
          key: keyOf(`codes ${need.id} ${need.version} ${[...now].join()}`),
          version: need.version,
        }),
      t("codes.saved"),
    );
    if (done === undefined) return;
    putNeed(done);
    chosen.value = null;
  };

  return (
    <details>
      <summary>
        {t("codes.title", { kept: need.codes.length, suggested: need.suggested.length })}
      </summary>
      <form
        class="ask"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <p class="soft small" id={`${id}-lead`}>
          {t("codes.lead")}
        </p>
        <fieldset aria-describedby={`${id}-lead`}>
          <legend class="unseen">{t("codes.legend")}</legend>
          {all.map((one) => (
            <label key={keyOfCode(one)} class="choice">
              <input
                type="checkbox"
                checked={now.has(keyOfCode(one))}
                onChange={(event) => {
                  const next = new Set(now);
                  if (event.currentTarget.checked) next.add(keyOfCode(one));
                  else next.delete(keyOfCode(one));
                  chosen.value = next;
                }}
              />
              <span>
                {/* Code systems speak English. */}
                <span lang="en">{one.display}</span>{" "}
                <span class="soft small">
                  {named("system", one.system)} <code>{one.code}</code>
                  {held.has(keyOfCode(one)) ? "" : ` · ${t("codes.suggestion")}`}
                </span>
              </span>
            </label>
          ))}
        </fieldset>
        <Refused of={acting} />
        <button type="submit" class="button small" disabled={!changed || acting.busy.value}>
          {t("codes.save")}
        </button>
      </form>
    </details>
  );
}
