// Why a piece of work is due when it is.
export const words = {
  "due.why.at-once": "{span} from {from}, around the clock",
  "due.why.business-day": "close of that business day: {span} of opening hours from {from}",
  "due.why.business-days": "close of the second business day after: {span} of opening hours from {from}",
  "due.why.before-visit": "before the visit {from}",
  "due.why.kept": "set when it came, {from}: {span} of opening hours",
  "due.why.answered": "answered {from}; no clock runs until they write again",
  "due.why.closed": "closed between: {days}",
} as const;
