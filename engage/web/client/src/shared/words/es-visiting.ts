// What the visits of a day, schedules and the panel of a visit say, in Spanish.
import * as booking from "./es/booking";
import * as schedules from "./es/schedules";

export const words = {
  ...booking.words,
  ...schedules.words,
} as const;
