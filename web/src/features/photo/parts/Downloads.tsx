import { Trans } from "@lingui/react/macro";
import { Download } from "lucide-react";
import type { ReactNode } from "react";
import type { Photo } from "@/features/photos";
import { formatBytes } from "@/lib/format";
import { buttonLook } from "@/ui/Button";
import { Section } from "@/ui/Page";

/** The finished picture, with and without the label, and the empty room. */
export function Downloads({ photo: { staged, original } }: { photo: Photo }) {
  return (
    <Section
      title={<Trans>Download</Trans>}
      description={
        <Trans>
          Many portals and boards ask for the label. Without it, say beside the picture that the
          furniture is virtual.
        </Trans>
      }
    >
      <ul className="grid gap-2">
        {staged && (
          <>
            <Way href={`${staged.url}?download=1&label=1`} kind="primary" size={staged.size}>
              <Trans>With the label “Virtually staged”</Trans>
            </Way>
            <Way href={`${staged.url}?download=1&label=0`}>
              <Trans>Without the label</Trans>
            </Way>
          </>
        )}
        {original && (
          <Way href={`${original.url}?download=1`} size={original.size}>
            <Trans>The empty room</Trans>
          </Way>
        )}
      </ul>
    </Section>
  );
}

function Way({
  href,
  kind = "secondary",
  size,
  children,
}: {
  href: string;
  kind?: "primary" | "secondary";
  size?: number;
  children: ReactNode;
}) {
  return (
    <li>
      <a
        href={href}
        download
        className={`${buttonLook(kind)} h-auto! min-h-11 w-full justify-start! gap-3! py-2 whitespace-normal!`}
      >
        <Download aria-hidden className="size-4.5 shrink-0" />
        <span className="min-w-0">{children}</span>
        {size !== undefined && (
          <span className="tnum ml-auto whitespace-nowrap font-normal">{formatBytes(size)}</span>
        )}
      </a>
    </li>
  );
}
