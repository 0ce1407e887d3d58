// What one says and reads while working with what is open, in Spanish.
import * as triage from "./es/triage";

export const words = {
  ...triage.words,
} as const;
