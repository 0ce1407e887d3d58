// Who helps somebody, and what happened to them: the care team, caregivers, hospitals, the timeline.
import "./story/story.css";

export { Circle } from "./circle";
export { Hospital } from "./hospital";
export { CareTeam } from "./story/team";
export { Timeline } from "./story/timeline";
