import { CircleCheck, TriangleAlert } from "lucide-react";
import type { Photo } from "@/features/photos";
import { looks } from "@/ui/looks";
import { said } from "../words";

/** What was looked at in the photo: what was not right comes first. */
export function Checks({ checks }: { checks: Photo["checks"] }) {
  const inOrder = checks.toSorted((one, other) => Number(one.passed) - Number(other.passed));
  return (
    <ul className="grid gap-1.5">
      {inOrder.map((check) => {
        const Icon = check.passed ? CircleCheck : TriangleAlert;
        return (
          <li key={check.code} className="flex gap-2">
            <Icon
              aria-hidden
              className={looks("mt-1 size-4 shrink-0", check.passed ? "text-success" : "text-warn")}
            />
            <span>{said(check)}</span>
          </li>
        );
      })}
    </ul>
  );
}
