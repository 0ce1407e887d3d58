// A page that is fetched, with its words, when somebody looks at it; until then, and if nobody answers,
// it says so.
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";

import { t } from "../shared/words";
import { Refused, useActing } from "./acting";
import { part } from "./desk";
import { keepFocus } from "./link";

export function fetched(load: () => Promise<readonly [ComponentType, void]>): ComponentType {
  const page = signal<ComponentType | undefined>(undefined);
  return function Fetched() {
    const acting = useActing();
    useEffect(() => {
      if (page.value !== undefined) return;
      void acting.act(() => part(load)).then((found) => {
        page.value = found?.[0];
      });
    }, []);
    useEffect(keepFocus, [page.value]);
    const Page = page.value;
    if (Page !== undefined) return <Page />;
    return (
      <main class="page" id="main">
        <h2 id="place" tabIndex={-1}>
          {t("loading")}
        </h2>
        <Refused of={acting} />
      </main>
    );
  };
}
