// The demo's phones, side by side: as many as fit.
import { signal } from "@preact/signals";
import { render } from "preact";

import "./phone.css";
import { Mark } from "../shared/brand";
import { Switches } from "../shared/switches";
import { speak, t } from "../shared/words";
import { Handset } from "./handset";
import { away, begin, howMany } from "./store";

const fitting = signal(howMany());
addEventListener("resize", () => {
  fitting.value = howMany();
});

function Phones() {
  document.title = `${t("phone.title")} · engage`;
  return (
    <>
      <header class="top">
        <a class="brand" href="/">
          <Mark />
          engage
        </a>
        <nav class="row">
          <Switches />
        </nav>
      </header>
      <main>
        <div class="lead">
          <h1>{t("phone.title")}</h1>
          <p class="soft">{t("phone.lead")}</p>
        </div>
        <div role="status">
          {away.value ? <p class="notice wrong">{t("phone.away")}</p> : null}
        </div>
        <div class="handsets">
          {Array.from({ length: fitting.value }, (_, place) => (
            <Handset key={place} place={place} />
          ))}
        </div>
      </main>
    </>
  );
}

const root = document.getElementById("app");
void speak().then(() => {
  if (root !== null) render(<Phones />, root);
  void begin();
});
