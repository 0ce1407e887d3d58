// The words of the pages beside the queue, which come with those pages: who only looks at the queue or
// plays a phone does not load them.
import { learn } from "../words";
import * as care from "./care";
import * as lists from "./lists";
import * as needs from "./needs";
import * as visits from "./visits";

export const en = { ...care.en, ...lists.en, ...needs.en, ...visits.en } as const;
export const es: Record<keyof typeof en, string> = {
  ...care.es,
  ...lists.es,
  ...needs.es,
  ...visits.es,
};

learn(en, es);
