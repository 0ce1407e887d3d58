// What the queue and the phones say, in English.
import * as common from "./en/common";
import * as frame from "./en/frame";
import * as instruments from "./en/instruments";
import * as phone from "./en/phone";
import * as queue from "./en/queue";
import * as texts from "./en/texts";
import * as work from "./en/work";

export const words = {
  ...common.words,
  ...frame.words,
  ...instruments.words,
  ...phone.words,
  ...queue.words,
  ...texts.words,
  ...work.words,
} as const;
