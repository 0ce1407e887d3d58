// What the dialogs that are seldom opened say, in English.
import * as consent from "./en/consent";
import * as keys from "./en/keys";

export const words = {
  ...consent.words,
  ...keys.words,
} as const;
