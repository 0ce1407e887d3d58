// What the places that are seldom looked at say, in Spanish.
import * as day from "./es/day";
import * as figures from "./es/figures";

export const words = {
  ...day.words,
  ...figures.words,
} as const;
