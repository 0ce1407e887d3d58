// Visits as the practice has them: the day, the schedules with their times, and what a visit and a
// person have of both. A program of its own that is fetched when somebody looks there.
import { place } from "./place";
import { VisitsOfDay } from "./visiting/day";
import { Schedules } from "./visiting/schedules";

export { Concluding, Moving } from "./visiting/conclude";
export { OfPerson } from "./visiting/ofperson";
export { OfVisit } from "./visiting/ofvisit";

export function Page() {
  return place.value.at === "schedules" ? <Schedules /> : <VisitsOfDay />;
}
