// The places of the console beside the queue: people, calls that are due, who is not reached.
export const words = {
  "people.title": "People",
  "people.find": "Name, or the practice’s id",
  "calls.title": "Calls due after a discharge",
  "calls.lead":
    "Within two business days a person calls. Reaching somebody ends it, and so do two tries; a text does not.",
  "calls.none": "No call is due.",

  "reach.title": "Whom texts don’t reach",
  "reach.lists": "Why they are not reached",
  "reach.silent": "Silent",
  "reach.never-delivered": "Never delivered",
  "reach.opted-out": "Opted out",
  "reach.wrong-person": "Wrong person",
  "reach.no-phone": "No phone",
  "reach.doubtful": "Doubtful phone",
  "reach.none": "Nobody is on this list.",
  "reach.since": "since",
  "reach.next.silent": "Texts arrive and nobody answers. Call, and ask whether texting suits them.",
  "reach.next.never-delivered":
    "Our texts do not arrive. Call, or ask a caregiver, for a number that takes texts.",
  "reach.next.opted-out": "They do not want texts. Care goes on: offer a call instead.",
  "reach.next.wrong-person":
    "The number was somebody else’s. Find the right one in the chart, by mail or at the next visit.",
  "reach.next.no-phone":
    "There is no phone on record. Ask for one at the next visit, or how they want to be reached.",
  "reach.next.doubtful":
    "Texts failed on three days. Call the number: if it is theirs, record that it works again; if not, ask which one they use.",
  "reach.next.unreadable":
    "This record can’t be read, so nothing says whether texts reach them. Call, and tell whoever runs this system.",
  "reach.why.silent": "Texts were delivered, also a reminder, and none was answered.",
  "reach.why.never-delivered": "A text was not delivered, and nobody has looked into it yet.",
  "reach.why.opted-out": "The phone sent STOP.",
  "reach.why.declined": "They said no to texts.",
  "reach.why.no-phone": "There is no phone on record.",
  "reach.why.wrong-person": "The phone was somebody else’s.",
  "reach.why.phone-dead": "The phone company says that the number is not in use.",
  "reach.why.phone-landline": "The phone company says that the number can’t take texts.",
  "reach.why.phone-doubtful": "Texts failed on three separate days.",
} as const;
