// What the visits of a day, schedules and the panel of a visit say, in English.
import * as booking from "./en/booking";
import * as schedules from "./en/schedules";

export const words = {
  ...booking.words,
  ...schedules.words,
} as const;
