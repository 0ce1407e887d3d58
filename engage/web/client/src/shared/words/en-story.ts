// Who helps a person, what is asked of them, and what happened to them, in English.
import * as checkins from "./en/checkins";
import * as story from "./en/story";

export const words = {
  ...checkins.words,
  ...story.words,
} as const;
