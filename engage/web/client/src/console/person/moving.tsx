// Write down what they said of a need. Which step may follow which is the server's to say.
import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

import { call, type Need, type Schema } from "../../api/call";
import { named, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { keyOf } from "../desk";
import { Area, Choice, Missing } from "../fields";
import { loadPerson, putNeed } from "./state";

type Act = Exclude<Schema["NeedStatusIn"]["act"], "accept-codes">;

export function Moving({ need, onDone }: { need: Need; onDone: () => void }) {
  const id = useId();
  const act = useSignal<Act | null>(null);
  const reason = useSignal("");
  const lacks = useSignal<"act" | "reason" | null>(null);
  const acting = useActing(loadPerson);
  const first = useRef<HTMLInputElement | null>(null);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    first.current?.focus();
  }, []);

  const save = async (): Promise<void> => {
    const [what, words] = [act.value, reason.value.trim()];
    lacks.value = what === null ? "act" : words === "" ? "reason" : null;
    if (what === null) {
      first.current?.focus();
      return;
    }
    if (words === "") {
      form.current?.querySelector("textarea")?.focus();
      return;
    }
    const done = await acting.act(
      () =>
        call("post", "/v1/needs/{need_id}/status", {
          path: { need_id: need.id },
          body: { act: what, reason: words },
          key: keyOf(`need ${need.id} ${need.version} ${what} ${words}`),
          version: need.version,
        }),
      t("consent.saved"),
    );
    if (done === undefined) return;
    putNeed(done);
    onDone();
    void loadPerson();
  };

  return (
    <form
      ref={form}
      class="ask inset"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Choice
        legend={t("need.say")}
        of={need.acts as readonly Act[]}
        value={act}
        say={(one) => named("need.do", one)}
        firstRef={(element) => {
          first.current = element;
        }}
        describedBy={lacks.value === "act" ? `${id}-missing` : undefined}
      />
      <Area
        label={t("consent.reason")}
        value={reason}
        most={500}
        hint={t("need.kept")}
        needed
        describedBy={lacks.value === "reason" ? `${id}-missing` : undefined}
      />
      <Missing
        id={`${id}-missing`}
        words={lacks.value === null ? null : t(`need.lacks.${lacks.value}`)}
      />
      <Refused of={acting} />
      <div class="row">
        <button type="submit" class="button first" disabled={acting.busy.value}>
          {t("consent.save")}
        </button>
        <button type="button" class="button quiet" onClick={onDone}>
          {t("cancel")}
        </button>
      </div>
    </form>
  );
}
