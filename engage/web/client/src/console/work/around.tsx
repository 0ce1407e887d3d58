// What stands beside a piece of work: notes of colleagues, what is done as part of it, and the page
// that whoever takes it on reads.
import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";

import { call, type ItemDetail } from "../../api/call";
import { Moment } from "../../shared/moment";
import { named, t } from "../../shared/words";
import { loadCard, step, take, zone } from "../desk";
import { useActing, Refused } from "../acting";
import { Area, Choice } from "../fields";
import { Packet } from "./packet";
import { StepForm } from "./form";

export function Around({ item }: { item: ItemDetail }) {
  const open = useSignal(false);
  return (
    <>
      <Notes item={item} />
      {item.parts.length === 0 ? null : <Parts item={item} />}
      {item.patient === null ? null : (
        <section class="block" aria-label={t("packet.title")}>
          <details
            onToggle={(event) => {
              open.value = event.currentTarget.open;
            }}
          >
            <summary>{t("packet.title")}</summary>
            {open.value ? <Packet item={item} /> : null}
          </details>
        </section>
      )}
    </>
  );
}

function Notes({ item }: { item: ItemDetail }) {
  const writing = step.value === "note";
  return (
    <section class="block" aria-labelledby="notes">
      <h2 id="notes">{t("notes.title")}</h2>
      {item.notes.length === 0 ? <p class="soft small">{t("notes.none")}</p> : null}
      <ol class="notes">
        {item.notes.map((one) => (
          <li key={one.id}>
            <p class="small">
              <strong>
                {one.staff.given_name} {one.staff.family_name}
              </strong>{" "}
              <span class="soft">
                {named("note.kind", one.kind)} · <Moment at={one.at} zone={zone.value} as="ago" />
              </span>
            </p>
            <p class="note">{one.body}</p>
          </li>
        ))}
      </ol>
      {writing ? <Writing item={item} /> : null}
    </section>
  );
}

const KINDS = ["note", "promise"] as const;

function Writing({ item }: { item: ItemDetail }) {
  const body = useSignal("");
  const kind = useSignal<(typeof KINDS)[number] | null>("note");
  const missing = useSignal(false);
  const busy = useSignal(false);
  const where = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    where.current?.querySelector("textarea")?.focus();
  }, []);
  const write = async (): Promise<void> => {
    const words = body.value.trim();
    missing.value = words === "";
    if (words === "" || busy.value) return;
    busy.value = true;
    const asked = `note ${item.notes.length} ${kind.value ?? ""} ${words}`;
    const done = await take(asked, t("notes.kept"), ({ path, key }) =>
      call("post", "/v1/queue/{item_id}/notes", {
        path,
        key,
        body: { body: words, kind: kind.value ?? "note" },
      }),
    ).finally(() => {
      busy.value = false;
    });
    if (done === undefined) return;
    step.value = null;
    document.getElementById("doing")?.focus();
  };
  return (
    <div ref={where}>
      <StepForm
        label={t("step.note")}
        go={t("notes.keep")}
        busy={busy.value}
        onDo={() => void write()}
      >
        <Area label={t("notes.words")} value={body} most={4000} rows={3} hint={t("notes.hint")} needed />
        <Choice
          legend={t("notes.kind")}
          of={KINDS}
          value={kind}
          say={(one) => t(`note.choose.${one}`)}
        />
        <p role="alert" class="missing small">
          {missing.value ? t("notes.missing") : ""}
        </p>
      </StepForm>
    </div>
  );
}

function Parts({ item }: { item: ItemDetail }) {
  const acting = useActing(loadCard);
  return (
    <section class="block" aria-labelledby="parts">
      <h2 id="parts">{t("parts.title")}</h2>
      <ul class="notes">
        {item.parts.map((one) => (
          <li key={one.id} class="row spread">
            <span>
              {named("subject", one.subject)}{" "}
              <span class="soft small">
                {named("severity", one.severity)} · <Moment at={one.at} zone={zone.value} as="ago" />
              </span>
            </span>
            <button
              type="button"
              class="button small"
              aria-disabled={acting.busy.value}
              onClick={() =>
                void acting
                  .act(
                    () =>
                      call("post", "/v1/queue/{item_id}/unmerge", {
                        path: { item_id: one.id },
                        key: crypto.randomUUID(),
                      }),
                    t("parts.apart"),
                  )
                  .then(loadCard)
              }
            >
              {t("parts.part")}
            </button>
          </li>
        ))}
      </ul>
      <Refused of={acting} />
    </section>
  );
}
