// The page of a team: how much each has, who waits too long, who is here, leave, hours. Everybody reads
// who is here and enters their own leave; the rest is for who directs the work.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { t, type Word } from "../../shared/words";
import { notice } from "../desk";
import { Select } from "../fields";
import { Link } from "../link";
import { stirred } from "../place";
import { Calendar } from "./calendar";
import { Duties } from "./duty";
import { Lateness } from "./late";
import { Leaves } from "./leave";
import { Loads } from "./load";
import { choose, colleagues, mayDirect, practice, practiceName, practices, read } from "./state";
import "./team.css";

const PARTS: [string, Word][] = [
  ["load", "load.title"],
  ["late", "late.title"],
  ["here", "here.title"],
  ["leave", "leave.title"],
  ["duty", "duty.title"],
];
const OF_ALL = ["here", "leave"];

export function TeamPage() {
  useEffect(() => void read(), [stirred.value]);
  const parts = mayDirect() ? PARTS : PARTS.filter(([id]) => OF_ALL.includes(id));
  return (
    <main class="page team" id="main">
      <h2 id="place" tabIndex={-1}>
        {t("team.title")}
      </h2>
      {notice.value?.kind === "wrong" ? (
        <p class="notice wrong" role="alert">
          {notice.value.words}
        </p>
      ) : null}
      <Practices />
      {mayDirect() ? (
        <p>
          <Link to={{ at: "restricted" }}>{t("team.restricted")}</Link>
        </p>
      ) : null}
      <nav class="jumps" aria-label={t("team.parts")}>
        {parts.map(([id, word]) => (
          <button
            key={id}
            type="button"
            onClick={() => {
              jump(id);
            }}
          >
            {t(word)}
          </button>
        ))}
      </nav>
      {colleagues.value === undefined ? (
        <p class="soft">{t("loading")}</p>
      ) : (
        <>
          {mayDirect() ? <Loads /> : null}
          {mayDirect() ? <Lateness /> : null}
          <Calendar />
          <Leaves />
          {mayDirect() ? <Duties /> : null}
        </>
      )}
    </main>
  );
}

/** Within the page: the address stays, the focus goes along. */
function jump(id: string): void {
  const head = document.getElementById(`team-${id}-title`);
  head?.focus();
  head?.scrollIntoView();
}

const picked = signal("");

function Practices() {
  useEffect(() => {
    picked.value = practice.value;
  }, [practice.value]);
  useEffect(() => {
    if (picked.value !== "" && picked.value !== practice.value) choose(picked.value);
  }, [picked.value]);
  if (practices.value.length < 2) return null;
  return (
    <div class="narrowly">
      <Select
        label={t("team.practice")}
        of={practices.value}
        value={picked}
        say={practiceName}
      />
    </div>
  );
}
