// The dialogs that are seldom opened, and large: fetched when somebody opens one.
export { Ask } from "./asking";
export { Consent } from "./consent";
export { Help } from "./keyboard";
export { Merge } from "./merging";
export { Wrong } from "./relabelling";
export { Who } from "./whose";
