// The way in: with the simulator one click, otherwise a token.
import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

import { call, Problem, type Schema } from "../api/call";
import { Mark } from "../shared/brand";
import { Switches } from "../shared/switches";
import { named, t } from "../shared/words";
import { ended, entered, sentence, whoAmI } from "./desk";

type Colleague = Schema["DemoStaffOut"];

export function SignIn() {
  const staff = useSignal<Colleague[]>([]);
  const wrong = useSignal("");
  const heading = useRef<HTMLHeadingElement>(null);
  const id = useId();
  useEffect(() => {
    if (ended.value) heading.current?.focus();
    // Only a demo has this list; anywhere else there is nothing at this address.
    call("get", "/simulator/people").then(
      (people) => {
        staff.value = people.staff;
      },
      () => undefined,
    );
  }, []);
  const enter = async (act: () => Promise<unknown>): Promise<void> => {
    wrong.value = "";
    try {
      await act();
      entered.value = true;
      await whoAmI();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      wrong.value = problem.status === 401 ? t("sign.wrong") : sentence(problem);
    }
  };
  return (
    <div class="sign">
      <header class="row">
        <span class="brand">
          <Mark />
          engage
        </span>
        <nav class="row">
          <Switches />
        </nav>
      </header>
      <main>
        <h1 ref={heading} tabIndex={-1}>
          {t("sign.title")}
        </h1>
        <p class="soft">{t("sign.lead")}</p>
        <div role="alert">
          {ended.value ? <p class="notice">{t("sign.over")}</p> : null}
          {wrong.value === "" ? null : <p class="notice wrong">{wrong.value}</p>}
        </div>
        {staff.value.length === 0 ? null : (
          <section aria-labelledby={`${id}-demo`}>
            <h2 id={`${id}-demo`} class="label">
              {t("sign.demo")}
            </h2>
            <ul class="people">
              {staff.value.map((one) => (
                <li key={one.id}>
                  <button
                    type="button"
                    onClick={() =>
                      void enter(() =>
                        call("post", "/simulator/sign-in", { body: { email: one.email } }),
                      )
                    }
                  >
                    <span class="initials" aria-hidden="true">
                      {one.given_name.charAt(0)}
                      {one.family_name.charAt(0)}
                    </span>
                    <span>
                      <strong>
                        {one.given_name} {one.family_name}
                      </strong>
                      <span class="soft small">
                        {named("role", one.role)} · {one.practice_name}
                      </span>
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        )}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const token = String(new FormData(event.currentTarget).get("token") ?? "");
            void enter(() => call("post", "/v1/session", { body: { token } }));
          }}
        >
          <label for={`${id}-token`}>{t("sign.token")}</label>
          <p class="soft small" id={`${id}-hint`}>
            {t("sign.token.hint")}
          </p>
          <div class="row">
            <input
              id={`${id}-token`}
              name="token"
              type="password"
              autocomplete="current-password"
              aria-describedby={`${id}-hint`}
              required
            />
            <button class="button first" type="submit">
              {t("sign.in")}
            </button>
          </div>
        </form>
      </main>
    </div>
  );
}
