// What is on somebody's record, as a list of names and values.
import type { ComponentChildren } from "preact";

import type { Patient } from "../api/call";
import { spaced } from "../shared/number";
import { named, t } from "../shared/words";

/** What tells two people of one name apart. */
export function Facts({ of, children }: { of: Patient; children?: ComponentChildren }) {
  return (
    <>
      <Fact name={t("why.phone")}>{of.phone === null ? t("why.no.phone") : spaced(of.phone)}</Fact>
      {children}
      <Fact name={t("why.language")}>{named("language", of.language)}</Fact>
      <Fact name={t("why.born")}>{of.birth_date === null ? "" : born(of.birth_date)}</Fact>
      <Fact name={t("why.id")}>{of.external_id}</Fact>
    </>
  );
}

export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function born(date: string): string {
  const words = new Intl.DateTimeFormat(document.documentElement.lang, {
    dateStyle: "medium",
    timeZone: "UTC",
  });
  return words.format(new Date(date));
}
