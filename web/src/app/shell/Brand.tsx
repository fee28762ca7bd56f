import { Link } from "@tanstack/react-router";
import { boot } from "@/lib/boot";

/** Whose place this is: the logo if there is one, else the name. */
export function Brand() {
  const name = boot.branding?.name ?? boot.name;
  return (
    <Link to="/" className="flex min-h-11 min-w-0 items-center gap-3 font-semibold tracking-tight">
      {boot.branding?.logo_url ? (
        <img
          src={boot.branding.logo_url}
          alt={name}
          className="h-7 w-auto max-w-40 object-contain"
        />
      ) : (
        <>
          <span aria-hidden className="size-3 shrink-0 rounded-full bg-brand" />
          <span className="truncate">{name}</span>
        </>
      )}
    </Link>
  );
}
