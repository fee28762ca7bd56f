import { Outlet, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { boot } from "@/lib/boot";
import { NewBuild } from "./NewBuild";
import { Provisioning } from "./Provisioning";

/** Around every page: whoever cannot see it hears that it changed, and the focus goes to its heading,
 * unless it has gone elsewhere meanwhile: to a field that the new page offers first, or by a key. */
export function Root() {
  const router = useRouter();
  useEffect(() => {
    let left: Element | null = null;
    const ends = [
      router.subscribe("onBeforeNavigate", () => {
        left = document.activeElement;
      }),
      router.subscribe("onRendered", ({ fromLocation, pathChanged }) => {
        if (!fromLocation || !pathChanged) return;
        const focused = document.activeElement;
        if (focused !== left && focused !== document.body) return;
        document.querySelector("h1")?.focus({ preventScroll: true });
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [router]);
  return (
    <>
      <NewBuild />
      {boot.status === "provisioning" ? <Provisioning /> : <Outlet />}
    </>
  );
}
