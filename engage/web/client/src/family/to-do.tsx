// Who does what: what is mine, what is free, what others do; taken, given back, handed over, done.
import { signal } from "@preact/signals";

import { call, type Schema } from "../api/call";
import { uuid7 } from "./ids";
import { Picture } from "./icons";
import type { Task } from "./kinds";
import { whenLeft } from "./leaving";
import { attempt, Head } from "./parts";
import { away, may, of, person, tell } from "./state";
import { sync } from "./sync";
import { dateOf } from "./time";
import { t } from "./words";

type Member = Schema["MemberOut"];
type Step = "claim" | "decline" | "done" | "reopen";

const busy = signal("");
const handing = signal<{ task: string; to: readonly Member[] } | null>(null);
const adding = signal(false);
whenLeft(() => {
  handing.value = null;
  adding.value = false;
});

const CATEGORY = { "to-do": "visits", ride: "rides", goal: "needs" } as const;
type Sort = keyof typeof CATEGORY;

export function ToDoPage() {
  const all = of("task");
  const open = all.filter((one) => one.status !== "done");
  const errands = open.filter((one) => one.kind !== "goal");
  const offered = errands.filter((one) => one.offered_to?.me === true);
  const mine = errands.filter((one) => one.holder?.me === true);
  const free = errands.filter((one) => one.holder === null && one.offered_to?.me !== true);
  const others = errands.filter((one) => one.holder !== null && !one.holder.me);
  const goals = open.filter((one) => one.kind === "goal");
  const done = all.filter((one) => one.status === "done");
  return (
    <>
      <Head title={t("to-do.title")} lead={t("to-do.lead")} />
      {all.length === 0 ? <p class="empty soft">{t("to-do.none")}</p> : null}
      <Group title={t("to-do.offered")} tasks={offered} />
      <Group title={t("to-do.mine")} tasks={mine} />
      <Group title={t("to-do.free")} tasks={free} />
      <Group title={t("to-do.others")} tasks={others} />
      <Group title={t("to-do.goals")} tasks={goals} />
      <Add />
      <Group title={t("to-do.done")} tasks={done} />
    </>
  );
}

function Group({ title, tasks }: { title: string; tasks: readonly Task[] }) {
  if (tasks.length === 0) return null;
  return (
    <section class="group">
      <h2>{title}</h2>
      <ul class="cards">
        {tasks.map((one) => (
          <Errand key={one.id} task={one} />
        ))}
      </ul>
    </section>
  );
}

async function step(task: Task, what: Step): Promise<void> {
  busy.value = task.id;
  const path = { patient_id: task.patient_id, task_id: task.id };
  await attempt(() => call("post", `/v1/family/{patient_id}/tasks/{task_id}/${what}`, { path, key: uuid7() }));
  await sync();
  busy.value = "";
}

async function offer(task: Task): Promise<void> {
  if (handing.value?.task === task.id) {
    handing.value = null;
    return;
  }
  await attempt(async () => {
    const path = { patient_id: task.patient_id };
    const { items } = await call("get", "/v1/family/{patient_id}/members", { path });
    handing.value = { task: task.id, to: items.filter((one) => !one.me) };
  });
}

async function handOver(task: Task, to: Member): Promise<void> {
  const path = { patient_id: task.patient_id, task_id: task.id };
  const good = await attempt(() =>
    call("post", "/v1/family/{patient_id}/tasks/{task_id}/hand-over", { path, key: uuid7(), body: { to: to.id } }),
  );
  handing.value = null;
  if (good) tell("good", t("to-do.offered-to", { name: to.given_name }));
  await sync();
}

function whose(task: Task): string {
  if (task.status === "done") return task.holder === null ? "" : t("to-do.did", { name: nameOf(task.holder) });
  if (task.holder !== null) return task.holder.me ? t("to-do.you-do") : t("to-do.does", { name: task.holder.given_name });
  if (task.offered_to?.me === true) return t("to-do.asked-you");
  if (task.offered_to !== null) return t("to-do.asked", { name: task.offered_to.given_name });
  return task.kind === "goal" ? "" : t("to-do.nobody");
}

const nameOf = (one: { me: boolean; given_name: string }): string => (one.me ? t("people.me") : one.given_name);

export function Errand({ task }: { task: Task }) {
  const acts = may(CATEGORY[task.kind as Sort], "act");
  const waits = busy.value === task.id || away.value;
  const act = (what: Step, words: string, first = false) => (
    <button
      type="button"
      class={first ? "button small first" : "button small"}
      disabled={waits}
      onClick={() => void step(task, what)}
    >
      {words}
      <span class="unseen">: {task.title}</span>
    </button>
  );
  const theirs = task.holder !== null && !task.holder.me;
  const asked = task.offered_to?.me === true;
  const mine = task.holder?.me === true;
  const closed = task.offered_to !== null && !asked;
  return (
    <li class={task.status === "done" ? "card errand past" : "card errand"}>
      <Picture of={task.kind === "ride" ? "car" : task.kind === "goal" ? "heart" : "to-do"} />
      <div>
        <p class="what">{task.title}</p>
        <p class="soft small">
          {[whose(task), task.due_on === null ? "" : t("to-do.due", { day: dateOf(task.due_on) })]
            .filter((one) => one !== "")
            .join(" · ")}
        </p>
        {!acts || theirs ? null : (
          <div class="actions">
            {task.status === "done" ? (
              act("reopen", t("to-do.reopen"))
            ) : mine ? (
              <>
                {act("done", t("to-do.finish"), true)}
                <button type="button" class="button small" disabled={waits} onClick={() => void offer(task)}>
                  {t("to-do.hand-over")}
                </button>
                {act("decline", t("to-do.give-back"))}
              </>
            ) : task.kind === "goal" ? (
              act("done", t("to-do.reached"))
            ) : (
              <>
                {closed ? null : act("claim", t("to-do.claim"), true)}
                {asked ? act("decline", t("to-do.decline")) : null}
              </>
            )}
          </div>
        )}
        {handing.value?.task === task.id ? <Members task={task} to={handing.value.to} /> : null}
      </div>
    </li>
  );
}

function Members({ task, to }: { task: Task; to: readonly Member[] }) {
  if (to.length === 0) return <p class="soft small">{t("to-do.nobody-else")}</p>;
  return (
    <fieldset class="hand">
      <legend class="label small">{t("to-do.to-whom")}</legend>
      <div class="actions">
        {to.map((one) => (
          <button key={one.id} type="button" class="button small" onClick={() => void handOver(task, one)}>
            {one.given_name}
          </button>
        ))}
      </div>
    </fieldset>
  );
}

function Add() {
  const whom = person.value;
  const sorts = (Object.keys(CATEGORY) as Sort[]).filter((one) => may(CATEGORY[one], "act"));
  const [first] = sorts;
  if (whom === undefined || first === undefined) return null;
  if (!adding.value) {
    return (
      <button type="button" class="button wide" onClick={() => (adding.value = true)}>
        {t("to-do.add")}
      </button>
    );
  }
  const add = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const due = String(form.get("due"));
    const kind = sorts.find((one) => one === form.get("kind")) ?? first;
    const good = await attempt(() =>
      call("post", "/v1/family/{patient_id}/tasks", {
        path: { patient_id: whom.patient_id },
        key: uuid7(),
        body: { kind, title: String(form.get("title")), ...(due === "" ? {} : { due_on: due }) },
      }),
    );
    if (good) adding.value = false;
    await sync();
  };
  return (
    <form class="card stack" onSubmit={(event) => void add(event)}>
      <label>
        {t("to-do.what")}
        <input name="title" required maxLength={200} autofocus />
      </label>
      {sorts.length < 2 ? null : (
        <label>
          {t("to-do.kind")}
          <select name="kind">
            {sorts.map((one) => (
              <option key={one} value={one}>
                {t(`to-do.kind.${one}`)}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        {t("to-do.by")}
        <input name="due" type="date" />
      </label>
      <div class="actions">
        <button type="submit" class="button first">
          {t("to-do.save")}
        </button>
        <button type="button" class="button quiet" onClick={() => (adding.value = false)}>
          {t("cancel")}
        </button>
      </div>
    </form>
  );
}
