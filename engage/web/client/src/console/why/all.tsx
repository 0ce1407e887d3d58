// What is fetched with the first card: the crisis, the reasons, and what stands around the person.
import "./why.css";

export { Around } from "./around";
export { Crisis } from "./crisis";
export { DueWhy } from "./due";
export { Reasons } from "./reasons";
