import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { Outlet, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from "react";
import { isUnderWay, useUploads } from "@/features/uploads";
import { useCan } from "@/lib/access";
import { useLiveState } from "@/lib/live";
import { Button } from "@/ui/Button";
import { Heading } from "@/ui/Page";
import { isUnfinished, type Photo, type PhotoFilter, photosOf, photosQuery } from "./api";
import { usePhotoMutations } from "./mutations";
import { AddPhotos, ThumbAdd } from "./parts/AddPhotos";
import { EmptyPhotos } from "./parts/EmptyPhotos";
import { useGridKeys } from "./parts/keys";
import { More } from "./parts/More";
import { Notices } from "./parts/Notices";
import { PhotosBar } from "./parts/PhotosBar";
import { PhotoTile } from "./parts/PhotoTile";
import { gridLook } from "./parts/tile";
import { UploadTile } from "./parts/UploadTile";
import { useTrash } from "./useTrash";
import { usePhotoWords } from "./words";

// With its dialog, only for those who select.
const SelectionBar = lazy(() => import("./parts/SelectionBar"));

const POLL = 5_000;
/** These are seen at once, so they are loaded first. */
const EAGER = 8;

/** All photos of the workspace. */
export function PhotosPage() {
  const { t } = useLingui();
  const filter = useSearch({ from: "/workspace/photos" });
  const mayChange = useCan("projects:write");
  const live = useLiveState();
  const list = useSuspenseInfiniteQuery({
    ...photosQuery(filter),
    // While no events arrive, look by ourselves.
    refetchInterval: ({ state }) =>
      live === "down" && photosOf(state.data).some(isUnfinished) ? POLL : false,
  });
  const photos = photosOf(list.data);
  const words = usePhotoWords();
  const { sent, made } = useSent(filter);
  const [selected, setSelected] = useState<ReadonlySet<string> | null>(null);
  const grid = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const { toTrash, failed } = useTrash();
  const { restore, purge } = usePhotoMutations();
  const stop = () => setSelected(null);
  const remove = (id: string | undefined) => id && toTrash([id]);
  useGridKeys(grid, search, {
    Escape: stop,
    ...(mayChange && !filter.trash && { Delete: remove }),
  });
  const select = useCallback(
    (id: string) =>
      setSelected((before) => {
        const after = new Set(before);
        if (!after.delete(id)) after.add(id);
        return after;
      }),
    [],
  );
  const isEmpty = photos.length === 0 && sent.length === 0;
  const isFirst = isEmpty && !filter.q && !filter.status && !filter.favourite && !filter.trash;
  const title = (
    <Heading className="text-title!">
      {filter.trash ? <Trans>Trash</Trans> : <Trans>Photos</Trans>}
    </Heading>
  );
  return (
    <>
      {isFirst ? (
        <div className="px-4 pt-5 pb-4 sm:px-8">{title}</div>
      ) : (
        <PhotosBar title={title} filter={filter} search={search}>
          {mayChange && photos.length > 0 && (
            <Button
              kind="quiet"
              onClick={() => setSelected(selected ? null : new Set())}
              aria-pressed={selected !== null}
            >
              <Trans>Select</Trans>
            </Button>
          )}
          {mayChange && !filter.trash && (
            <span className="ml-2 max-sm:hidden">
              <AddPhotos />
            </span>
          )}
        </PhotosBar>
      )}
      {filter.trash && !isEmpty && (
        <p className="px-4 pb-4 text-quiet sm:px-8">
          <Trans>
            Photos stay here for 30 days after they were deleted. Select some to restore them, or to
            delete them for good.
          </Trans>
        </p>
      )}
      <Notices
        unfinished={photos.some(isUnfinished)}
        failed={failed || purge.isError || restore.isError}
      />
      {isEmpty ? (
        <EmptyPhotos filter={filter} />
      ) : (
        <section
          ref={grid}
          aria-label={filter.trash ? t`Deleted photos` : t`Photos`}
          aria-busy={list.isFetchingNextPage}
          className={gridLook}
        >
          {sent.map((upload) => (
            <UploadTile key={upload.id} upload={upload} />
          ))}
          {photos.map((photo, at) => (
            <PhotoTile
              key={photo.id}
              photo={photo}
              alt={words.alt(photo)}
              status={words.status(photo)}
              favourite={photo.is_favourite ? t`Favourite` : null}
              upload={made.get(photo.id)}
              selected={
                selected ? selected.has(photo.id) : filter.trash && mayChange ? false : null
              }
              onSelect={select}
              named={Boolean(filter.q || filter.trash)}
              eager={at < EAGER}
            />
          ))}
        </section>
      )}
      <More list={list} />
      <p aria-live="polite" className="sr-only">
        {!list.hasNextPage && (
          <Plural value={photos.length} one="# photo is shown." other="# photos are shown." />
        )}
      </p>
      <Announcements photos={photos} />
      {selected ? (
        <Suspense>
          <SelectionBar
            ids={photos.map(({ id }) => id).filter((id) => selected.has(id))}
            trash={Boolean(filter.trash)}
            onAll={() => setSelected(new Set(photos.map(({ id }) => id)))}
            onTrash={toTrash}
            onRestore={restore.mutate}
            onPurge={purge.mutate}
            onDone={stop}
          />
        </Suspense>
      ) : (
        mayChange && !filter.trash && !isFirst && <ThumbAdd />
      )}
      <Outlet />
    </>
  );
}

/** Photos that the server does not know yet, which are at the top of the list that shows everything; and
 * the uploads that others were made of. */
function useSent({ status, favourite, q, trash }: PhotoFilter) {
  const { uploads } = useUploads();
  const made = new Map<string, string>();
  for (const { id, stage } of uploads)
    if ("project" in stage && stage.project) made.set(stage.project.id, id);
  const waits = uploads.filter(({ stage }) => stage.is === "waiting" || isUnderWay(stage));
  return { sent: status || favourite || q || trash ? [] : waits.toReversed(), made };
}

/** "Kitchen is staged", once, for those who do not see the tile change. */
function Announcements({ photos }: { photos: readonly Photo[] }) {
  const { t } = useLingui();
  const before = useRef(new Map<string, Photo["status"]>());
  const [words, setWords] = useState("");
  useEffect(() => {
    for (const { id, name, status } of photos) {
      const was = before.current.get(id);
      if (was && was !== status && status === "staged") setWords(t`${name} is staged.`);
      if (was && was !== status && status === "failed") setWords(t`${name} could not be staged.`);
      before.current.set(id, status);
    }
  }, [photos, t]);
  return (
    <p aria-live="polite" className="sr-only">
      {words}
    </p>
  );
}
