// Where visits are: the address, the clock, what to bring. What is written here, people read in texts.
import { signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { call, type VisitPlace } from "../../api/call";
import { place as placeName } from "../../shared/time";
import { t } from "../../shared/words";
import { Refused, useActing, type Acting } from "../acting";
import { attempt, keyOf, me, zoneOf } from "../desk";
import { Area, Field, Missing, Select } from "../fields";
import { Fold } from "../fold";
import { Link } from "../link";
import { places } from "../person/state";

const all = signal<VisitPlace[] | undefined>(undefined);

async function read(): Promise<void> {
  const found: VisitPlace[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const query = cursor === undefined ? { limit: 100 } : { limit: 100, cursor };
    const page = await attempt(() => call("get", "/v1/places", { query }));
    if (page === undefined) return;
    found.push(...page.items);
    cursor = page.next;
  }
  all.value = found;
  // The pages of people offer the same places.
  places.value = found;
}

export function Sites() {
  useEffect(() => void read(), []);
  return (
    <main class="page narrow" id="main">
      <h2 id="place" tabIndex={-1}>
        {t("places.title")}
      </h2>
      <p class="soft">{t("places.lead")}</p>
      <p>
        <Link to={{ at: "rides", day: "" }}>{t("places.back")}</Link>
      </p>
      {all.value === undefined ? <p class="soft">{t("loading")}</p> : null}
      {all.value?.length === 0 ? <p>{t("places.none")}</p> : null}
      <ul class="plans">
        {all.value?.map((one) => (
          <One key={one.id} of={one} />
        ))}
      </ul>
      <Add />
    </main>
  );
}

function useFields(of: VisitPlace | null) {
  return {
    name: useSignal(of?.name ?? ""),
    address: useSignal(of?.address ?? ""),
    zone: useSignal(of?.zone ?? zoneOf(me.value?.memberships?.[0]?.practice_id) ?? ""),
    bring: useSignal(of?.bring ?? ""),
    external: useSignal(of?.external_id ?? ""),
    lacks: useSignal(false),
  };
}

type Fields = ReturnType<typeof useFields>;

function said({ name, address, zone, bring, lacks }: Fields) {
  const body = {
    name: name.value.trim(),
    address: address.value.trim(),
    zone: zone.value.trim(),
    bring: bring.value.trim(),
  };
  lacks.value = body.name === "" || body.address === "";
  return lacks.value ? null : body;
}

function Form({ of }: { of: Fields }) {
  return (
    <>
      <Field label={t("places.name")} value={of.name} most={120} needed />
      <Field label={t("places.address")} value={of.address} most={300} needed />
      <Field label={t("places.zone")} value={of.zone} most={60} hint={t("places.zone.hint")} />
      <Area
        label={t("places.bring")}
        value={of.bring}
        most={300}
        hint={t("places.bring.hint")}
      />
    </>
  );
}

function One({ of }: { of: VisitPlace }) {
  const acting = useActing(read);
  const changing = useSignal(false);
  return (
    <li class="plan">
      <h3>{of.name}</h3>
      <p>{of.address}</p>
      <p class="soft small">
        {[placeName(of.zone), of.external_id].filter(Boolean).join(" · ")}
      </p>
      {of.bring === "" ? null : <p class="small">{of.bring}</p>}
      <div class="row">
        <button
          type="button"
          class="button small"
          aria-expanded={changing.value}
          onClick={() => {
            changing.value = !changing.value;
          }}
        >
          {t("places.edit")}
          <span class="unseen">: {of.name}</span>
        </button>
      </div>
      {changing.value ? (
        <Change
          of={of}
          acting={acting}
          onDone={() => {
            changing.value = false;
          }}
        />
      ) : null}
    </li>
  );
}

function Change({ of, acting, onDone }: { of: VisitPlace; acting: Acting; onDone: () => void }) {
  const fields = useFields(of);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.querySelector("input")?.focus();
  }, []);
  const save = async (): Promise<void> => {
    const body = said(fields);
    if (body === null) return;
    const path = { place_id: of.id };
    const done = await acting.act(
      () => call("patch", "/v1/places/{place_id}", { path, body, version: of.version }),
      t("places.saved"),
    );
    if (done === undefined) return;
    onDone();
    await read();
  };
  return (
    <form
      ref={form}
      class="ask inset"
      aria-label={t("places.change")}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Form of={fields} />
      <Missing id={`lacks-${of.id}`} words={fields.lacks.value ? t("places.lacks") : null} />
      <Refused of={acting} />
      <button type="submit" class="button first" disabled={acting.busy.value}>
        {t("consent.save")}
      </button>
    </form>
  );
}

function Add() {
  const fields = useFields(null);
  const practices = [...new Set(me.value?.memberships?.map((one) => one.practice_id))];
  const practice = useSignal(practices[0] ?? "");
  const acting = useActing(read);
  const nameOf = (id: string): string =>
    me.value?.memberships?.find((one) => one.practice_id === id)?.practice_name ?? "";
  const save = async (): Promise<boolean> => {
    const known = said(fields);
    if (known === null) return false;
    const external = fields.external.value.trim();
    const body = {
      ...known,
      external_id: external === "" ? null : external,
      practice_id: practice.value,
    };
    const key = keyOf(`place ${JSON.stringify(body)}`);
    const made = await acting.act(() => call("post", "/v1/places", { body, key }), t("places.added"));
    if (made === undefined) return false;
    for (const one of [fields.name, fields.address, fields.bring, fields.external]) one.value = "";
    await read();
    return true;
  };
  return (
    <Fold
      title={t("places.add")}
      act={t("places.add.do")}
      acting={acting}
      lacks={fields.lacks.value ? t("places.lacks") : null}
      save={save}
    >
      {practices.length < 2 ? null : (
        <Select label={t("rides.practice")} of={practices} value={practice} say={nameOf} />
      )}
      <Form of={fields} />
      <Field label={t("places.external")} value={fields.external} most={80} />
    </Fold>
  );
}
