// Find somebody by name or by the practice's own id, and go to their page.
import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

import { call, type Found } from "../../api/call";
import { dateOf } from "../../shared/time";
import { named, t } from "../../shared/words";
import { attempt, spoken } from "../desk";
import { Link } from "../link";

const WAIT_MS = 200;

/** Enter in the search: on to the first who was found, and in where there is one only. */
function enter(): void {
  requestAnimationFrame(() => {
    const rows = document.querySelectorAll<HTMLAnchorElement>(".page .rows a.item");
    rows[0]?.focus();
    if (rows.length === 1) rows[0]?.click();
  });
}

export function People() {
  const id = useId();
  const query = useSignal("");
  const found = useSignal<Found[] | undefined>(undefined);
  const next = useSignal<string | null>(null);
  const typed = useRef("");
  typed.current = query.value;

  const read = async (cursor: string | null): Promise<void> => {
    const words = typed.current;
    const page = await attempt(() =>
      call("get", "/v1/patients", {
        query: { query: words, limit: 30, ...(cursor === null ? {} : { cursor }) },
      }),
    );
    if (page === undefined || typed.current !== words) return;
    found.value = cursor === null ? page.items : [...(found.value ?? []), ...page.items];
    next.value = page.next;
  };
  useEffect(() => {
    const timer = setTimeout(() => void read(null), WAIT_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [query.value]);

  return (
    <main class="page narrow" id="main">
      <h2 id="place" tabIndex={-1}>
        {t("people.title")}
      </h2>
      <div role="search">
        <label for={id}>{t("people.find")}</label>
        <input
          id={id}
          type="search"
          autocomplete="off"
          value={query.value}
          onInput={(event) => {
            query.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter") void read(null).then(enter);
          }}
        />
      </div>
      <p role="status" class="soft">
        {found.value === undefined ? t("loading") : found.value.length === 0 ? t("ask.none") : ""}
      </p>
      <ul class="rows">
        {found.value?.map((one) => (
          <li key={one.id}>
            <Link to={{ at: "person", id: one.id }} class="item">
              <strong class="who">
                {spoken(one)}
              </strong>
              <span class="soft small">
                {[
                  one.external_id,
                  one.birth_date === null ? "" : dateOf(one.birth_date),
                  named("language", one.language),
                  one.care_manager === null
                    ? ""
                    : `${one.care_manager.given_name} ${one.care_manager.family_name}`,
                  one.status === "active" ? "" : named("patient.status", one.status),
                ]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {next.value === null ? null : (
        <button type="button" class="button" onClick={() => void read(next.value)}>
          {t("queue.more")}
        </button>
      )}
    </main>
  );
}
