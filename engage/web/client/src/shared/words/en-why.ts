// What is said of a crisis, of reasons, and of what stands around a person, in English.
import * as due from "./en/due";
import * as reasons from "./en/reasons";
import * as rules from "./en/rules";
import * as why from "./en/why";

export const words = { ...due.words, ...reasons.words, ...rules.words, ...why.words } as const;
