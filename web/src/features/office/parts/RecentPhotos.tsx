import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { PhotoFrame } from "@/ui/PhotoFrame";
import { Skeleton } from "@/ui/Skeleton";
import { recentQuery } from "../api";

const PLACES = ["1", "2", "3", "4", "5", "6"];

/** The photos that were furnished last; nothing if there are none. */
export function RecentPhotos() {
  const { data: photos, isPending } = useQuery(recentQuery);
  if (!isPending && !photos?.length) return null;
  return (
    <section className="grid gap-4">
      <h2 className="font-semibold text-title">
        <Trans>Furnished last</Trans>
      </h2>
      <ul className="grid grid-cols-2 gap-1 overflow-hidden rounded-card sm:grid-cols-3">
        {isPending && PLACES.map((each) => <Skeleton key={each} className="aspect-3/2" />)}
        {photos?.map((photo) => (
          <li key={photo.id}>
            <Link to="/photos/$projectId" params={{ projectId: photo.id }} className="group block">
              <PhotoFrame
                src={photo.staged && `${photo.staged.url}?w=640`}
                alt={photo.name}
                ratio="3/2"
                className="transition-opacity duration-120 group-hover:opacity-90"
              />
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
