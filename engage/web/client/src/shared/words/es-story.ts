// Who helps a person and what happened to them, in Spanish.
import * as story from "./es/story";

export const words = story.words;
