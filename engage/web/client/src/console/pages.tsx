// The pages beside the queue: a program of its own that is fetched when it is needed.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { speakRarely, t } from "../shared/words";
import { Refused, useActing } from "./acting";
import { part } from "./desk";
import { LaterPage } from "./later";
import { keepFocus } from "./link";
import { Calls } from "./lists/calls";
import { People } from "./lists/people";
import { Reach } from "./lists/reach";
import { PersonPage } from "./person/page";
import { AdminLater } from "./admin-later";
import { place } from "./place";
import { RepliesPage } from "./replies";
import { TeamLater } from "./team-later";

/** What is seldom looked at is fetched when somebody does. */
const rare = signal<typeof import("./rare") | undefined>(undefined);

function Rare() {
  const acting = useActing();
  useEffect(() => {
    if (rare.value !== undefined) return;
    const both = () => Promise.all([import("./rare"), speakRarely()]);
    void acting.act(() => part(both)).then((found) => {
      rare.value = found?.[0];
    });
  }, []);
  useEffect(keepFocus, [rare.value]);
  if (rare.value !== undefined) return <rare.value.Page />;
  return (
    <main class="page" id="main">
      <h2 id="place" tabIndex={-1}>
        {t("loading")}
      </h2>
      <Refused of={acting} />
    </main>
  );
}

export function Page() {
  switch (place.value.at) {
    case "person":
      return <PersonPage key={place.value.id} />;
    case "people":
      return <People />;
    case "calls":
      return <Calls />;
    case "reach":
      return <Reach />;
    case "visits":
    case "schedules":
      return <LaterPage />;
    case "admin":
      return <AdminLater />;
    case "replies":
      return <RepliesPage />;
    case "team":
      return <TeamLater />;
    case "measures":
    case "rides":
    case "places":
      return <Rare />;
    case "queue":
      return null;
  }
}
