import { Outlet } from "@tanstack/react-router";
import { SessionEnd, StepUp } from "@/features/session";
import { Brand } from "./Brand";

/** Around pages of a person who is in no workspace. */
export function Platform() {
  return (
    <div className="grid min-h-dvh grid-rows-[auto_1fr]">
      <header className="mx-auto flex h-16 w-full max-w-content items-center px-4 sm:px-8">
        <Brand />
      </header>
      <main className="mx-auto w-full max-w-[38rem] px-4 py-8 sm:px-8 sm:py-12">
        <Outlet />
      </main>
      <SessionEnd />
      <StepUp />
    </div>
  );
}
