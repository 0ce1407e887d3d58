// Makes what a phone needs to keep the companion app: its own service worker, which knows by name
// every file of this build that the app loads, the manifest in both languages, and the icons.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { transformWithOxc, type Plugin } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const ICONS = "src/family/icons/";

export function familyShell(): Plugin {
  return {
    name: "family-shell",
    apply: "build",
    enforce: "post",
    async generateBundle(_, bundle) {
      const wanted = Object.values(bundle)
        .filter((one) => one.type === "chunk" && one.facadeModuleId?.endsWith("family/index.html"))
        .map((one) => one.fileName);
      const shell = new Set<string>();
      while (wanted.length > 0) {
        const name = wanted.pop() ?? "";
        const one = bundle[name];
        if (shell.has(name) || one === undefined) continue;
        shell.add(name);
        if (one.type !== "chunk") continue;
        wanted.push(...one.imports, ...one.dynamicImports);
        wanted.push(...(one.viteMetadata?.importedCss ?? []), ...(one.viteMetadata?.importedAssets ?? []));
      }
      for (const one of Object.values(bundle)) {
        if (one.type === "asset" && one.names.includes("icon.svg")) shell.add(one.fileName);
      }
      const files = [...shell].sort().map((name) => `/${name}`);
      const build = createHash("sha256").update(files.join()).digest("hex").slice(0, 12);
      const { code } = await transformWithOxc(readFileSync(here("src/family/worker.ts"), "utf8"), "worker.ts");
      const worker = code
        .replace("__FILES__", JSON.stringify(JSON.stringify(files)).slice(1, -1))
        .replace("__BUILD__", build)
        // It is checked as a module and runs as a script: every phone can run one as a worker.
        .replace(/^export \{.*\};?$/m, "");
      const emit = (fileName: string, source: string | Uint8Array): void => {
        this.emitFile({ type: "asset", fileName: `family/${fileName}`, source });
      };
      emit("sw.js", worker);
      emit("manifest.webmanifest", readFileSync(here("src/family/manifest.en.json")));
      emit("manifest.es.webmanifest", readFileSync(here("src/family/manifest.es.json")));
      for (const name of readdirSync(here(ICONS))) {
        if (name.endsWith(".png")) emit(name, readFileSync(here(ICONS + name)));
      }
    },
  };
}
