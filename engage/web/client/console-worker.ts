// Puts the console's service worker at an address that stays, from which it may serve the console.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { transformWithOxc, type Plugin } from "vite";

const SOURCE = fileURLToPath(new URL("src/console/paging/worker.ts", import.meta.url));

export function consoleWorker(): Plugin {
  return {
    name: "console-worker",
    apply: "build",
    async generateBundle() {
      const { code } = await transformWithOxc(readFileSync(SOURCE, "utf8"), "worker.ts");
      // A worker is no module: the mark that makes its source one would be an error.
      const source = code.replace(/^export \{.*\};?$/m, "");
      this.emitFile({ type: "asset", fileName: "console/sw.js", source });
    },
  };
}
