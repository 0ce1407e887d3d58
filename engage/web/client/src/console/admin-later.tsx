// Administration is fetched, with its words, when somebody goes there.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { speakOfAdministration, t } from "../shared/words";
import { Refused, useActing } from "./acting";
import { part } from "./desk";
import { keepFocus } from "./link";

const admin = signal<typeof import("./admin/page") | undefined>(undefined);

export function AdminLater() {
  const acting = useActing();
  useEffect(() => {
    if (admin.value !== undefined) return;
    const both = () => Promise.all([import("./admin/page"), speakOfAdministration()]);
    void acting.act(() => part(both)).then((found) => {
      admin.value = found?.[0];
    });
  }, []);
  useEffect(keepFocus, [admin.value]);
  if (admin.value !== undefined) return <admin.value.AdminPage />;
  return (
    <main class="page" id="main">
      <h2 id="place" tabIndex={-1}>
        {t("loading")}
      </h2>
      <Refused of={acting} />
    </main>
  );
}
