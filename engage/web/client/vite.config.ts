// Four documents, three programs. No inline script, style or picture: the policy in pages.py refuses
// them, and a file with a name of its own is kept by the browser for ever.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

import { consoleWorker } from "./console-worker.ts";
import { familyShell } from "./family-shell.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  base: "/",
  publicDir: false,
  plugins: [consoleWorker(), familyShell()],
  build: {
    outDir: here("../static"),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    reportCompressedSize: false,
    rollupOptions: {
      input: {
        home: here("index.html"),
        console: here("console/index.html"),
        phone: here("phone/index.html"),
        family: here("family/index.html"),
      },
    },
  },
});
