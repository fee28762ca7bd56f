import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Plugin, ViteDevServer } from "vite";

const MARKER = "<!--stagify:head-->";

/** In development: the page that the gateway would make, by the host that was asked for. */
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
  const boot = await bootOf(gateway, host);
  const html = await readFile(join(server.config.root, `${boot.kind}.html`), "utf8");
  const data = JSON.stringify(boot).replaceAll("<", "\\u003c");
  const head = `<title>${escaped(boot.name)}</title><script type="application/json" id="boot">${data}</script>`;
  return await server.transformIndexHtml(url, html.replace(MARKER, head));
}

async function bootOf(gateway: string, host: string) {
  const first = host.split(".")[0];
  const base = host.slice(host.indexOf(".") + 1);
  const kind = first === "app" ? "platform" : first === "ops" ? "ops" : "tenant";
  const branding = kind === "tenant" ? await brandingOf(gateway, host) : null;
  return {
    kind,
    name: branding?.name ?? "StagifyAI",
    status: kind === "tenant" ? "active" : null,
    locale: "en",
    app_url: `http://app.${base}`,
    base_domain: base,
    upload_origin: gateway,
    build: "development",
    branding,
  };
}

async function brandingOf(gateway: string, host: string) {
  // `fetch` sets the header Host by itself, so the name goes where the gateway also looks for it.
  const answer = await fetch(`${gateway}/v1/branding`, { headers: { Host: host } }).catch(
    () => null,
  );
  return answer?.ok ? await answer.json() : null;
}

function escaped(text: string) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
