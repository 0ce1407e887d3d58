// What the queue and the phones say, in Spanish.
import * as common from "./es/common";
import * as frame from "./es/frame";
import * as instruments from "./es/instruments";
import * as phone from "./es/phone";
import * as queue from "./es/queue";
import * as texts from "./es/texts";
import * as work from "./es/work";

export const words = {
  ...common.words,
  ...frame.words,
  ...instruments.words,
  ...phone.words,
  ...queue.words,
  ...texts.words,
  ...work.words,
} as const;
