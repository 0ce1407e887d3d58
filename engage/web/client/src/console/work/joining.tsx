// Join work to other open work of the same patient: one answer serves both. It can be taken apart.
import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";

import { call, type Item, type ItemDetail } from "../../api/call";
import { named, t } from "../../shared/words";
import { attempt, take, zoneOf } from "../desk";
import { Due } from "../queue";
import { go } from "../route";
import { useStep } from "./doing";
import { StepForm } from "./form";
import { grave } from "./may";

export function Joining({ item }: { item: ItemDetail }) {
  const id = useId();
  const others = useSignal<Item[] | undefined>(undefined);
  const into = useSignal<string | null>(null);
  const missing = useSignal(false);
  const { busy, run } = useStep(item);
  const whose = item.patient?.id ?? "";
  useEffect(() => {
    void attempt(() => call("get", "/v1/queue", { query: { patient: whose, limit: 50 } })).then(
      (found) => {
        others.value = found?.items.filter((one) => one.id !== item.id && !grave(one));
        into.value = others.value?.[0]?.id ?? null;
      },
    );
  }, [item.id]);
  const all = others.value;
  if (all === undefined) return <p class="soft">{t("loading")}</p>;
  if (all.length === 0) return <p class="notice">{t("merge.work.none")}</p>;
  const join = (): void => {
    const target = into.value;
    missing.value = target === null;
    if (target === null) return;
    void run(() =>
      take(`merge ${target}`, t("merge.work.done"), (asked) =>
        call("post", "/v1/queue/{item_id}/merge", { ...asked, body: { into: target } }),
      ).then((done) => {
        // One goes on where it is done now.
        if (done !== undefined) go(target);
        return done;
      }),
    false);
  };
  return (
    <StepForm label={t("step.merge")} go={t("merge.work.do")} busy={busy.value} onDo={join}>
      <fieldset>
        <legend class="label">{t("merge.work.into")}</legend>
        {all.map((one) => (
          <label key={one.id} class="choice">
            <input
              type="radio"
              name={id}
              checked={into.value === one.id}
              onChange={() => {
                into.value = one.id;
              }}
            />
            <span>
              {named("subject", one.subject)}{" "}
              <span class="soft small">
                {named("severity", one.severity)} · <Due moment={one.due_at} zone={zoneOf(one.practice_id)} />
              </span>
              {one.excerpt === null ? null : (
                <>
                  {" "}
                  <q class="small" lang={one.patient?.language}>
                    {one.excerpt.words}
                  </q>
                </>
              )}
            </span>
          </label>
        ))}
      </fieldset>
      <p role="alert" class="missing small">
        {missing.value ? t("merge.work.into") : ""}
      </p>
      <p class="soft small">{t("merge.work.hint")}</p>
    </StepForm>
  );
}
