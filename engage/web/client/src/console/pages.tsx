// The pages beside the queue, and their words: a program of its own that is fetched when it is needed.
import "../shared/words/more";
import { Calls } from "./lists/calls";
import { Measures } from "./lists/measures";
import { People } from "./lists/people";
import { Reach } from "./lists/reach";
import { PersonPage } from "./person/page";
import { place } from "./place";

export function Page() {
  switch (place.value.at) {
    case "person":
      return <PersonPage key={place.value.id} />;
    case "people":
      return <People />;
    case "calls":
      return <Calls />;
    case "reach":
      return <Reach />;
    case "measures":
      return <Measures />;
    case "queue":
      return null;
  }
}
