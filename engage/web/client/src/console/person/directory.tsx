// The directory: who helps with this, where, in which language. One that does not say where it works
// or what it speaks is shown too: a person asks it.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { call, type Listed } from "../../api/call";
import { dateOf } from "../../shared/time";
import { named, t } from "../../shared/words";
import { attempt } from "../desk";
import { Field, Select } from "../fields";
import { refusal } from "../texting";

const WAIT_MS = 250;
const KM_OF_MILE = 1.609344;
const MILES = ["5", "10", "25", "50"] as const;
const LANGUAGES = ["any", "en", "es"] as const;
const POINT = /^\s*-?\d+(\.\d+)?\s*,\s*-?\d+(\.\d+)?\s*$/;

interface Props {
  domain: string;
  language: "en" | "es";
  onChoose: (one: Listed) => void;
}

export function Directory({ domain, language, onChoose }: Props) {
  const words = useSignal("");
  const area = useSignal("");
  const near = useSignal("");
  const within = useSignal<(typeof MILES)[number]>("25");
  const speaks = useSignal<(typeof LANGUAGES)[number]>(language);
  const found = useSignal<Listed[] | undefined>(undefined);
  const next = useSignal<string | null>(null);
  const wrong = useSignal<string | null>(null);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.querySelector("input")?.focus();
  }, []);

  const query = {
    need: domain,
    query: words.value.trim(),
    limit: 20,
    ...(area.value.trim() === "" ? {} : { area: area.value.trim() }),
    ...(speaks.value === "any" ? {} : { language: speaks.value }),
    ...(POINT.test(near.value)
      ? { near: near.value.replaceAll(" ", ""), within: Number(within.value) * KM_OF_MILE }
      : {}),
  };
  const asked = JSON.stringify(query);
  const current = useRef(asked);
  current.current = asked;
  const read = async (cursor: string | null): Promise<void> => {
    const page = await attempt(
      () => call("get", "/v1/organizations", { query: cursor === null ? query : { ...query, cursor } }),
      (problem) => {
        wrong.value = refusal(problem);
        return true;
      },
    );
    if (page === undefined || current.current !== asked) return;
    wrong.value = null;
    found.value = cursor === null ? page.items : [...(found.value ?? []), ...page.items];
    next.value = page.next;
  };
  useEffect(() => {
    const timer = setTimeout(() => void read(null), WAIT_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [asked]);

  return (
    <>
      <form
        ref={form}
        class="ask"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          void read(null);
        }}
      >
        <div class="pair">
          <Field label={t("directory.area")} value={area} most={80} hint={t("directory.area.hint")} />
          <Field label={t("directory.words")} type="search" value={words} most={200} />
        </div>
        <details>
          <summary>
            {t("directory.more", {
              language: speaks.value === "any" ? t("directory.any") : named("language", speaks.value),
            })}
          </summary>
          <div class="pair">
            <Select
              label={t("directory.language")}
              of={LANGUAGES}
              value={speaks}
              say={(one) => (one === "any" ? t("directory.any") : named("language", one))}
            />
            <Field
              label={t("directory.point")}
              value={near}
              most={60}
              hint={t("directory.point.hint")}
            />
            <Select
              label={t("directory.within")}
              of={MILES}
              value={within}
              say={(one) => t("directory.miles", { n: one })}
            />
          </div>
        </details>
      </form>
      <div role="status">
        {wrong.value === null ? null : <p class="notice wrong">{wrong.value}</p>}
        {found.value === undefined ? <p class="soft">{t("loading")}</p> : null}
        {found.value?.length === 0 ? (
          <>
            <p>{t("directory.none")}</p>
            <p class="soft small">{t("directory.none.more")}</p>
          </>
        ) : null}
      </div>
      <ul class="listed">
        {found.value?.map((one) => (
          <li key={one.service.id}>
            <Helper of={one} />
            <button
              type="button"
              class="button small"
              onClick={() => {
                onChoose(one);
              }}
            >
              {t("directory.choose")}
              <span class="unseen">
                : {one.service.name}, {one.organization.name}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {next.value === null ? null : (
        <button type="button" class="button" onClick={() => void read(next.value)}>
          {t("queue.more")}
        </button>
      )}
    </>
  );
}

/** What one wants to know before one calls. */
export function Helper({ of }: { of: Listed }) {
  const { organization, service, km } = of;
  const door = service.locations[0];
  const where = door === undefined ? "" : [door.address, door.city].filter(Boolean).join(", ");
  const speaks = service.languages.map((one) => named("language", one)).join(", ");
  const phone = service.phone ?? organization.phone;
  return (
    <div>
      <p>
        <strong>{service.name}</strong>
        <span class="soft"> · {organization.name}</span>
      </p>
      <p class="row small">
        <span class={`chip room-${service.capacity}`}>{named("capacity", service.capacity)}</span>
        {km === null ? null : <span>{t("directory.far", { n: (km / KM_OF_MILE).toFixed(1) })}</span>}
        {where === "" ? null : <span>{where}</span>}
      </p>
      <p class="soft small">
        {[
          speaks === "" ? t("directory.speaks.unsaid") : speaks,
          service.eligibility,
          service.fees,
          service.verified_on === null
            ? t("directory.unverified")
            : t("directory.verified", { date: dateOf(service.verified_on) }),
        ]
          .filter(Boolean)
          .join(" · ")}
      </p>
      {phone === null ? null : (
        <p class="small">
          <a href={`tel:${phone}`}>{phone}</a>
        </p>
      )}
    </div>
  );
}
