import { Trans, useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check } from "lucide-react";
import { useCatalogWords } from "@/features/catalog";
import { formsOf, type Photo, usePhotoWords } from "@/features/photos";
import { looks } from "@/ui/looks";
import { PhotoFrame } from "@/ui/PhotoFrame";
import { variationsQuery } from "../api";

/** The looks that were made of the same photo, side by side; nothing if there is only one. */
export function Variations({ photo }: { photo: Photo }) {
  const { t } = useLingui();
  const { data: variations } = useQuery(variationsQuery(photo.photo_id));
  const { style } = useCatalogWords();
  const words = usePhotoWords();
  if (!variations || variations.length < 2) return null;
  return (
    <section className="grid gap-3">
      <h2 className="font-semibold text-lead">
        <Trans>The same room, other looks</Trans>
      </h2>
      <ul className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-4">
        {variations.map((each) => {
          const image = each.staged ?? each.original;
          const isShown = each.id === photo.id;
          return (
            <li key={each.id}>
              <Link
                to="/photos/$projectId"
                params={{ projectId: each.id }}
                aria-current={isShown ? "true" : undefined}
                className={looks(
                  "grid gap-2 rounded-card border p-1.5 transition-colors duration-120",
                  isShown ? "border-brand-ring" : "border-transparent hover:bg-raised",
                )}
              >
                <PhotoFrame
                  src={image ? formsOf(image.url).src : null}
                  alt=""
                  placeholder={image?.placeholder}
                  ratio="3/2"
                  className={looks("rounded-input", each.status !== "staged" && "opacity-60")}
                />
                <span className="flex items-center gap-1.5 px-1 text-caption">
                  {each.is_final && (
                    <Check
                      aria-label={t`The one in use`}
                      className="size-4 shrink-0 text-success"
                    />
                  )}
                  <span className="truncate">
                    {style(each.style)}
                    {each.status !== "staged" && ` · ${words.status(each)}`}
                  </span>
                </span>
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
