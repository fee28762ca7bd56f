import "@/styles/base.css";
import { CSPProvider } from "@base-ui/react/csp-provider";
import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { QueryClientProvider } from "@tanstack/react-query";
import { type AnyRoute, RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { whenIdle } from "@/lib/idle";
import { queries } from "@/lib/queries";
import { Toasts } from "@/ui/Toast";
import { renewWhenShownAgain } from "./memory";
import { loadMessages } from "./messages";
import { makeRouter } from "./router";
import { tolerateTranslators } from "./translators";
import { guardChunks, watchBuild } from "./update";

/** Show the pages of this host. */
export async function start(routes: AnyRoute): Promise<void> {
  guardChunks();
  watchBuild();
  renewWhenShownAgain();
  tolerateTranslators();
  const router = makeRouter(routes);
  // The page's data and code are on their way while the texts are loaded.
  void router.load();
  await loadMessages();
  const element = document.getElementById("root");
  if (!element) throw new Error("The page has no place for the app.");
  createRoot(element).render(
    <StrictMode>
      <CSPProvider disableStyleElements>
        <I18nProvider i18n={i18n}>
          <QueryClientProvider client={queries}>
            <Toasts when={whenIdle}>
              <RouterProvider router={router} />
            </Toasts>
          </QueryClientProvider>
        </I18nProvider>
      </CSPProvider>
    </StrictMode>,
  );
}
