import { lingui } from "@lingui/vite-plugin";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { hosts } from "./tools/hosts.ts";

const gateway = process.env.STAGIFY_GATEWAY ?? "http://127.0.0.1:8080";
// The gateway tells tenants apart by the host, so the browser's name for it goes on unchanged.
const passOn = { target: gateway, changeOrigin: false };

export default defineConfig({
  // Entries are chosen by the host (tools/hosts.ts), never by a path.
  appType: "custom",
  plugins: [lingui({ macroTransform: true }), react(), tailwind(), hosts(gateway)],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  server: {
    port: Number(process.env.WEB_PORT ?? 5173),
    strictPort: true,
    // The photos of the gallery lie outside.
    fs: { allow: [".."] },
    allowedHosts: [".localhost"],
    proxy: { "/v1": passOn, "/docs": passOn, "/openapi.json": passOn, "/favicon.svg": passOn },
  },
  build: {
    target: "baseline-widely-available",
    manifest: "manifest.json",
    // Anything inlined would need a hash of its own in the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      input: ["tenant.html", "platform.html", "ops.html"],
      output: {
        // A few large files instead of many small ones, which would queue over HTTP/1.1.
        codeSplitting: {
          groups: [
            { name: "react", test: /node_modules\/(react|react-dom|scheduler)\//, priority: 3 },
            { name: "base", test: /node_modules\/@(tanstack|lingui)\//, priority: 2 },
            // What every page needs, of whichever host.
            {
              name: "shell",
              tags: ["$initial"],
              test: /node_modules|src\/(app|lib|ui|styles)\//,
              priority: 1,
            },
            // So small that they would be merged into the file of a sheet or a menu, for pages that have none.
            { name: "small", test: /src\/ui\/(Avatar|ChoiceGroup)/, priority: 0.5 },
            // What some pages need: in files of a size, each for the pages that use it.
            {
              name: "parts",
              test: /node_modules|src\/(lib|ui)\//,
              entriesAware: true,
              entriesAwareMergeThreshold: 500,
            },
          ],
        },
      },
    },
  },
});
