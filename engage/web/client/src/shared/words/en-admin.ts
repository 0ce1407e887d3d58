// What administrators set, in English.
export { words } from "./en/admin";
