// Organizations that the practice writes down itself. Those of an imported directory stay as they are.
import { signal, useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { call, type Schema } from "../../api/call";
import { named, t } from "../../shared/words";
import { attempt, keyOf } from "../desk";
import { Area, Field, Select } from "../fields";
import { At, differences, Form, useEditing, type Editing } from "./form";
import type { Held } from "./state";

type Organization = Schema["OwnOrganizationOut"];
type Offered = Schema["ServiceIn"];

const NEEDS = [
  "food-insecurity",
  "transportation-insecurity",
  "housing-instability",
  "homelessness",
  "inadequate-housing",
  "utility-insecurity",
  "financial-insecurity",
  "social-connection",
  "employment-status",
  "personal-health-literacy",
];
const CAPACITIES = ["open", "waitlist", "full", "unknown"] as const;

export function Organizations({ of }: { of: Held }) {
  const all = useSignal<Organization[] | undefined>(undefined);
  const path = { practice_id: of.id };
  const read = async (): Promise<void> => {
    all.value = (
      await attempt(() => call("get", "/v1/practices/{practice_id}/organizations", { path }))
    )?.items;
  };
  useEffect(() => void read(), []);
  if (all.value === undefined) return <p class="soft">{t("loading")}</p>;
  return (
    <>
      <p class="soft small">{t("orgs.lead")}</p>
      {all.value.length === 0 ? <p>{t("orgs.none")}</p> : null}
      <ul class="plans">
        {all.value.map((one) => (
          <li class="plan" key={`${one.id} ${one.version}`}>
            <h3>
              {one.name}
              {one.retired ? ` (${t("orgs.retired")})` : ""}
            </h3>
            <p>{one.services.map((each) => each.name).join(", ")}</p>
            <details>
              <summary>
                {t(of.runs ? "orgs.change" : "orgs.look")}
                <span class="unseen">: {one.name}</span>
              </summary>
              <Said of={of} read={one} done={read} />
            </details>
          </li>
        ))}
      </ul>
      {of.runs ? (
        <details>
          <summary>{t("orgs.add")}</summary>
          <Said key={all.value.length} of={of} read={null} done={read} />
        </details>
      ) : null}
    </>
  );
}

interface Fields {
  id: string | null;
  rest: Partial<Offered>;
  name: Signal<string>;
  need: Signal<string>;
  languages: Signal<string>;
  covers: Signal<string>;
  city: Signal<string>;
  phone: Signal<string>;
  eligibility: Signal<string>;
  capacity: Signal<(typeof CAPACITIES)[number]>;
}

const fieldsOf = (one: Offered | null): Fields => ({
  id: one?.id ?? null,
  rest: one ?? {},
  name: signal(one?.name ?? ""),
  need: signal(one?.needs?.[0] ?? "food-insecurity"),
  languages: signal((one?.languages ?? ["en", "es"]).join(", ")),
  covers: signal((one?.covers ?? []).join(", ")),
  city: signal(one?.city ?? ""),
  phone: signal(one?.phone ?? ""),
  eligibility: signal(one?.eligibility ?? ""),
  capacity: signal(one?.capacity ?? "unknown"),
});

const listed = (said: string): string[] =>
  said
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);

const offered = (of: Fields): Offered => ({
  ...of.rest,
  id: of.id,
  name: of.name.value,
  needs: [...new Set([of.need.value, ...(of.rest.needs ?? []).slice(1)])],
  languages: listed(of.languages.value).map((one) => one.toLowerCase()),
  covers: listed(of.covers.value),
  city: of.city.value.trim(),
  phone: of.phone.value.trim() || null,
  eligibility: of.eligibility.value.trim() || null,
  capacity: of.capacity.value,
  // Whoever saves it has made sure of it.
  verified_on: null,
});

interface OfForm {
  of: Held;
  read: Organization | null;
  done: () => Promise<void>;
}

function Said({ of, read, done }: OfForm) {
  const editing = useEditing();
  const base = useSignal(read);
  const name = useSignal(read?.name ?? "");
  const phone = useSignal(read?.phone ?? "");
  const email = useSignal(read?.email ?? "");
  const website = useSignal(read?.website ?? "");
  const about = useSignal(read?.description ?? "");
  const services = useSignal<Fields[]>((read?.services ?? [null]).map(fieldsOf));
  const body = (retired: boolean): Schema["OwnOrganizationIn"] => ({
    name: name.value,
    description: about.value,
    phone: phone.value.trim() || null,
    email: email.value.trim() || null,
    website: website.value.trim() || null,
    services: services.value.map(offered),
    retired,
  });
  const path = { practice_id: of.id };
  const add = (): Promise<unknown> => {
    const said = body(false);
    const key = keyOf(`organization ${JSON.stringify(said)}`);
    return editing.save(
      () => call("post", "/v1/practices/{practice_id}/organizations", { path, body: said, key }),
      t("orgs.added", { name: name.value }),
    );
  };
  const change = (kept: Organization, retired: boolean): Promise<unknown> => {
    const at = { practice_id: of.id, organization_id: kept.id };
    const address = "/v1/practices/{practice_id}/organizations/{organization_id}";
    return editing.save(
      () => call("put", address, { path: at, body: body(retired), version: kept.version }),
      t(retired ? "orgs.is.retired" : "form.saved"),
      async () => {
        const found = await attempt(() =>
          call("get", "/v1/practices/{practice_id}/organizations", { path }),
        );
        const now = found?.items.find((one) => one.id === kept.id);
        if (now === undefined) return [];
        const labels = {
          name: t("orgs.name"),
          description: t("orgs.about"),
          phone: t("orgs.phone"),
          email: t("orgs.email"),
          website: t("orgs.website"),
          services: t("orgs.services"),
          retired: t("orgs.retired"),
        };
        for (const [field, was, is] of [
          [name, kept.name, now.name],
          [about, kept.description, now.description],
          [phone, kept.phone ?? "", now.phone ?? ""],
          [email, kept.email ?? "", now.email ?? ""],
          [website, kept.website ?? "", now.website ?? ""],
        ] as const) {
          if (field.value === was) field.value = is;
        }
        base.value = now;
        return differences(kept, now, labels, (value) =>
          Array.isArray(value)
            ? (value as Offered[]).map((one) => `${one.name} (${t(`capacity.${one.capacity ?? "unknown"}`)})`).join(", ")
            : String(value ?? ""),
        );
      },
    );
  };
  const send = async (retired: boolean): Promise<void> => {
    const missing = [
      ...(name.value.trim() === "" ? ["/name"] : []),
      ...services.value.flatMap((one, place) =>
        one.name.value.trim() === "" ? [`/services/${place}/name`] : [],
      ),
    ];
    if (missing.length > 0) {
      editing.refuse(missing.map((at) => ({ at, words: t("form.needed") })));
      return;
    }
    const kept = base.value;
    const made = await (kept === null ? add() : change(kept, retired));
    if (made !== undefined) await done();
  };
  const retired = base.value?.retired === true;
  return (
    <Form
      of={editing}
      label={read === null ? t("orgs.add") : `${t("orgs.change")}: ${read.name}`}
      act={t(retired ? "orgs.back" : "form.save")}
      looks={!of.runs}
      send={() => void send(false)}
    >
      <At name="/name" of={editing}>
        <Field label={t("orgs.name")} value={name} most={120} needed />
      </At>
      <At name="/description" of={editing}>
        <Area label={t("orgs.about")} value={about} most={1000} />
      </At>
      <div class="pair">
        <At name="/phone" of={editing}>
          <Field label={t("orgs.phone")} value={phone} most={200} />
        </At>
        <At name="/email" of={editing}>
          <Field label={t("orgs.email")} value={email} most={200} />
        </At>
        <At name="/website" of={editing}>
          <Field label={t("orgs.website")} value={website} most={200} />
        </At>
      </div>
      {services.value.map((one, place) => (
        <Service
          key={place}
          one={one}
          place={place}
          of={editing}
          remove={() => {
            services.value = services.value.filter((other) => other !== one);
          }}
        />
      ))}
      <div class="row">
        <button
          type="button"
          class="button small"
          onClick={() => {
            services.value = [...services.value, fieldsOf(null)];
          }}
        >
          {t("orgs.service.add")}
        </button>
        {base.value === null || retired ? null : (
          <button type="button" class="button small" onClick={() => void send(true)}>
            {t("orgs.retire")}
          </button>
        )}
      </div>
    </Form>
  );
}

interface OfService {
  one: Fields;
  place: number;
  of: Editing;
  remove: () => void;
}

function Service({ one, place, of, remove }: OfService) {
  const at = `/services/${place}`;
  const needs = NEEDS.includes(one.need.value) ? NEEDS : [...NEEDS, one.need.value];
  return (
    <At name={at} of={of} label={t("orgs.service", { n: place + 1 })}>
      <fieldset class="admin-day">
        <legend class="label">{t("orgs.service", { n: place + 1 })}</legend>
        <At name={`${at}/name`} of={of} label={`${t("orgs.service", { n: place + 1 })}, ${t("orgs.name")}`}>
          <Field label={t("orgs.name")} value={one.name} most={120} needed />
        </At>
        <div class="pair">
          <At name={`${at}/needs`} of={of}>
            <Select label={t("orgs.need")} of={needs} value={one.need} say={(need) => named("gives", need)} />
          </At>
          <Select
            label={t("orgs.capacity")}
            of={CAPACITIES}
            value={one.capacity}
            say={(each) => t(`capacity.${each}`)}
          />
          <At name={`${at}/languages`} of={of}>
            <Field label={t("orgs.languages")} value={one.languages} most={60} hint={t("orgs.languages.hint")} />
          </At>
          <At name={`${at}/covers`} of={of}>
            <Field label={t("orgs.covers")} value={one.covers} most={600} hint={t("orgs.covers.hint")} />
          </At>
          <Field label={t("orgs.city")} value={one.city} most={200} />
          <Field label={t("orgs.phone")} value={one.phone} most={200} />
        </div>
        <Field label={t("orgs.eligibility")} value={one.eligibility} most={200} />
        <button type="button" class="button quiet small" onClick={remove}>
          {t("orgs.service.remove")}
          <span class="unseen">: {one.name.value}</span>
        </button>
      </fieldset>
    </At>
  );
}
