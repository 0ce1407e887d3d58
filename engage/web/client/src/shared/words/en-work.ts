// What one says and reads while working with what is open, in English.
import * as triage from "./en/triage";

export const words = {
  ...triage.words,
} as const;
