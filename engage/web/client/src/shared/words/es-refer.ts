// What the steps of a referral say, in Spanish.
export { words } from "./es/refer";
