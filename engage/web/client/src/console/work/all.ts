// Everything that is fetched with the rest of the work, under one roof; bringing it starts what goes
// on by itself: saying what one has open, and the sound of a new crisis.
import "./work.css";

import { beginKept } from "./kept";
import { beginPresence } from "./presence";
import { beginSound } from "./sound";

export { Around } from "./around";
export { Bulk, BulkForm } from "./bulk";
export { kept } from "./kept";
export { Lists } from "./lists";
export { may } from "./may";
export { Ready } from "./ready";
export { ring } from "./sound";
export { Steps } from "./steps";
export { Undo, undo } from "./undo";

beginPresence();
beginSound();
beginKept();
