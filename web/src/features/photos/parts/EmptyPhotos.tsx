import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { catalogQuery } from "@/features/catalog";
import { useCan } from "@/lib/access";
import { buttonLook } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import { PhotoFrame } from "@/ui/PhotoFrame";
import { Typed } from "@/ui/Typed";
import type { PhotoFilter } from "../api";
import { examples } from "../examples";
import { AddPhotos } from "./AddPhotos";
import { ExampleButton } from "./ExampleButton";

const Compare = lazy(() => import("@/ui/Compare").then(({ Compare }) => ({ default: Compare })));

/** There are no photos: none at all, none that were deleted, none that were asked for. */
export function EmptyPhotos({ filter }: { filter: PhotoFilter }) {
  if (filter.trash)
    return (
      <EmptyState title={<Trans>The trash is empty</Trans>}>
        <Trans>Photos that you delete stay here for 30 days, and can be restored.</Trans>
      </EmptyState>
    );
  if (filter.q || filter.status || filter.favourite)
    return (
      <EmptyState
        title={<Trans>No such photos</Trans>}
        action={
          <Link to="/" search={{}} className={buttonLook("secondary")}>
            <Trans>Show all photos</Trans>
          </Link>
        }
      >
        {filter.q ? (
          <Trans>
            No name has “<Typed text={filter.q} />” in it.
          </Trans>
        ) : (
          <Trans>At the moment there are none of this kind.</Trans>
        )}
      </EmptyState>
    );
  return <First />;
}

/** The first minute: what it is, and three ways to begin. */
function First() {
  const mayAdd = useCan("projects:write");
  const { data: catalog } = useQuery(catalogQuery);
  const after = catalog?.styles.find(({ key }) => key === "scandinavian")?.preview_url;
  return (
    <div className="mx-auto grid max-w-content items-center gap-8 px-4 pt-2 pb-28 sm:px-8 sm:pt-8 lg:grid-cols-[3fr_2fr] lg:gap-12">
      <div className="-mx-4 overflow-hidden bg-photo sm:mx-0 sm:rounded-card">
        {after ? (
          <Suspense fallback={<span className="block aspect-3/2" />}>
            <Compare
              className="aspect-3/2"
              before={<Room src={examples.living_room} />}
              after={<Room src={after} />}
            />
          </Suspense>
        ) : (
          <Room src={examples.living_room} />
        )}
      </div>
      <div className="grid justify-items-start gap-4">
        <h2 className="font-semibold text-page">
          <Trans>Your first room takes a minute</Trans>
        </h2>
        <p className="text-lead text-quiet">
          <Trans>
            Add a photo of an empty room, choose a style, and watch it develop. The walls, the light
            and the view stay as they are.
          </Trans>
        </p>
        {mayAdd ? (
          <div className="mt-2 flex flex-wrap gap-3">
            <AddPhotos />
            <ExampleButton />
          </div>
        ) : (
          <p className="text-quiet">
            <Trans>Your role may look at photos. Ask an owner or admin to add some.</Trans>
          </p>
        )}
        {mayAdd && (
          <p className="text-caption text-quiet max-sm:hidden">
            <Trans>Or drop photos anywhere on this page.</Trans>
          </p>
        )}
      </div>
    </div>
  );
}

function Room({ src }: { src: string }) {
  return <PhotoFrame src={src} alt="" ratio="3/2" eager className="size-full" />;
}
