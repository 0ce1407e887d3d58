// The dialogs that are seldom opened, and large: fetched when somebody opens one.
export { Consent } from "./consent";
export { Merge } from "./merging";
