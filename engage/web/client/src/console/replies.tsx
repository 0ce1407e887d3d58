// The way to the replies that are kept ready: their page is fetched when somebody goes there.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { speakOfWork, t } from "../shared/words";
import { Refused, useActing } from "./acting";
import { part } from "./desk";
import { keepFocus } from "./link";

const replies = signal<typeof import("./work/replies") | undefined>(undefined);

export function RepliesPage() {
  const acting = useActing();
  useEffect(() => {
    if (replies.value !== undefined) return;
    const both = () => Promise.all([import("./work/replies"), speakOfWork()]);
    void acting.act(() => part(both)).then((found) => {
      replies.value = found?.[0];
    });
  }, []);
  useEffect(keepFocus, [replies.value]);
  if (replies.value !== undefined) return <replies.value.Replies />;
  return (
    <main class="page" id="main">
      <h2 id="place" tabIndex={-1}>
        {t("loading")}
      </h2>
      <Refused of={acting} />
    </main>
  );
}
