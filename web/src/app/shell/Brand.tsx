import { Link } from "@tanstack/react-router";
import { useBrand } from "@/lib/brand";

/** Whose place this is: the logo if there is one, else the name. */
export function Brand() {
  const { name, logo } = useBrand();
  return (
    <Link to="/" className="flex min-h-11 min-w-0 items-center gap-3 font-semibold tracking-tight">
      {logo ? (
        <img src={logo} alt={name} className="h-7 w-auto max-w-40 object-contain" />
      ) : (
        <>
          <span aria-hidden className="size-3 shrink-0 rounded-full bg-brand" />
          <span className="truncate">{name}</span>
        </>
      )}
    </Link>
  );
}
