// What one does with restricted records, as one program.
import "./restricted.css";

export { Bar } from "./bar";
export { Closed } from "./closed";
export { Standing } from "./standing";
