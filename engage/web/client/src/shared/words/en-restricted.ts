// Restricted records, in English.
export { words } from "./en/restricted";
