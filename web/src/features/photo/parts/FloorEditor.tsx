import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { type Photo, usePhotoMutations } from "@/features/photos";
import { photosLeft, usageQuery } from "@/features/usage";
import { useIdempotencyKey } from "@/lib/api";
import { hold } from "@/lib/hold";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { Switch } from "@/ui/Switch";
import { Workbench } from "@/ui/Workbench";
import { HIGHEST, LOWEST, metresOf, typedHeight, usualUnit } from "../height";
import {
  DOOR_START,
  type Door,
  type Floor,
  faultOfDoor,
  faultOfFloor,
  inView,
  START,
} from "../layout";
import { doorFaultWords, floorFaultWords, wordsOf } from "../words";
import { CeilingField } from "./CeilingField";
import { FloorCanvas } from "./FloorCanvas";

/** A person shows where the floor is, and how high the room, and the photo is tried once more: for
 * nothing if it was refused, else as another look. */
export function FloorEditor({ photo, onClose }: { photo: Photo; onClose: () => void }) {
  const { i18n } = useLingui();
  const navigate = useNavigate();
  const { layout, ceiling_height_m: known } = photo.options;
  const [floor, setFloor] = useState(() =>
    layout ? inView(layout.floor_corners as unknown as Floor) : START,
  );
  const [door, setDoor] = useState<Door | null>(layout?.door ?? null);
  const [unit, setUnit] = useState(() => usualUnit(navigator.language || i18n.locale));
  const [height, setHeight] = useState(() => (known ? typedHeight(known, unit) : ""));
  const { key } = useIdempotencyKey();
  const { retry, vary } = usePhotoMutations();
  const { data: usage } = useQuery(usageQuery);
  useEffect(hold, []);
  const isFree = photo.status !== "staged";
  const left = usage ? photosLeft(usage) : null;
  const metres = height.trim() ? metresOf(height, unit) : null;
  const isHeightWrong = metres !== null && !(metres >= LOWEST && metres <= HIGHEST);
  const floorFault = faultOfFloor(floor);
  const doorFault = door && faultOfDoor(door);
  const isBusy = retry.isPending || vary.isPending;
  const error = retry.error ?? vary.error;
  const send = () => {
    const options = {
      layout: { floor_corners: [...floor], ...(door && { door }) },
      ceiling_height_m: metres,
    };
    const sent = { id: photo.id, key, body: { options } };
    if (isFree) retry.mutate(sent, { onSuccess: onClose });
    else
      vary.mutate(sent, {
        onSuccess: (made) => {
          onClose();
          const { id } = made as Photo;
          void navigate({ to: "/photos/$projectId", params: { projectId: id } });
        },
      });
  };
  return (
    <Workbench
      open
      onOpenChange={(next) => !next && onClose()}
      onLeave={() => document.querySelector<HTMLElement>("h1")}
      title={<Trans>Mark the floor</Trans>}
      description={
        <Trans>
          Drag the four points to the corners of the floor. If a near corner is outside the photo,
          put its point on the edge of the floor where the photo ends.
        </Trans>
      }
      piece={
        <FloorCanvas
          photo={photo}
          floor={floor}
          door={door}
          faulty={floorFault !== null}
          onFloor={setFloor}
          onDoor={setDoor}
        />
      }
      actions={
        <>
          {(floorFault || doorFault) && (
            <p role="status" className="text-caption text-danger">
              {floorFault ? floorFaultWords(floorFault) : doorFault && doorFaultWords(doorFault)}
            </p>
          )}
          {error && <Notice tone="danger">{wordsOf(error)}</Notice>}
          <div className="grid items-center gap-3 sm:flex sm:justify-between">
            <span className="text-caption text-quiet">
              {isFree ? (
                <Trans>Counts only if it is staged</Trans>
              ) : (
                <>
                  <Trans>Costs one photo</Trans>
                  {left !== null && (
                    <>
                      {" · "}
                      <Plural value={left} one="# left" other="# left" />
                    </>
                  )}
                </>
              )}
            </span>
            <Button
              busy={isBusy}
              unavailable={Boolean(floorFault || doorFault || isHeightWrong)}
              onClick={send}
            >
              {isFree ? <Trans>Try again</Trans> : <Trans>Stage it again</Trans>}
            </Button>
          </div>
        </>
      }
    >
      <p className="text-caption text-quiet max-lg:hidden">
        <Trans>
          With the keyboard: Tab goes to the next point, the arrow keys move it, with Shift in
          larger steps.
        </Trans>
      </p>
      <Switch
        label={<Trans>Mark a door</Trans>}
        hint={
          <Trans>
            It shows us how large the room is. Choose one that is seen from top to foot.
          </Trans>
        }
        checked={door !== null}
        onChange={(on) => setDoor(on ? DOOR_START : null)}
      />
      <CeilingField
        value={height}
        unit={unit}
        isWrong={isHeightWrong}
        onValue={setHeight}
        onUnit={setUnit}
      />
    </Workbench>
  );
}
