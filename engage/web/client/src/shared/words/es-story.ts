// Who helps a person, what is asked of them, and what happened to them, in Spanish.
import * as checkins from "./es/checkins";
import * as story from "./es/story";

export const words = {
  ...checkins.words,
  ...story.words,
} as const;
