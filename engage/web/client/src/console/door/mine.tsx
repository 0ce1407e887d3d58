// Where I am signed in, and what I sign in with: each can be ended.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { call, type Schema } from "../../api/call";
import { Moment } from "../../shared/moment";
import { addPasskey, hasPasskeys } from "../../shared/passkey";
import { when } from "../../shared/time";
import { named, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { attempt, said, zoneOf } from "../desk";
import { Dialog } from "../dialog";
import { mineShown } from "../door";

export function Mine() {
  const first = useRef<HTMLHeadingElement>(null);
  const signIns = useSignal<readonly Schema["SignInOut"][]>([]);
  const keys = useSignal<readonly Schema["PasskeyOut"][]>([]);
  const acting = useActing();
  const zone = zoneOf(undefined);
  const read = async (): Promise<void> => {
    const both = () =>
      Promise.all([call("get", "/v1/me/sessions"), call("get", "/v1/me/passkeys")]);
    const found = await attempt(both);
    if (found === undefined) return;
    signIns.value = found[0].items;
    keys.value = found[1].items;
  };
  useEffect(() => {
    if (mineShown.value) void read();
  }, [mineShown.value]);
  const act = async (what: () => Promise<unknown>, done?: string): Promise<void> => {
    await acting.act(what, done);
    await read();
    first.current?.focus();
  };
  const add = async (): Promise<void> => {
    if (await addPasskey()) said.value = t("keys.mine.added");
  };
  return (
    <Dialog shown={mineShown} title={t("mine.title")} first={first}>
      <p ref={first} tabIndex={-1}>
        {t("mine.lead")}
      </p>
      <Refused of={acting} />
      <ul class="mine">
        {signIns.value.map((one) => (
          <li key={one.id}>
            <span>
              <strong>{named("factors", one.factors)}</strong>
              {one.current ? <span class="soft"> · {t("mine.this")}</span> : null}
              <br />
              <span class="soft small">
                {t("mine.began")} <Moment at={one.began_at} zone={zone} /> · {t("mine.used")}{" "}
                <Moment at={one.used_at} zone={zone} />
              </span>
            </span>
            {one.current ? null : (
              <button
                type="button"
                class="button"
                aria-label={t("mine.end.of", { when: when(one.began_at, zone) })}
                onClick={() =>
                  void act(
                    () =>
                      call("delete", "/v1/me/sessions/{sign_in_id}", {
                        path: { sign_in_id: one.id },
                      }),
                    t("mine.ended"),
                  )
                }
              >
                {t("mine.end")}
              </button>
            )}
          </li>
        ))}
      </ul>
      <h3>{t("keys.mine")}</h3>
      <p class="soft">{t(keys.value.length > 0 ? "keys.mine.lead" : "keys.mine.none")}</p>
      <ul class="mine">
        {keys.value.map((one) => (
          <li key={one.id}>
            <span>
              {t("keys.mine.made")} <Moment at={one.made_at} zone={zone} />
              {one.used_at === null ? null : (
                <span class="soft small">
                  {" "}
                  · {t("mine.used")} <Moment at={one.used_at} zone={zone} />
                </span>
              )}
            </span>
            <button
              type="button"
              class="button"
              aria-label={t("keys.mine.remove.of", { when: when(one.made_at, zone) })}
              onClick={() =>
                void act(
                  () =>
                    call("delete", "/v1/me/passkeys/{passkey_id}", {
                      path: { passkey_id: one.id },
                    }),
                  t("keys.mine.removed"),
                )
              }
            >
              {t("keys.mine.remove")}
            </button>
          </li>
        ))}
      </ul>
      {hasPasskeys() ? (
        <p>
          <button
            type="button"
            class="button first"
            onClick={() => void act(add)}
          >
            {t("keys.mine.add")}
          </button>
        </p>
      ) : null}
    </Dialog>
  );
}
