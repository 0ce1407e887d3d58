// Documents that are shared with the family: attached, opened as a file, taken back.
import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

import { call, type Schema } from "../../api/call";
import { Moment } from "../../shared/moment";
import { named, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { attempt } from "../desk";
import { Field, Select } from "../fields";
import { Fold } from "../fold";
import { ours, person } from "./state";

type Document = Schema["DocumentOut"];

const ABOUT = ["care-plan", "visit-summary", "ride-voucher", "other"] as const;
const SENSITIVE = ["none", "violence", "substance", "sexual", "mental-health"] as const;

/** A file as base64, without the address of a page in front of it. */
const packed = (file: File): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(reader.error ?? new Error("unreadable"));
    reader.readAsDataURL(file);
  });

export function Documents() {
  const who = person.value;
  const all = useSignal<readonly Document[] | undefined>(undefined);
  const acting = useActing();
  const load = async (): Promise<void> => {
    if (who === undefined) return;
    const path = { patient_id: who.id };
    const found = await attempt(() => call("get", "/v1/patients/{patient_id}/documents", { path }));
    if (found !== undefined) all.value = found.items;
  };
  useEffect(() => void load(), [who?.id]);
  if (who === undefined) return null;
  const remove = async (one: Document): Promise<void> => {
    const path = { patient_id: who.id, document_id: one.id };
    await acting.act(
      () => call("delete", "/v1/patients/{patient_id}/documents/{document_id}", { path }),
      t("documents.removed"),
    );
    await load();
  };
  return (
    <>
      {all.value?.length === 0 ? <p class="soft">{t("documents.none")}</p> : null}
      <ul class="plans">
        {(all.value ?? []).map((one) => (
          <li key={one.id} class="plan">
            <h3>{one.title}</h3>
            <p class="soft small">
              {named("documents.about", one.about)} · {one.format.toUpperCase()} ·{" "}
              <Moment at={one.added_at} zone={ours.value} />
              {one.sensitive === null ? null : ` · ${named("documents.sensitive", one.sensitive)}`}
            </p>
            <div class="row">
              <a class="button small" href={`/v1/patients/${who.id}/documents/${one.id}/content`} download>
                {t("documents.open")}
                <span class="unseen">: {one.title}</span>
              </a>
              <button
                type="button"
                class="button small"
                aria-disabled={acting.busy.value}
                onClick={() => void remove(one)}
              >
                {t("documents.remove")}
                <span class="unseen">: {one.title}</span>
              </button>
            </div>
          </li>
        ))}
      </ul>
      <Refused of={acting} />
      <Add patient={who.id} load={load} />
    </>
  );
}

function Add({ patient, load }: { patient: string; load: () => Promise<void> }) {
  const id = useId();
  const title = useSignal("");
  const about = useSignal<(typeof ABOUT)[number]>("care-plan");
  const sensitive = useSignal<(typeof SENSITIVE)[number]>("none");
  const lacks = useSignal(false);
  const file = useRef<HTMLInputElement>(null);
  const acting = useActing();
  const save = async (): Promise<boolean> => {
    const chosen = file.current?.files?.[0];
    lacks.value = chosen === undefined || title.value.trim() === "";
    if (chosen === undefined || lacks.value) return false;
    const body = {
      title: title.value.trim(),
      about: about.value,
      sensitive: sensitive.value === "none" ? null : sensitive.value,
      content: await packed(chosen),
    };
    const key = crypto.randomUUID();
    const made = await acting.act(
      () => call("post", "/v1/patients/{patient_id}/documents", { path: { patient_id: patient }, body, key }),
      t("documents.shared"),
    );
    if (made === undefined) return false;
    title.value = "";
    if (file.current !== null) file.current.value = "";
    await load();
    return true;
  };
  return (
    <Fold
      title={t("documents.add")}
      act={t("documents.do")}
      acting={acting}
      lacks={lacks.value ? t("documents.lacks") : null}
      save={save}
    >
      <p class="soft small">{t("documents.what")}</p>
      <div>
        <label for={id}>{t("documents.file")}</label>
        <input id={id} ref={file} type="file" accept="application/pdf,image/png,image/jpeg" />
      </div>
      <Field label={t("documents.name")} value={title} most={120} needed />
      <Select label={t("documents.about")} of={ABOUT} value={about} say={(one) => named("documents.about", one)} />
      <Select
        label={t("documents.sensitive")}
        of={SENSITIVE}
        value={sensitive}
        say={(one) => named("documents.sensitive", one)}
      />
    </Fold>
  );
}
