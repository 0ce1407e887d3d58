// What the dialogs that are seldom opened say, in Spanish.
import * as consent from "./es/consent";
import * as keys from "./es/keys";

export const words = {
  ...consent.words,
  ...keys.words,
} as const;
