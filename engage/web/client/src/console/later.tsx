// What is fetched once somebody looks at visits more closely: its program, with its words.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

import { speakOfVisits, t } from "../shared/words";
import { Refused, useActing } from "./acting";
import { part } from "./desk";
import { keepFocus } from "./link";

type Visiting = typeof import("./visiting");
const visiting = signal<Visiting | undefined>(undefined);

function useVisiting() {
  const acting = useActing();
  useEffect(() => {
    if (visiting.value !== undefined) return;
    const both = () => Promise.all([import("./visiting"), speakOfVisits()]);
    void acting.act(() => part(both)).then((found) => {
      if (found !== undefined) visiting.value = found[0];
    });
  }, []);
  return acting;
}

/** A part of a page that needs it. */
export function Later({ of }: { of: (found: Visiting) => ComponentChildren }) {
  const acting = useVisiting();
  if (visiting.value !== undefined) return <>{of(visiting.value)}</>;
  return (
    <>
      <p class="soft">{t("loading")}</p>
      <Refused of={acting} />
    </>
  );
}

/** A page of it. */
export function LaterPage() {
  const acting = useVisiting();
  useEffect(keepFocus, [visiting.value]);
  if (visiting.value !== undefined) return <visiting.value.Page />;
  return (
    <main class="page" id="main">
      <h2 id="place" tabIndex={-1}>
        {t("loading")}
      </h2>
      <Refused of={acting} />
    </main>
  );
}
