import { Trans, useLingui } from "@lingui/react/macro";
import { ImageIcon } from "lucide-react";
import { type Upload, usePicture } from "@/features/uploads";
import { formatPercent } from "@/lib/format";
import { looks } from "@/ui/looks";
import { Bar } from "./PhotoTile";
import { chipLook, tileLook } from "./tile";

/** A photo that the server does not know yet. */
export function UploadTile({ upload }: { upload: Upload }) {
  const { t } = useLingui();
  const picture = usePicture(upload.id);
  const { stage } = upload;
  return (
    <div className={looks(tileLook, "select-none")}>
      {picture ? (
        <img src={picture} alt={upload.name} className="size-full object-cover opacity-70" />
      ) : (
        <span className="grid size-full place-items-center opacity-60">
          <ImageIcon aria-hidden className="size-7" strokeWidth={1.25} />
          <span className="sr-only">{upload.name}</span>
        </span>
      )}
      <span className="absolute inset-x-2 bottom-2 flex">
        <span className={chipLook}>
          {stage.is === "sending" ? (
            t`Sending, ${formatPercent(stage.part)}`
          ) : stage.is === "checking" ? (
            <Trans>Checking</Trans>
          ) : (
            <Trans>Waiting</Trans>
          )}
        </span>
      </span>
      {stage.is === "sending" && <Bar part={stage.part} />}
    </div>
  );
}
