import { Outlet, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { boot } from "@/lib/boot";
import { NewBuild } from "./NewBuild";
import { Provisioning } from "./Provisioning";

/** Around every page: whoever cannot see it hears that it changed, and the focus goes to its heading. */
export function Root() {
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe("onRendered", ({ fromLocation, pathChanged }) => {
        if (!fromLocation || !pathChanged) return;
        document.querySelector("h1")?.focus({ preventScroll: true });
      }),
    [router],
  );
  return (
    <>
      <NewBuild />
      {boot.status === "provisioning" ? <Provisioning /> : <Outlet />}
    </>
  );
}
