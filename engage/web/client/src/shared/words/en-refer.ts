// What the steps of a referral say, in English.
export { words } from "./en/refer";
