// The pages beside the queue: a program of its own that is fetched when it is needed. What is seldom
// looked at is fetched when somebody does.
import {
  speakOfAdministration,
  speakOfPaging,
  speakOfRestricted,
  speakOfTeam,
  speakOfWork,
  speakRarely,
} from "../shared/words";
import { fetched } from "./fetched";
import { LaterPage } from "./later";
import { Calls } from "./lists/calls";
import { People } from "./lists/people";
import { Reach } from "./lists/reach";
import { PersonPage } from "./person/page";
import { place } from "./place";

const Admin = fetched(() =>
  Promise.all([import("./admin/page").then((one) => one.AdminPage), speakOfAdministration()]),
);
const Paging = fetched(() =>
  Promise.all([import("./paging/page").then((one) => one.PagingPage), speakOfPaging()]),
);
const Rare = fetched(() => Promise.all([import("./rare").then((one) => one.Page), speakRarely()]));
const Replies = fetched(() =>
  Promise.all([import("./work/replies").then((one) => one.Replies), speakOfWork()]),
);
const Report = fetched(() =>
  Promise.all([import("./restricted/report").then((one) => one.Report), speakOfRestricted()]),
);
const Team = fetched(() =>
  Promise.all([import("./team/page").then((one) => one.TeamPage), speakOfTeam()]),
);

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
    case "visits":
    case "schedules":
      return <LaterPage />;
    case "admin":
      return <Admin />;
    case "replies":
      return <Replies />;
    case "team":
      return <Team />;
    case "paging":
      return <Paging />;
    case "restricted":
      return <Report />;
    case "measures":
    case "rides":
    case "places":
      return <Rare />;
    case "queue":
      return null;
  }
}
