import { Trans, useLingui } from "@lingui/react/macro";
import { Pencil } from "lucide-react";
import { useState } from "react";
import { type Photo, usePhotoMutations } from "@/features/photos";
import { formState } from "@/lib/refusals";
import { Button, IconButton } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { Heading } from "@/ui/Page";

// As the API allows.
const LONGEST_NAME = 120;

/** The name as the heading of the page; it can be changed in its place. */
export function Name({ photo, canWrite }: { photo: Photo; canWrite: boolean }) {
  const { t } = useLingui();
  const [isTyping, setTyping] = useState(false);
  const { rename } = usePhotoMutations();
  if (!isTyping) {
    return (
      <div className="flex min-w-0 items-center gap-1">
        <Heading className="min-w-0 text-title! [overflow-wrap:anywhere]">
          <bdi>{photo.name}</bdi>
        </Heading>
        {canWrite && (
          <IconButton size="small" label={t`Rename`} onClick={() => setTyping(true)}>
            <Pencil aria-hidden className="size-4" />
          </IconButton>
        )}
      </div>
    );
  }
  return (
    <Form<{ name: string }>
      {...formState(rename)}
      onSubmit={({ name }) =>
        rename.mutate({ id: photo.id, name }, { onSuccess: () => setTyping(false) })
      }
      className="gap-3!"
    >
      <Field
        name="name"
        label={<Trans>Name</Trans>}
        defaultValue={photo.name}
        required
        maxLength={LONGEST_NAME}
        autoFocus
        autoComplete="off"
        onKeyDown={(event) => event.key === "Escape" && setTyping(false)}
      />
      <div className="flex gap-2">
        <Button type="submit" size="small" busy={rename.isPending}>
          <Trans>Save</Trans>
        </Button>
        <Button kind="secondary" size="small" onClick={() => setTyping(false)}>
          <Trans>Cancel</Trans>
        </Button>
      </div>
    </Form>
  );
}
