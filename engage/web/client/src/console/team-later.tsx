// The page of the team is fetched, with its words, when somebody looks at it.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { speakOfTeam, t } from "../shared/words";
import { Refused, useActing } from "./acting";
import { part } from "./desk";
import { keepFocus } from "./link";

const team = signal<typeof import("./team/page") | undefined>(undefined);

export function TeamLater() {
  const acting = useActing();
  useEffect(() => {
    if (team.value !== undefined) return;
    const both = () => Promise.all([import("./team/page"), speakOfTeam()]);
    void acting.act(() => part(both)).then((found) => {
      team.value = found?.[0];
    });
  }, []);
  useEffect(keepFocus, [team.value]);
  if (team.value !== undefined) return <team.value.TeamPage />;
  return (
    <main class="page" id="main">
      <h2 id="place" tabIndex={-1}>
        {t("loading")}
      </h2>
      <Refused of={acting} />
    </main>
  );
}
