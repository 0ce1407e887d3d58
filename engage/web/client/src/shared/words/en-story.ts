// Who helps a person and what happened to them, in English.
import * as story from "./en/story";

export const words = story.words;
