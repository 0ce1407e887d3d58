// A closed record: that there is work, how grave and by when, and the way to open it with a reason.
import { signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { call, type Item, type Schema } from "../../api/call";
import { named, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { Dialog } from "../dialog";
import { attempt, keyOf, zoneOf } from "../desk";
import { Area, Choice, Missing } from "../fields";
import { keepFocus } from "../link";
import { ownership } from "../owned";
import { stirred } from "../place";
import { Due } from "../queue";
import { reread } from "./state";

type Reason = Schema["GlassIn"]["reason"];
const REASONS: Reason[] = ["treatment", "emergency", "patient-asked", "oversight", "other"];
const GRAVE = ["crisis", "possible"];
const shown = signal(false);

interface Props {
  patient: string;
  /** The heading of the place that it stands in. */
  id: "card" | "place";
}

export function Closed({ patient, id }: Props) {
  const work = useSignal<Item[]>([]);
  useEffect(keepFocus, []);
  useEffect(() => {
    shown.value = false;
    void attempt(() => call("get", "/v1/queue", { query: { patient } })).then((page) => {
      work.value = page?.items ?? [];
    });
  }, [patient, stirred.value]);
  return (
    <section class="shut" aria-labelledby={id}>
      <h2 id={id} tabIndex={-1}>
        {t("restricted.record")}
      </h2>
      <p>{t("restricted.lead")}</p>
      {work.value.length === 0 ? null : (
        <>
          <h3>{t("restricted.work")}</h3>
          <ul class="rows">
            {work.value.map((item) => (
              <li key={item.id} class={`item ${item.severity}`}>
                <span class="row spread">
                  <span class={`severity ${item.severity}`}>{named("severity", item.severity)}</span>
                  <Due moment={item.due_at} zone={zoneOf(item.practice_id)} />
                </span>
                <span class="soft small">{ownership(item)}</span>
                <Take item={item} />
              </li>
            ))}
          </ul>
        </>
      )}
      <button
        type="button"
        class="button first"
        onClick={() => {
          shown.value = true;
        }}
      >
        {t("restricted.open")}
      </button>
      <Glass patient={patient} />
    </section>
  );
}

/** What can't wait is taken by whoever is there; that opens the record, and is as loud. */
function Take({ item }: { item: Item }) {
  const acting = useActing();
  if (!GRAVE.includes(item.severity) || item.status !== "ready") return null;
  const take = async (): Promise<void> => {
    const done = await acting.act(() =>
      call("post", "/v1/queue/{item_id}/claim", {
        path: { item_id: item.id },
        key: keyOf(`take ${item.id} ${item.version}`),
        version: item.version,
      }),
    );
    if (done !== undefined) reread();
  };
  return (
    <>
      <Refused of={acting} />
      <button
        type="button"
        class="button small"
        disabled={acting.busy.value}
        onClick={() => void take()}
      >
        {t("restricted.take")}
      </button>
    </>
  );
}

function Glass({ patient }: { patient: string }) {
  const first = useRef<HTMLInputElement | null>(null);
  const reason = useSignal<Reason | null>(null);
  const words = useSignal("");
  const lacks = useSignal(false);
  const acting = useActing();
  const open = async (): Promise<void> => {
    const why = reason.value;
    const said = words.value.trim();
    lacks.value = why === null || (why === "other" && said === "");
    if (why === null || lacks.value) return;
    const body = { reason: why, words: said === "" ? null : said };
    const done = await acting.act(
      () =>
        call("post", "/v1/patients/{patient_id}/break-glass", {
          path: { patient_id: patient },
          body,
          key: crypto.randomUUID(),
        }),
      t("restricted.opened"),
    );
    if (done === undefined) return;
    shown.value = false;
    reread();
  };
  return (
    <Dialog shown={shown} title={t("restricted.open")} first={first}>
      <form
        class="ask"
        onSubmit={(event) => {
          event.preventDefault();
          void open();
        }}
      >
        <p>{t("restricted.loud")}</p>
        <Choice
          legend={t("restricted.why")}
          of={REASONS}
          value={reason}
          say={(one) => t(`opened.${one}`)}
          firstRef={(element) => {
            first.current = element;
          }}
        />
        <Area
          label={t("restricted.words")}
          value={words}
          most={500}
          hint={t("restricted.words.hint")}
        />
        <Missing id="glass" words={lacks.value ? t("restricted.lacks") : null} />
        <Refused of={acting} />
        <button type="submit" class="button first" disabled={acting.busy.value}>
          {t("restricted.open.now")}
        </button>
      </form>
    </Dialog>
  );
}
