// What the page of the team says, in Spanish.
export { words } from "./es/team";
