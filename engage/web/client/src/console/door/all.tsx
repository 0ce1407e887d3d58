// The ways in, one's own sign-ins and passkeys, and the question whether it is still oneself.
import "./door.css";

export { Door } from "./door";
export { Mine } from "./mine";
export { Prove } from "./prove";
