import { Trans, useLingui } from "@lingui/react/macro";
import { Link, useNavigate } from "@tanstack/react-router";
import { ArrowLeft, Search, Trash2, X } from "lucide-react";
import { type ReactNode, type RefObject, useEffect, useState } from "react";
import { buttonLook, IconButton } from "@/ui/Button";
import { looks } from "@/ui/looks";
import type { PhotoFilter, PhotoStatus } from "../api";

const TYPING_PAUSE = 250;

/** Which photos are shown; all of it is in the address. */
export function PhotosBar({
  title,
  filter,
  search,
  children,
}: {
  title: ReactNode;
  filter: PhotoFilter;
  search: RefObject<HTMLInputElement | null>;
  /** What can be done. */
  children?: ReactNode;
}) {
  const { t } = useLingui();
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-3 px-4 pt-5 pb-4 sm:px-8 sm:pt-4">
      <div className="flex items-center gap-1 max-sm:w-full">
        {filter.trash && (
          <Link
            to="/"
            search={{}}
            aria-label={t`Back to all photos`}
            className={looks(buttonLook("quiet"), "-ml-3 aspect-square px-0!")}
          >
            <ArrowLeft aria-hidden className="size-5" />
          </Link>
        )}
        {title}
      </div>
      {!filter.trash && (
        <nav
          aria-label={t`Which photos`}
          className="-mx-4 flex gap-1 overflow-x-auto px-4 [scrollbar-width:none] max-sm:order-last max-sm:w-[calc(100%+2rem)] sm:mx-0 sm:px-0"
        >
          <Which filter={filter}>
            <Trans>All</Trans>
          </Which>
          <Which filter={filter} favourite>
            <Trans>Favourites</Trans>
          </Which>
          <Which filter={filter} status="staged">
            <Trans>Staged</Trans>
          </Which>
          <Which filter={filter} status="processing">
            <Trans>Developing</Trans>
          </Which>
          <Which filter={filter} status="queued">
            <Trans>In line</Trans>
          </Which>
          <Which filter={filter} status="failed">
            <Trans>Not staged</Trans>
          </Which>
        </nav>
      )}
      <SearchField filter={filter} field={search} />
      <div className="ml-auto flex items-center gap-1">
        {!filter.trash && (
          <Link
            to="/"
            search={{ trash: true }}
            aria-label={t`Trash`}
            title={t`Trash`}
            className={looks(buttonLook("quiet"), "aspect-square px-0!")}
          >
            <Trash2 aria-hidden className="size-5" />
          </Link>
        )}
        {children}
      </div>
    </div>
  );
}

function Which({
  filter,
  status,
  favourite,
  children,
}: {
  filter: PhotoFilter;
  status?: PhotoStatus;
  favourite?: true;
  children: ReactNode;
}) {
  const shown = filter.status === status && filter.favourite === favourite;
  return (
    <Link
      to="/"
      search={{
        ...(filter.q && { q: filter.q }),
        ...(status && { status }),
        ...(favourite && { favourite }),
      }}
      aria-current={shown ? "true" : undefined}
      className={looks(
        "flex h-control items-center whitespace-nowrap rounded-button px-3 transition-colors duration-120",
        shown ? "bg-raised font-medium text-ink" : "text-quiet hover:text-ink",
      )}
    >
      {children}
    </Link>
  );
}

function SearchField({
  filter,
  field,
}: {
  filter: PhotoFilter;
  field: RefObject<HTMLInputElement | null>;
}) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const [typed, setTyped] = useState(filter.q ?? "");
  const [before, setBefore] = useState(filter.q);
  // Back and links change the address without the field.
  if (before !== filter.q) {
    setBefore(filter.q);
    if (typed.trim() !== (filter.q ?? "")) setTyped(filter.q ?? "");
  }
  useEffect(() => {
    const wanted = typed.trim();
    if (wanted === (filter.q ?? "")) return;
    const timer = setTimeout(() => {
      const { q: _, ...rest } = filter;
      void navigate({ to: "/", search: { ...rest, ...(wanted && { q: wanted }) }, replace: true });
    }, TYPING_PAUSE);
    return () => clearTimeout(timer);
  }, [typed, filter, navigate]);
  return (
    <div className="relative min-w-40 flex-1 sm:max-w-xs">
      <Search
        aria-hidden
        className="pointer-events-none absolute inset-y-0 left-3 my-auto size-4.5 text-quiet"
      />
      <input
        ref={field}
        type="search"
        enterKeyHint="search"
        aria-label={t`Search by name`}
        aria-keyshortcuts="/"
        placeholder={t`Search`}
        maxLength={100}
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          if (typed) setTyped("");
          else event.currentTarget.blur();
        }}
        className="h-control w-full rounded-button border border-transparent bg-raised pr-10 pl-10 text-base placeholder:text-quiet focus:border-brand-ring focus:bg-surface focus:outline-none [&::-webkit-search-cancel-button]:hidden"
      />
      {typed && (
        <span className="absolute inset-y-0 right-0.5 grid items-center">
          <IconButton
            label={t`Clear the search`}
            size="small"
            onClick={() => {
              setTyped("");
              field.current?.focus();
            }}
          >
            <X aria-hidden className="size-4" />
          </IconButton>
        </span>
      )}
    </div>
  );
}
