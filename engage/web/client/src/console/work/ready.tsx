// Replies that the practice keeps ready: in the patient's language, with names and numbers filled in
// by the server, put where the cursor stands. Choosing one sends nothing.
import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

import { call, type Schema } from "../../api/call";
import { t } from "../../shared/words";
import { detail, patient } from "../desk";
import { Refused, useActing } from "../acting";
import { Link } from "../link";

type Reply = Schema["CannedReplyOut"];

interface Props {
  open: Signal<boolean>;
  onTake: (words: string) => void;
}

export function Ready({ open, onTake }: Props) {
  const id = useId();
  const found = useSignal<Reply[] | undefined>(undefined);
  const query = useSignal("");
  const acting = useActing();
  const box = useRef<HTMLInputElement>(null);
  const about = detail.value?.patient?.id;
  useEffect(() => {
    box.current?.focus();
    void acting
      .act(() =>
        call("get", "/v1/canned-replies", { query: about === undefined ? {} : { patient: about } }),
      )
      .then((page) => {
        found.value = page?.items ?? [];
      });
  }, [about]);
  const words = query.value.trim().toLocaleLowerCase();
  const shown = (found.value ?? [])
    .map((one) => ({ ...one, said: one.filled[0] }))
    .filter(
      (one) =>
        one.said !== undefined &&
        `${one.title} ${one.said.body}`.toLocaleLowerCase().includes(words),
    );
  const takeOne = (one: (typeof shown)[number] | undefined): void => {
    if (one?.said === undefined) return;
    open.value = false;
    onTake(one.said.body);
  };
  return (
    <div
      class="ready"
      role="group"
      aria-label={t("ready")}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        open.value = false;
        document.getElementById("reply")?.focus();
      }}
    >
      <label for={id}>{t("ready.find")}</label>
      <input
        ref={box}
        id={id}
        type="search"
        autocomplete="off"
        value={query.value}
        onInput={(event) => {
          query.value = event.currentTarget.value;
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          // The composer's own form must not send what is in it.
          event.preventDefault();
          event.stopPropagation();
          takeOne(shown[0]);
        }}
      />
      <Refused of={acting} />
      {found.value === undefined ? <p class="soft">{t("loading")}</p> : null}
      {found.value !== undefined && shown.length === 0 ? (
        <p class="soft small">{t("ready.none")}</p>
      ) : null}
      <ul>
        {shown.map((one) => (
          <li key={one.id}>
            <button
              type="button"
              onClick={() => {
                takeOne(one);
              }}
            >
              <strong>{one.title}</strong>{" "}
              <span class="soft small">
                {t(one.said?.segments === 1 ? "ready.cost.one" : "ready.cost", {
                  n: one.said?.segments ?? 0,
                })}
              </span>
              <span class="small" lang={patient.value?.language ?? one.said?.language}>
                {one.said?.body}
              </span>
            </button>
          </li>
        ))}
      </ul>
      <Link to={{ at: "replies" }} class="button quiet small">
        {t("replies.open")}
      </Link>
    </div>
  );
}
