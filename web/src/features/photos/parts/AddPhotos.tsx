import { Trans, useLingui } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Camera, Plus } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { catalogQuery, lastChoice, limitsOf } from "@/features/catalog";
import { addFiles, isChosen, queue } from "@/features/uploads";
import { useSession } from "@/lib/access";
import { Button, type ButtonKind, IconButton } from "@/ui/Button";
import { toast } from "@/ui/Toast";

/** Take files into the sheet for new photos, which opens. */
export function useTakeFiles(): (files: readonly File[]) => Promise<void> {
  const { t } = useLingui();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const person = useSession().user?.id ?? "";
  return async (files) => {
    if (files.length === 0) return;
    const catalog = await queries.ensureQueryData(catalogQuery);
    void navigate({ to: "/new", search: (search) => search });
    const { added, again } = await addFiles(files, limitsOf(catalog), lastChoice(catalog, person));
    // They were known already: the ones that were missed are on their way again.
    if (added === 0 && !queue.state.get().uploads.some(({ stage }) => isChosen(stage)))
      void navigate({ to: "/", search: (search) => search, replace: true });
    const [first] = again;
    if (again.length === 1) toast({ title: t`${first} is chosen already, so it is taken once.` });
    if (again.length > 1)
      toast({ title: t`${again.length} photos are chosen already, so they are taken once.` });
  };
}

/** Opens the phone's own choice of camera and library, or the computer's of files. */
export function AddPhotos({
  kind = "primary",
  className,
  children,
}: {
  kind?: ButtonKind;
  className?: string;
  children?: ReactNode;
}) {
  const chooser = useChooser();
  return (
    <>
      {chooser.input}
      <Button kind={kind} onClick={chooser.open} {...(className && { className })}>
        {children ?? (
          <>
            <Plus aria-hidden className="size-5" />
            <Trans>Add photos</Trans>
          </>
        )}
      </Button>
    </>
  );
}

/** Where the thumb is, on phones: from the library, or straight from the camera. */
export function ThumbAdd() {
  const { t } = useLingui();
  const library = useChooser();
  const camera = useChooser({ camera: true });
  return (
    <div className="fixed right-4 bottom-[calc(5rem+env(safe-area-inset-bottom))] z-20 flex items-center gap-2 sm:hidden">
      {camera.input}
      {library.input}
      <IconButton
        kind="secondary"
        label={t`Take a photo`}
        onClick={camera.open}
        className="size-13! rounded-full! shadow-over"
      >
        <Camera aria-hidden className="size-5" />
      </IconButton>
      <Button
        size="large"
        onClick={library.open}
        className="rounded-full! px-5! text-body! shadow-over"
      >
        <Plus aria-hidden className="size-5" />
        <Trans>Add photos</Trans>
      </Button>
    </div>
  );
}

function useChooser({ camera = false }: { camera?: boolean } = {}) {
  const { t } = useLingui();
  const take = useTakeFiles();
  const input = useRef<HTMLInputElement>(null);
  return {
    open: () => input.current?.click(),
    input: (
      <input
        ref={input}
        type="file"
        hidden
        multiple={!camera}
        accept="image/*,.heic,.heif,.avif"
        {...(camera && { capture: "environment" as const })}
        aria-label={camera ? t`Take a photo` : t`Add photos`}
        onChange={({ target }) => {
          const files = [...(target.files ?? [])];
          // So that the same file can be chosen once more.
          target.value = "";
          void take(files);
        }}
      />
    ),
  };
}
