// Who works here and as what. Nobody changes their own roles.
import { useSignal, type Signal } from "@preact/signals";

import { call, type Schema } from "../../api/call";
import { t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { keyOf, me } from "../desk";
import { Field } from "../fields";
import { Link } from "../link";
import { At, Check, Form, useEditing } from "./form";
import { here, people, readPeople, type Colleague, type Held } from "./state";

type Role = Schema["StaffMemberOut"]["roles"][number];
const ROLES: Role[] = ["care_manager", "supervisor", "practice_admin"];

export function People({ of }: { of: Held }) {
  if (people.value.length === 0) return <p class="soft">{t("loading")}</p>;
  return (
    <>
      <p class="soft small">{t("staff.lead")}</p>
      <p>
        <Link to={{ at: "team" }}>{t("staff.team")}</Link>
      </p>
      <ul class="plans">
        {here(of.id).map((one) => (
          <One key={one.staff.id} one={one} of={of} />
        ))}
      </ul>
      {of.runs ? <Add of={of} /> : null}
    </>
  );
}

function useRoles(held: readonly Role[]): Record<Role, Signal<boolean>> {
  return {
    care_manager: useSignal(held.includes("care_manager")),
    supervisor: useSignal(held.includes("supervisor")),
    practice_admin: useSignal(held.includes("practice_admin")),
  };
}

function Roles({ roles, legend }: { roles: Record<Role, Signal<boolean>>; legend: string }) {
  return (
    <fieldset>
      <legend class="label">{legend}</legend>
      {ROLES.map((one) => (
        <Check key={one} label={t(`role.${one}`)} value={roles[one]} />
      ))}
    </fieldset>
  );
}

/** What somebody does here, and whether they may sign in. */
const heldBy = (one: Colleague): string =>
  [one.roles.map((role) => t(`role.${role}`)).join(", "), one.active ? "" : t("staff.off")]
    .filter(Boolean)
    .join(" · ");

function One({ one, of }: { one: Colleague; of: Held }) {
  const name = `${one.staff.given_name} ${one.staff.family_name}`;
  const self = one.staff.id === me.value?.id;
  const editing = useEditing();
  const acting = useActing(readPeople);
  const roles = useRoles(one.roles);
  const path = { staff_id: one.staff.id };
  const save = async (): Promise<void> => {
    const body = { roles: ROLES.filter((each) => roles[each].value), practice_id: of.id };
    const done = await editing.save(
      () => call("put", "/v1/staff/{staff_id}/roles", { path, body, version: one.version }),
      t(body.roles.length === 0 ? "staff.left" : "form.saved"),
      async () => {
        await readPeople();
        const now = here(of.id).find((each) => each.staff.id === one.staff.id);
        return [now === undefined ? t("staff.left") : heldBy(now)];
      },
    );
    if (done !== undefined) await readPeople();
  };
  const letIn = async (active: boolean): Promise<void> => {
    const body = { active, practice_id: of.id };
    const done = await acting.act(
      () => call("patch", "/v1/staff/{staff_id}", { path, body, version: one.version }),
      t(active ? "staff.enabled" : "staff.disabled"),
    );
    if (done !== undefined) await readPeople();
  };
  return (
    <li class="plan">
      <h3>
        {name}
        {self ? ` (${t("staff.you")})` : ""}
      </h3>
      <p>
        {[heldBy(one), t("staff.holds", { n: one.open_items })].join(" · ")}
      </p>
      {self || !of.runs ? null : (
        <details>
          <summary>
            {t("staff.change")}
            <span class="unseen">: {name}</span>
          </summary>
          <Form of={editing} label={`${t("staff.change")}: ${name}`} act={t("form.save")} send={() => void save()}>
            <At name="/roles" of={editing}>
              <Roles roles={roles} legend={t("staff.roles")} />
            </At>
            <p class="soft small">{t("staff.none.hint")}</p>
          </Form>
          <p class="soft small">{t(one.active ? "staff.disable.hint" : "staff.enable.hint")}</p>
          <button
            type="button"
            class="button small"
            disabled={acting.busy.value}
            onClick={() => void letIn(!one.active)}
          >
            {t(one.active ? "staff.disable" : "staff.enable")}
            <span class="unseen">: {name}</span>
          </button>
          <Refused of={acting} />
        </details>
      )}
    </li>
  );
}

function Add({ of }: { of: Held }) {
  const editing = useEditing();
  const email = useSignal("");
  const given = useSignal("");
  const family = useSignal("");
  const roles = useRoles(["care_manager"]);
  const invitation = useSignal<{ link: string; name: string } | null>(null);
  const save = async (): Promise<void> => {
    const wanted = ROLES.filter((each) => roles[each].value);
    const faults = [
      { at: "/email", words: email.value.trim() },
      { at: "/given_name", words: given.value.trim() },
      { at: "/family_name", words: family.value.trim() },
      { at: "/roles", words: wanted.join("") },
    ].filter((one) => one.words === "");
    if (faults.length > 0) {
      editing.refuse(faults.map(({ at }) => ({ at, words: t("form.needed") })));
      return;
    }
    const address = email.value.trim();
    const body = {
      email: address,
      given_name: given.value,
      family_name: family.value,
      roles: wanted,
      practice_id: of.id,
    };
    const key = keyOf(`staff ${JSON.stringify(body)}`);
    const name = `${given.value} ${family.value}`;
    const made = await editing.save(
      () => call("post", "/v1/staff", { body, key }),
      t("staff.added", { name }),
    );
    if (made === undefined) return;
    await readPeople();
    await invite(address, name);
  };
  const invite = async (address: string, name: string): Promise<void> => {
    const body = { email: address, practice_id: of.id };
    const made = await editing.save(
      () => call("post", "/v1/staff/invitations", { body }),
      t("staff.invited", { name }),
    );
    if (made === undefined) return;
    invitation.value = { link: made.invitation, name };
    email.value = given.value = family.value = "";
  };
  return (
    <details>
      <summary>{t("staff.add")}</summary>
      <Form of={editing} label={t("staff.add")} act={t("staff.add.do")} send={() => void save()}>
        <p class="soft small">{t("staff.add.hint")}</p>
        <At name="/email" of={editing}>
          <Field label={t("staff.email")} value={email} most={254} needed />
        </At>
        <div class="pair">
          <At name="/given_name" of={editing}>
            <Field label={t("staff.given")} value={given} most={80} needed />
          </At>
          <At name="/family_name" of={editing}>
            <Field label={t("staff.family")} value={family} most={80} needed />
          </At>
        </div>
        <At name="/roles" of={editing}>
          <Roles roles={roles} legend={t("staff.roles")} />
        </At>
      </Form>
      {invitation.value === null ? null : (
        <div class="notice done">
          <p>{t("staff.invitation", { name: invitation.value.name })}</p>
          <p>
            <code class="admin-secret">{invitation.value.link}</code>
          </p>
        </div>
      )}
    </details>
  );
}
