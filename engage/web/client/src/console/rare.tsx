// The places that are seldom looked at: figures, the rides of a day, places. Fetched when somebody does.
import { Day } from "./lists/day";
import { Measures } from "./lists/measures";
import { Sites } from "./lists/sites";
import { place } from "./place";

export function Page() {
  switch (place.value.at) {
    case "rides":
      return <Day />;
    case "places":
      return <Sites />;
    default:
      return <Measures />;
  }
}
