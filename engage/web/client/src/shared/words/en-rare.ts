// What the places that are seldom looked at say, in English.
import * as day from "./en/day";
import * as figures from "./en/figures";

export const words = {
  ...day.words,
  ...figures.words,
} as const;
