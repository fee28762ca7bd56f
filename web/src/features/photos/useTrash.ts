import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { toast } from "@/ui/Toast";
import { usePhotoMutations } from "./mutations";

/** Put photos into the trash, with a way back. */
export function useTrash(): { toTrash: (ids: readonly string[]) => void; failed: boolean } {
  const { t } = useLingui();
  const { trash, restore } = usePhotoMutations();
  const toTrash = (ids: readonly string[]) =>
    // A page that shows one photo is gone when this has ended.
    trash.mutateAsync(ids).then(
      () =>
        void toast({
          title: plural(ids.length, {
            one: "The photo is in the trash.",
            other: "# photos are in the trash.",
          }),
          action: { label: t`Undo`, onClick: () => restore.mutate(ids) },
        }),
      () => undefined,
    );
  return { toTrash, failed: trash.isError };
}
