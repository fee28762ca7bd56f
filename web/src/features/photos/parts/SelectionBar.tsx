import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { RotateCcw, Trash2, X } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "@/ui/Button";
import { ConfirmDialog } from "@/ui/Dialog";

/** What can be done with the photos that are selected; where the thumb is. */
export default function SelectionBar({
  ids,
  trash,
  onAll,
  onTrash,
  onRestore,
  onPurge,
  onDone,
}: {
  ids: readonly string[];
  /** Whether they are in the trash. */
  trash: boolean;
  onAll: () => void;
  // This bar is gone before they have ended, so they belong to the page.
  onTrash: (ids: readonly string[]) => void;
  onRestore: (ids: readonly string[]) => void;
  onPurge: (ids: readonly string[]) => void;
  onDone: () => void;
}) {
  const { t } = useLingui();
  const [asks, setAsks] = useState(false);
  const none = ids.length === 0;
  const then = (work: (ids: readonly string[]) => void) => () => {
    work(ids);
    onDone();
  };
  return (
    <div
      role="toolbar"
      aria-label={t`Selected photos`}
      className="fixed inset-x-2 bottom-[calc(4.5rem+env(safe-area-inset-bottom))] z-30 mx-auto flex max-w-form items-center gap-1 rounded-card border border-line bg-surface p-2 shadow-over sm:bottom-6"
    >
      <IconButton label={t`Stop selecting`} onClick={onDone}>
        <X aria-hidden className="size-5" />
      </IconButton>
      <span aria-live="polite" className="tnum mr-auto truncate">
        <Plural value={ids.length} _0="Select photos" one="# selected" other="# selected" />
      </span>
      <Button kind="quiet" onClick={onAll}>
        <Trans>All</Trans>
      </Button>
      {trash ? (
        <>
          <Button kind="secondary" unavailable={none} onClick={then(onRestore)}>
            <RotateCcw aria-hidden className="size-4.5" />
            <Trans>Restore</Trans>
          </Button>
          <IconButton label={t`Delete for good`} unavailable={none} onClick={() => setAsks(true)}>
            <Trash2 aria-hidden className="size-5" />
          </IconButton>
        </>
      ) : (
        <Button kind="secondary" unavailable={none} onClick={then(onTrash)}>
          <Trash2 aria-hidden className="size-4.5" />
          <Trans>Delete</Trans>
        </Button>
      )}
      <PurgeDialog ids={ids} open={asks} onOpenChange={setAsks} onPurge={then(onPurge)} />
    </div>
  );
}

/** Asks before photos are deleted for good. */
function PurgeDialog({
  ids,
  open,
  onOpenChange,
  onPurge,
}: {
  ids: readonly string[];
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onPurge: () => void;
}) {
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onOpenChange}
      title={
        <Plural
          value={ids.length}
          one="Delete this photo for good?"
          other="Delete # photos for good?"
        />
      }
      description={
        <Trans>
          The originals and the furnished pictures are gone then; nobody can restore them.
        </Trans>
      }
      confirm={<Trans>Delete for good</Trans>}
      onConfirm={() => {
        onOpenChange(false);
        onPurge();
      }}
    />
  );
}
