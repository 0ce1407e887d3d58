// Whether there is room for a table; where there is none, the same words stand in a list.
import { signal } from "@preact/signals";

const asked = matchMedia("(width < 60rem)");
export const narrow = signal(asked.matches);
asked.addEventListener("change", () => {
  narrow.value = asked.matches;
});
