import { useLingui } from "@lingui/react/macro";
import type { Life } from "../rules";

/** How long a key may live, in words. */
export function useLives(): { value: Life; label: string }[] {
  const { t } = useLingui();
  return [
    { value: "30", label: t`in 30 days` },
    { value: "90", label: t`in 90 days` },
    { value: "365", label: t`in a year` },
    { value: "never", label: t`never` },
  ];
}
