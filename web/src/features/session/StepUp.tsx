import { lazy, Suspense } from "react";
import { proof } from "@/lib/proof";
import { useStore } from "@/lib/store";

const StepUpDialog = lazy(() => import("./StepUpDialog"));

/** Asks once more who it is, whenever a call needs that. */
export function StepUp() {
  const wanted = useStore(proof.wanted);
  return <Suspense>{wanted && <StepUpDialog />}</Suspense>;
}
