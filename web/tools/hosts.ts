import { readFile } from "node:fs/promises";
import { get } from "node:http";
import { join } from "node:path";
import type { Plugin, ViteDevServer } from "vite";

const MARKER = "<!--stagify:head-->";
// What the gateway writes in its place.
const HEAD = /<title>.*?<link rel="preload" as="fetch"[^>]*>/s;
const BOOT = /(<script type="application\/json" id="boot">)(.*?)(<\/script>)/s;

/** In development: the page that the gateway would make for this host, of the sources. */
export function hosts(gateway: string): Plugin {
  return {
    name: "stagify-hosts",
    apply: "serve",
    configureServer(server) {
      return () => {
        server.middlewares.use((request, response, next) => {
          page(server, gateway, request.headers.host ?? "", request.url ?? "/").then((html) => {
            response.setHeader("Content-Type", "text/html; charset=utf-8");
            response.end(html);
          }, next);
        });
      };
    },
  };
}

async function page(server: ViteDevServer, gateway: string, host: string, url: string) {
  const answer = await ask(gateway, host).catch(() => "");
  const head = HEAD.exec(answer)?.[0].replace(BOOT, (_, before, boot, after) => {
    return before + JSON.stringify(here(JSON.parse(boot), host)).replaceAll("<", "\\u003c") + after;
  });
  const kind = { app: "platform", ops: "ops" }[host.split(".")[0] ?? ""] ?? "tenant";
  const html = await readFile(join(server.config.root, `${kind}.html`), "utf8");
  return await server.transformIndexHtml(url, html.replace(MARKER, head ?? "<title>Web</title>"));
}

/** The page of the gateway. `fetch` cannot name another host than it connects to. */
function ask(gateway: string, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(gateway, { headers: { host, accept: "text/html" } }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (piece: string) => {
        text += piece;
      });
      answer.on("end", () => resolve(text));
      answer.on("error", reject);
    }).on("error", reject);
  });
}

/** The same facts, with the other hosts where this server shows them. */
function here(boot: { app_url: string; base_domain: string }, host: string) {
  const base = host.slice(host.indexOf(".") + 1);
  return { ...boot, base_domain: base, app_url: boot.app_url.replace(boot.base_domain, base) };
}
