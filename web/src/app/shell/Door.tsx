import { Outlet } from "@tanstack/react-router";
import { Brand } from "./Brand";

/** Around pages for those who are not signed in: one narrow column. */
export function Door() {
  return (
    <div className="grid min-h-dvh grid-rows-[auto_1fr] px-4 sm:px-8">
      <header className="flex h-16 items-center">
        <Brand />
      </header>
      <main className="mx-auto grid w-full max-w-door content-center py-8 pb-24">
        <Outlet />
      </main>
    </div>
  );
}
