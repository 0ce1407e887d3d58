// What the pages beside the queue say, in English.
import * as care from "./en/care";
import * as circle from "./en/circle";
import * as lists from "./en/lists";
import * as needs from "./en/needs";
import * as visits from "./en/visits";

export const words = {
  ...care.words,
  ...circle.words,
  ...lists.words,
  ...needs.words,
  ...visits.words,
} as const;
