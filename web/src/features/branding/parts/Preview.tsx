import { Trans } from "@lingui/react/macro";
import type { ReactNode } from "react";
import type { Colors, Theme } from "@/lib/contrast";
import { variablesOf } from "@/lib/theme";
import { buttonLook } from "@/ui/Button";
import { looks } from "@/ui/looks";

/** A page in the brand, light or dark whatever this page is, and in words what became of the colours. */
export function Preview({
  look,
  title,
  name,
  colors,
  theme,
}: {
  look: "light" | "dark";
  title: ReactNode;
  name: string;
  colors: Colors;
  theme: Theme;
}) {
  return (
    <figure className="grid content-start gap-3">
      <div
        style={variablesOf(theme)}
        className={looks(
          look === "dark" ? "look-dark" : "look-light",
          "grid gap-5 rounded-card border border-line bg-canvas p-5 text-ink",
        )}
      >
        <p className="flex min-w-0 items-center gap-3 font-semibold">
          <span aria-hidden className="size-3 shrink-0 rounded-full bg-brand" />
          <span className="truncate">{name}</span>
        </p>
        <div className="grid justify-items-start gap-4 rounded-card border border-line bg-surface p-4">
          <p className="text-quiet">
            <Trans>
              Your rooms are ready.{" "}
              <span className="font-medium text-brand-text underline underline-offset-2">
                See what is new
              </span>
            </Trans>
          </p>
          <span className="h-control w-full rounded-input border border-field bg-surface px-3 leading-10 outline-2 outline-brand-ring outline-offset-2">
            <Trans>12 Lakeside Drive</Trans>
          </span>
          <span className={buttonLook()}>
            <Trans>Add photos</Trans>
          </span>
        </div>
      </div>
      <figcaption className="grid gap-2">
        <span className="font-medium">{title}</span>
        <ul className="grid gap-1 text-caption text-quiet">
          <Shown what={<Trans>Buttons</Trans>} chosen={colors.primary} shown={theme.brand} />
          <Shown what={<Trans>Links</Trans>} chosen={colors.primary} shown={theme.brand_text} />
          <Shown what={<Trans>Focus</Trans>} chosen={colors.accent} shown={theme.brand_ring} />
        </ul>
      </figcaption>
    </figure>
  );
}

function Shown({ what, chosen, shown }: { what: ReactNode; chosen: string; shown: string }) {
  return (
    <li className="flex items-center gap-2">
      <Swatch color={chosen} />
      {shown !== chosen && <Swatch color={shown} />}
      <span>
        {what}
        {": "}
        {shown === chosen ? (
          <Trans>{chosen}, as you chose it</Trans>
        ) : (
          <Trans>
            {chosen} is shown as {shown}
          </Trans>
        )}
      </span>
    </li>
  );
}

function Swatch({ color }: { color: string }) {
  return (
    <span
      aria-hidden
      style={{ backgroundColor: color }}
      className="size-4 shrink-0 rounded-input border border-field"
    />
  );
}
