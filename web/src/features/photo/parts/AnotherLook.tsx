import { Plural, Trans } from "@lingui/react/macro";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { type CatalogEntry, catalogQuery, useCatalogWords } from "@/features/catalog";
import { type Photo, usePhotoMutations } from "@/features/photos";
import { photosLeft, usageQuery } from "@/features/usage";
import { useIdempotencyKey } from "@/lib/api";
import { Button } from "@/ui/Button";
import { ChoiceGroup } from "@/ui/ChoiceGroup";
import { Notice } from "@/ui/Notice";
import { Section } from "@/ui/Page";
import { PhotoFrame } from "@/ui/PhotoFrame";
import { wordsOf } from "../words";

/** The same photo in another style, as another room, or simply once more; nothing is uploaded again. */
export function AnotherLook({ photo }: { photo: Photo }) {
  const navigate = useNavigate();
  const { data: catalog } = useSuspenseQuery(catalogQuery);
  const { data: usage } = useQuery(usageQuery);
  const names = useCatalogWords();
  const [style, setStyle] = useState(otherThan(catalog.styles, photo.style));
  const [room, setRoom] = useState(photo.room_type);
  const { key, renew } = useIdempotencyKey();
  const { vary } = usePhotoMutations();
  const left = usage ? photosLeft(usage) : null;
  const start = () =>
    vary.mutate(
      { id: photo.id, key, body: { style, room_type: room } },
      {
        onSuccess: (made) => {
          renew();
          const { id } = made as Photo;
          void navigate({ to: "/photos/$projectId", params: { projectId: id } });
        },
      },
    );
  return (
    <Section
      title={<Trans>Another look</Trans>}
      description={<Trans>The same photo; nothing is uploaded again.</Trans>}
      actions={
        <>
          <span className="mr-auto text-caption text-quiet">
            <Trans>Costs one photo</Trans>
            {left !== null && (
              <>
                {" · "}
                <Plural value={left} one="# left" other="# left" />
              </>
            )}
          </span>
          <Button busy={vary.isPending} unavailable={left === 0} onClick={start}>
            <Trans>Stage it</Trans>
          </Button>
        </>
      }
    >
      <ChoiceGroup
        name="style"
        label={<Trans>Style</Trans>}
        value={style}
        onChange={setStyle}
        pictures
        options={catalog.styles.map((each) => ({
          value: each.key,
          label: names.style(each.key),
          picture: <PhotoFrame src={each.preview_url ?? null} alt="" ratio="3/2" />,
        }))}
      />
      <ChoiceGroup
        name="room"
        label={<Trans>Room</Trans>}
        value={room}
        onChange={setRoom}
        options={catalog.room_types.map((each) => ({
          value: each.key,
          label: names.room(each.key),
        }))}
      />
      {left === 0 && (
        <Notice tone="warn">
          <Trans>All photos of your plan are used in this period.</Trans>
        </Notice>
      )}
      {vary.error && <Notice tone="danger">{wordsOf(vary.error)}</Notice>}
    </Section>
  );
}

/** The first style that the photo does not have yet. */
function otherThan(styles: readonly CatalogEntry[], style: string): string {
  return styles.find(({ key }) => key !== style)?.key ?? style;
}
