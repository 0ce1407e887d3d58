// What the pages beside the queue say, in Spanish.
import * as care from "./es/care";
import * as circle from "./es/circle";
import * as lists from "./es/lists";
import * as needs from "./es/needs";
import * as visits from "./es/visits";

export const words = {
  ...care.words,
  ...circle.words,
  ...lists.words,
  ...needs.words,
  ...visits.words,
} as const;
