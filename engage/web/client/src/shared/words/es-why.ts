// What is said of a crisis, of reasons, and of what stands around a person, in Spanish.
import * as due from "./es/due";
import * as reasons from "./es/reasons";
import * as rules from "./es/rules";
import * as why from "./es/why";

export const words = { ...due.words, ...reasons.words, ...rules.words, ...why.words } as const;
