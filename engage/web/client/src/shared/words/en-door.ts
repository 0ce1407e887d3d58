// What is said where one signs in, and about one's own sign-ins, in English.
export { words } from "./en/door";
