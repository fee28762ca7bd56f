import { Trans } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { useCatalogWords } from "@/features/catalog";
import { isUnfinished, photoQuery, usePhotoWords } from "@/features/photos";
import { useCan } from "@/lib/access";
import { useLiveState } from "@/lib/live";
import { buttonLook } from "@/ui/Button";
import { useFreshVariations } from "./api";
import { Actions } from "./parts/Actions";
import { AnotherLook } from "./parts/AnotherLook";
import { Downloads } from "./parts/Downloads";
import { Facts } from "./parts/Facts";
import { Name } from "./parts/Name";
import { Outcome } from "./parts/Outcome";
import { Stage } from "./parts/Stage";
import { Variations } from "./parts/Variations";

const LOOK_MS = 5_000;

/** One photo: it develops, it is compared with the empty room, used, downloaded, or tried once more. */
export function PhotoPage() {
  const { projectId } = useParams({ from: "/workspace/photos/$projectId" });
  const live = useLiveState();
  const { data: photo } = useSuspenseQuery({
    ...photoQuery(projectId),
    // Without the stream nobody tells that it has changed.
    refetchInterval: ({ state }) =>
      live === "down" && state.data && isUnfinished(state.data) ? LOOK_MS : false,
  });
  const words = usePhotoWords();
  const { room, style } = useCatalogWords();
  const canWrite = useCan("projects:write");
  useFreshVariations(photo.photo_id);
  const isStaged = photo.status === "staged";
  return (
    // Another variation is another photo: nothing of the last one stays on the page.
    <article key={photo.id}>
      <div className="bg-photo text-on-photo">
        <div className="mx-auto max-w-content">
          <div className="px-2 py-1 sm:px-6">
            <Link
              to="/"
              className="inline-flex h-11 items-center gap-2 rounded-button px-2 text-caption opacity-80 hover:opacity-100 focus-visible:outline-on-photo"
            >
              <ArrowLeft aria-hidden className="size-4.5" />
              <Trans>All photos</Trans>
            </Link>
          </div>
          <Stage photo={photo} />
        </div>
      </div>
      <div className="mx-auto grid max-w-content grid-cols-1 gap-8 px-4 py-8 sm:px-8">
        <header className="flex flex-wrap items-start justify-between gap-x-8 gap-y-4">
          <div className="grid min-w-0 gap-1">
            <Name photo={photo} canWrite={canWrite && !photo.deleted_at} />
            <p role="status" className="text-quiet">
              {room(photo.room_type)} · {style(photo.style)} · {words.status(photo)}
            </p>
          </div>
          {canWrite && <Actions photo={photo} />}
        </header>
        <Outcome photo={photo} canWrite={canWrite} />
        <Variations photo={photo} />
        <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-2">
          {isStaged && <Downloads photo={photo} />}
          {canWrite && !photo.deleted_at && photo.original && <AnotherLook photo={photo} />}
        </div>
        <Facts photo={photo} />
        <p>
          <Link to="/" className={buttonLook("quiet", "small")}>
            <Trans>Back to all photos</Trans>
          </Link>
        </p>
      </div>
    </article>
  );
}
