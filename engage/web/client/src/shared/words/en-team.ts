// What the page of the team says, in English.
export { words } from "./en/team";
