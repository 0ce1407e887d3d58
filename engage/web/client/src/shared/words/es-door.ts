// What is said where one signs in, and about one's own sign-ins, in Spanish.
export { words } from "./es/door";
