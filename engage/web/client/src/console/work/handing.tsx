// Give a piece of work to a colleague, with what they must know to go on before one's eyes.
import { call, type ItemDetail } from "../../api/call";
import { t } from "../../shared/words";
import { take } from "../desk";
import { Giving } from "./colleagues";
import { useStep } from "./doing";
import { Packet } from "./packet";

export function HandOver({ item }: { item: ItemDetail }) {
  const { busy, run } = useStep(item);
  return (
    <Giving
      practice={item.practice_id}
      owner={item.owner.id}
      busy={busy.value}
      onGive={(to, reason) =>
        void run(() =>
          take(`hand-over ${to} ${reason}`, t("give.done"), (asked) =>
            call("post", "/v1/queue/{item_id}/hand-over", { ...asked, body: { to, reason } }),
          ),
        )
      }
    >
      <h3>{t("packet.title")}</h3>
      <Packet item={item} />
    </Giving>
  );
}
