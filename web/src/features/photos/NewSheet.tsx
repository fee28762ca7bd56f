import { Plural, Trans } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { catalogQuery, lastChoice, rememberChoice, useCatalogWords } from "@/features/catalog";
import { isChosen, queue, useUploads } from "@/features/uploads";
import { useSession } from "@/lib/access";
import { ChoiceGroup } from "@/ui/ChoiceGroup";
import { EmptyState } from "@/ui/EmptyState";
import { Sheet } from "@/ui/Sheet";
import { AddPhotos } from "./parts/AddPhotos";
import { ChosenPhotos } from "./parts/ChosenPhotos";
import { ExampleButton } from "./parts/ExampleButton";
import { Preview } from "./parts/Preview";
import { StageButton } from "./parts/StageButton";

/** How the photos that were chosen are to be staged: which room each shows, and one style. */
export function NewSheet() {
  const navigate = useNavigate();
  const { data: catalog } = useSuspenseQuery(catalogQuery);
  const words = useCatalogWords();
  const person = useSession().user?.id ?? "";
  const { uploads } = useUploads();
  const [open, setOpen] = useState(true);
  const photos = uploads.filter(({ stage }) => isChosen(stage));
  const ready = photos.filter(({ stage }) => stage.is === "chosen");
  const ids = ready.map(({ id }) => id);
  const last = lastChoice(catalog, person);
  const room = common(ready.map(({ choice }) => choice.room_type)) ?? null;
  const style = ready[0]?.choice.style ?? last.style;
  const close = () => {
    setOpen(false);
    // The reasons were read.
    const unfit = photos.filter(({ stage }) => stage.is === "unfit").map(({ id }) => id);
    queue.dispatch({ is: "removed", ids: unfit });
    void navigate({ to: "/", search: (search) => search });
  };
  const stage = () => {
    rememberChoice(person, { room_type: room ?? last.room_type, style });
    queue.dispatch({ is: "pressed" });
    close();
  };
  return (
    <Sheet
      wide
      open={open}
      onOpenChange={(next) => {
        if (!next) close();
      }}
      title={
        ready.length > 0 ? (
          <Plural value={ready.length} one="Stage # photo" other="Stage # photos" />
        ) : (
          <Trans>New photos</Trans>
        )
      }
    >
      {photos.length === 0 ? (
        <EmptyState
          className="py-6!"
          title={<Trans>Choose photos of empty rooms</Trans>}
          action={
            <>
              <AddPhotos />
              <ExampleButton />
            </>
          }
        >
          <Trans>Best from a corner, with the floor in view.</Trans>
        </EmptyState>
      ) : (
        <>
          <div className="grid gap-6 lg:grid-cols-[1fr_25rem] lg:gap-8">
            <ChosenPhotos photos={photos} catalog={catalog} />
            {ready.length > 0 && (
              <div className="grid content-start gap-6 lg:sticky lg:top-0">
                <ChoiceGroup
                  name="style"
                  label={<Trans>Style</Trans>}
                  pictures
                  value={style}
                  onChange={(style) => queue.dispatch({ is: "chose", ids, choice: { style } })}
                  options={catalog.styles.map(({ key, preview_url }) => ({
                    value: key,
                    label: words.style(key),
                    picture: <Preview url={preview_url} />,
                  }))}
                />
                <ChoiceGroup
                  name="room"
                  label={
                    ready.length > 1 ? <Trans>Room, for all photos</Trans> : <Trans>Room</Trans>
                  }
                  value={room}
                  onChange={(room_type) =>
                    queue.dispatch({ is: "chose", ids, choice: { room_type } })
                  }
                  options={catalog.room_types.map(({ key }) => ({
                    value: key,
                    label: words.room(key),
                  }))}
                />
              </div>
            )}
          </div>
          <StageButton many={ready.length} onStage={stage} />
        </>
      )}
    </Sheet>
  );
}

/** What all have; undefined if they differ. */
function common(values: readonly string[]): string | undefined {
  return values.every((value) => value === values[0]) ? values[0] : undefined;
}
