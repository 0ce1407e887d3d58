// Who helps somebody, what is asked of them, what happened to them: the care team, check-ins,
// caregivers, documents for the family, hospitals, the timeline.
import "./story/story.css";

export { CheckIns } from "./checkins";
export { Circle } from "./circle";
export { Documents } from "./documents";
export { Hospital } from "./hospital";
export { CareTeam } from "./story/team";
export { Timeline } from "./story/timeline";
