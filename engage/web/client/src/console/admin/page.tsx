// What a practice's administrators set. Who directs the work may read it.
import { useEffect } from "preact/hooks";

import "./admin.css";
import { t, type Word } from "../../shared/words";
import { Link } from "../link";
import { ADMIN, place, type AdminPage as Which } from "../place";
import { Holidays } from "./holidays";
import { OnCall } from "./oncall";
import { Organizations } from "./organizations";
import { Practice } from "./practice";
import { People } from "./people";
import { choose, current, practices, readPeople, type Held } from "./state";
import { Texts } from "./texts";

const TITLES: Record<Which, Word> = {
  practice: "admin.practice",
  holidays: "admin.holidays",
  "on-call": "admin.on-call",
  texts: "admin.texts",
  staff: "admin.staff",
  organizations: "admin.organizations",
};

export function AdminPage() {
  useEffect(() => void readPeople(), []);
  const shown = place.value.at === "admin" ? place.value.page : "practice";
  const of = current();
  return (
    <main class="page admin" id="main">
      <h2 id="place" tabIndex={-1}>
        {t("admin.title")}
      </h2>
      {of === undefined ? <p class="notice">{t("admin.none")}</p> : <Inside of={of} shown={shown} />}
    </main>
  );
}

function Inside({ of, shown }: { of: Held; shown: Which }) {
  const every = practices();
  return (
    <>
      {every.length < 2 ? null : (
        <label class="admin-practice">
          {t("admin.which")}
          <select
            value={of.id}
            onChange={(event) => {
              choose(event.currentTarget.value);
            }}
          >
            {every.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
      )}
      <nav class="views" aria-label={t("admin.parts")}>
        {ADMIN.map((page) => (
          <Link key={page} to={{ at: "admin", page }} here={page === shown}>
            {t(TITLES[page])}
          </Link>
        ))}
        <Link to={{ at: "replies" }}>{t("admin.replies")}</Link>
      </nav>
      {of.runs ? null : <p class="notice">{t("admin.looks")}</p>}
      <Part key={`${of.id} ${shown}`} of={of} shown={shown} />
    </>
  );
}

function Part({ of, shown }: { of: Held; shown: Which }) {
  switch (shown) {
    case "practice":
      return <Practice of={of} />;
    case "holidays":
      return <Holidays of={of} />;
    case "on-call":
      return <OnCall of={of} />;
    case "texts":
      return <Texts of={of} />;
    case "staff":
      return <People of={of} />;
    case "organizations":
      return <Organizations of={of} />;
  }
}
