// The way in: with the simulator one click, otherwise by the door.
import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

import { call, Problem, type Schema } from "../api/call";
import { Mark } from "../shared/brand";
import { Switches } from "../shared/switches";
import { named, t } from "../shared/words";
import { invitation } from "./door";
import { Ways } from "./door-later";
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
  const enter = async (act: () => Promise<boolean>): Promise<void> => {
    wrong.value = "";
    try {
      if (!(await act())) return;
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
        {staff.value.length === 0 || invitation.value !== null ? null : (
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
                      void enter(async () => {
                        await call("post", "/simulator/sign-in", { body: { email: one.email } });
                        return true;
                      })
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
        <Ways enter={enter} wrong={wrong} />
      </main>
    </div>
  );
}
