// Somebody's words with what a rule found in them marked. The places are counted in characters as
// the server counts them, and not in the halves of characters that a browser counts in.
import type { Reading } from "./known";

type Found = Reading["found"][number];

interface Run {
  words: string;
  rules: Found[];
}

export function Marked({ words, found }: { words: string; found: Found[] }) {
  return (
    <>
      {runs([...words], found).map(({ words: some, rules }, place) =>
        rules.length === 0 ? (
          some
        ) : rules.some((one) => one.standing === "stands") ? (
          <mark key={place}>{some}</mark>
        ) : (
          <span key={place} class="taken-back">
            {some}
          </span>
        ),
      )}
    </>
  );
}

/** The text cut where a finding begins or ends. */
function runs(letters: string[], found: Found[]): Run[] {
  const cuts = new Set([0, letters.length]);
  for (const one of found) cuts.add(one.start).add(one.end);
  const at = [...cuts].filter((one) => one <= letters.length).sort((one, other) => one - other);
  return at.slice(1).map((end, place) => {
    const start = at[place] ?? 0;
    return {
      words: letters.slice(start, end).join(""),
      rules: found.filter((one) => one.start <= start && end <= one.end),
    };
  });
}

export function phrase(words: string, one: Found): string {
  return [...words].slice(one.start, one.end).join("");
}
