// Open again what somebody closed, with the reason beside it; it is then one's own.
import { useSignal } from "@preact/signals";

import { call, type ItemDetail } from "../../api/call";
import { t } from "../../shared/words";
import { take } from "../desk";
import { Area } from "../fields";
import { useStep } from "./doing";
import { StepForm } from "./form";

export function Reopen({ item }: { item: ItemDetail }) {
  const reason = useSignal("");
  const missing = useSignal(false);
  const { busy, run } = useStep(item);
  const again = (): void => {
    const words = reason.value.trim();
    missing.value = words === "";
    if (words === "") return;
    void run(
      () =>
        take(`reopen ${words}`, t("reopen.done"), (asked) =>
          call("post", "/v1/queue/{item_id}/reopen", { ...asked, body: { reason: words } }),
        ),
      false,
    );
  };
  return (
    <StepForm label={t("step.reopen")} go={t("reopen.do")} busy={busy.value} onDo={again}>
      <Area label={t("reopen.why")} value={reason} most={4000} needed />
      <p role="alert" class="missing small">
        {missing.value ? t("reopen.missing") : ""}
      </p>
    </StepForm>
  );
}
