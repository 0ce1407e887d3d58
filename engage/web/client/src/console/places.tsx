// The places of the console, and which of them is shown. Under a thumb they stand at the foot. What
// stands beside the queue is fetched in the background, so that it is there when somebody goes there.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { speakMore, t, type Word } from "../shared/words";
import { Card } from "./card";
import { Doing } from "./doing";
import { keepFocus, Link } from "./link";
import { directs, place, type Place } from "./place";
import { Queue } from "./queue";
import { visit } from "./route";
import { bringRestricted } from "./shut";

const PLACES: [Place, Word][] = [
  [{ at: "queue" }, "queue.tab"],
  [{ at: "people" }, "people.tab"],
  [{ at: "calls" }, "calls.tab"],
  [{ at: "reach", list: "silent" }, "reach.tab"],
  [{ at: "visits", day: "" }, "visits.tab"],
  [{ at: "rides", day: "" }, "rides.tab"],
  [{ at: "team" }, "team.tab"],
  [{ at: "measures" }, "measures.tab"],
];
/** What has no tab of its own stands under another. */
const UNDER: Partial<Record<Place["at"], Place["at"]>> = {
  person: "people",
  schedules: "visits",
  places: "rides",
  replies: "queue",
  restricted: "team",
};
const SOON_MS = 1500;

const beside = signal<typeof import("./pages") | undefined>(undefined);
const away = signal(false);

async function bring(): Promise<void> {
  try {
    const [pages] = await Promise.all([import("./pages"), speakMore()]);
    beside.value = pages;
    // Who directs the work is told of opened records from wherever they are.
    if (directs()) void bringRestricted();
  } catch {
    away.value = true;
  }
}

/** What has a tab for who directs the work of others; the team's page is in everybody's menu. */
const OF_DIRECTING: Place["at"][] = ["team", "measures"];

/** Those that the reader has. */
export function placesOf(): Place[] {
  const all = PLACES.map(([to]) => to);
  return directs() ? all : all.filter((to) => !OF_DIRECTING.includes(to.at));
}

let searching = false;

/** To the box in which one looks for a person. */
export function toSearch(): void {
  searching = true;
  if (place.value.at !== "people") visit({ at: "people" });
  requestAnimationFrame(search);
}

function search(): void {
  const box = document.querySelector<HTMLInputElement>('[role="search"] input');
  if (!searching || box === null) return;
  searching = false;
  box.focus();
}

export function Places() {
  const here = UNDER[place.value.at] ?? place.value.at;
  const mine = placesOf();
  return (
    <nav class="places" aria-label={t("places")}>
      {PLACES.filter(([to]) => mine.includes(to)).map(([to, word]) => (
        <Link key={to.at} to={to} here={here === to.at}>
          {t(word)}
        </Link>
      ))}
    </nav>
  );
}

export function Shown() {
  const queue = place.value.at === "queue";
  useEffect(() => {
    const timer = setTimeout(() => void bring(), queue ? SOON_MS : 0);
    return () => {
      clearTimeout(timer);
    };
  }, [queue]);
  useEffect(() => {
    if (queue) return;
    keepFocus();
    search();
  }, [queue, beside.value]);
  if (queue) {
    return (
      <main class="panes" id="main">
        <Queue />
        <Card />
        <Doing />
      </main>
    );
  }
  if (beside.value !== undefined) return <beside.value.Page />;
  return (
    <main class="page" id="main">
      <h2 id="place" tabIndex={-1}>
        {t("loading")}
      </h2>
      {away.value ? (
        <div role="alert">
          <p class="notice wrong">{t("problem.no-answer")}</p>
          <button
            type="button"
            class="button"
            onClick={() => {
              location.reload();
            }}
          >
            {t("again")}
          </button>
        </div>
      ) : null}
    </main>
  );
}
