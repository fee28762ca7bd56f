import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Link, useLocation } from "@tanstack/react-router";
import { ChevronDown, CircleAlert, ImageIcon, RotateCw, X } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { formatPercent } from "@/lib/format";
import { Button, IconButton } from "@/ui/Button";
import { looks } from "@/ui/looks";
import { isChosen, type Refusal, type Stage, type Upload } from "./state";
import { type Counts, countsOf, queue, usePicture, useUploads } from "./uploads";
import { useQuotaWords, useRefusalWords } from "./words";

/** Milliseconds that "all done" is shown for. */
const DONE_FOR = 6000;

/** How the photos on their way stand, on every page: a card that shrinks to a pill. */
export function UploadPanel() {
  const state = useUploads();
  const counts = countsOf(state);
  const [open, setOpen] = useState(false);
  const asks = state.stopped !== null || counts.failed > 0;
  // False at first: what it asks may be older than this panel, whose code is loaded after the page.
  const asked = useRef(false);
  useEffect(() => {
    // It opens by itself once, when it needs somebody.
    if (asks && !asked.current) setOpen(true);
    asked.current = asks;
  }, [asks]);
  const isDone = counts.all > 0 && counts.open === 0 && counts.failed === 0 && !open;
  useEffect(() => {
    if (!isDone) return;
    const timer = setTimeout(() => queue.dispatch({ is: "cleared" }), DONE_FOR);
    return () => clearTimeout(timer);
  }, [isDone]);
  // The thumb's button and the toolbar of a selection are at the same place on the list.
  const onList = useLocation({ select: ({ pathname }) => pathname === "/" });
  if (counts.all === 0) return null;
  const place = looks(
    "fixed z-20 sm:right-6 sm:bottom-6",
    onList
      ? "bottom-[calc(9.5rem+env(safe-area-inset-bottom))]"
      : "bottom-[calc(5rem+env(safe-area-inset-bottom))]",
  );
  return (
    <>
      {/* So that whatever lies below it at the end of a page can be scrolled clear of it. */}
      <div aria-hidden className="h-20" />
      {open ? (
        <Card counts={counts} onClose={() => setOpen(false)} className={place} />
      ) : (
        <Pill counts={counts} asks={asks} onOpen={() => setOpen(true)} className={place} />
      )}
    </>
  );
}

function Pill({
  counts,
  asks,
  onOpen,
  className,
}: {
  counts: Counts;
  asks: boolean;
  onOpen: () => void;
  className: string;
}) {
  const { t } = useLingui();
  const { all, done, failed } = counts;
  return (
    <button
      type="button"
      onClick={onOpen}
      aria-label={t`${done} of ${all} photos are staged. Show all.`}
      className={looks(
        "right-4 flex h-11 items-center gap-2.5 rounded-full border border-line bg-surface pr-4 pl-2.5 shadow-over transition-colors duration-120 hover:bg-raised",
        className,
      )}
    >
      {asks ? (
        <CircleAlert aria-hidden className="size-6 text-danger" />
      ) : (
        <Ring part={all === 0 ? 0 : (done + failed) / all} />
      )}
      <span className="tnum font-medium">
        {done} / {all}
      </span>
    </button>
  );
}

function Ring({ part }: { part: number }) {
  const length = 2 * Math.PI * 9;
  return (
    <svg aria-hidden viewBox="0 0 24 24" className="-rotate-90 size-6">
      <circle cx="12" cy="12" r="9" fill="none" stroke="var(--line)" strokeWidth="3" />
      <circle
        cx="12"
        cy="12"
        r="9"
        fill="none"
        stroke="var(--brand)"
        strokeWidth="3"
        strokeLinecap="round"
        strokeDasharray={length}
        strokeDashoffset={length * (1 - part)}
        className="transition-[stroke-dashoffset] duration-200 ease-out"
      />
    </svg>
  );
}

function Card({
  counts,
  onClose,
  className,
}: {
  counts: Counts;
  onClose: () => void;
  className: string;
}) {
  const { t } = useLingui();
  const { uploads } = useUploads();
  const needs = ({ stage }: Upload) => stage.is === "failed" || stage.is === "missing";
  const sent = uploads.filter(({ stage }) => !isChosen(stage));
  const shown = [...sent.filter(needs), ...sent.filter((upload) => !needs(upload))];
  return (
    <section
      aria-label={t`Photos on their way`}
      className={looks(
        "inset-x-2 grid max-h-[60dvh] grid-rows-[auto_auto_1fr] rounded-card border border-line bg-surface shadow-over sm:left-auto sm:w-96",
        className,
      )}
    >
      <header className="flex items-center gap-1 py-1.5 pr-1.5 pl-4">
        <h2 className="flex-1 font-semibold">
          <Title counts={counts} />
        </h2>
        {counts.open === 0 && (
          <Button kind="quiet" size="small" onClick={() => queue.dispatch({ is: "cleared" })}>
            <Trans>Clear</Trans>
          </Button>
        )}
        <IconButton label={t`Make it small`} onClick={onClose}>
          <ChevronDown aria-hidden className="size-5" />
        </IconButton>
      </header>
      <Standstill />
      <ul className="overflow-y-auto overscroll-contain border-line border-t py-1">
        {shown.map((upload) => (
          <Row key={upload.id} upload={upload} />
        ))}
      </ul>
    </section>
  );
}

function Title({ counts: { all, done, failed, open } }: { counts: Counts }) {
  if (open > 0)
    return (
      <Trans>
        {done} of <Plural value={all} one="# photo" other="# photos" /> staged
      </Trans>
    );
  if (failed > 0)
    return <Plural value={failed} one="# photo needs you" other="# photos need you" />;
  return <Plural value={done} one="# photo is staged" other="# photos are staged" />;
}

/** Why nothing moves, if nothing does. */
function Standstill() {
  const state = useUploads();
  const quota = useQuotaWords();
  const words = useRefusalWords();
  const waiting = state.uploads.filter(({ stage }) => stage.is === "waiting").length;
  if (waiting === 0) return <span />;
  if (state.stopped)
    return (
      <Why
        action={
          <Button kind="secondary" size="small" onClick={() => queue.dispatch({ is: "resumed" })}>
            <Trans>Try again</Trans>
          </Button>
        }
      >
        {quota(state.stopped, waiting)}
      </Why>
    );
  if (!state.online)
    return (
      <Why>
        <Trans>You are offline. The photos are safe here and go on by themselves.</Trans>
      </Why>
    );
  if (!state.signedIn)
    return (
      <Why>
        <Trans>Log in again, and the photos go on.</Trans>
      </Why>
    );
  if (state.waiting && state.notBefore > Date.now()) return <Why>{words(state.waiting)}</Why>;
  return <span />;
}

function Why({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div role="status" className="grid justify-items-start gap-2 px-4 pb-3 text-quiet">
      <p>{children}</p>
      {action}
    </div>
  );
}

function Row({ upload }: { upload: Upload }) {
  const { t } = useLingui();
  const picture = usePicture(upload.id);
  const { stage } = upload;
  const fails = stage.is === "failed" || stage.is === "missing";
  const project = "project" in stage ? stage.project : null;
  return (
    <li className="flex items-center gap-3 py-1.5 pr-1.5 pl-4 [content-visibility:auto] [contain-intrinsic-height:3.5rem]">
      <span className="relative grid h-10 w-15 shrink-0 place-items-center self-start overflow-hidden rounded-input bg-photo text-on-photo">
        {picture ? (
          <img src={picture} alt="" className="absolute inset-0 size-full object-cover" />
        ) : (
          <ImageIcon aria-hidden className="size-4 opacity-60" />
        )}
      </span>
      <span className="grid min-w-0 flex-1">
        <span dir="auto" className="truncate">
          {project ? (
            <Link
              to="/photos/$projectId"
              params={{ projectId: project.id }}
              className="underline-offset-4 hover:underline"
            >
              {upload.name}
            </Link>
          ) : (
            upload.name
          )}
        </span>
        <span className={looks("tnum text-caption", fails ? "text-danger" : "text-quiet")}>
          <Standing stage={stage} />
        </span>
      </span>
      {stage.is === "failed" && !project && isWorthTrying(stage.refusal) && (
        <IconButton
          label={t`Try ${upload.name} again`}
          onClick={() => queue.dispatch({ is: "retried", id: upload.id })}
        >
          <RotateCw aria-hidden className="size-4" />
        </IconButton>
      )}
      {/* While its project is asked for, nobody knows whether there is one. */}
      {stage.is !== "checking" && (!project || stage.is === "failed" || stage.is === "staged") && (
        <IconButton
          label={t`Remove ${upload.name} from this list`}
          onClick={() => queue.dispatch({ is: "removed", ids: [upload.id] })}
        >
          <X aria-hidden className="size-4" />
        </IconButton>
      )}
    </li>
  );
}

/** Whether the same file can succeed at another try. */
function isWorthTrying({ status, code }: Refusal): boolean {
  return status === 0 || status === 401 || status >= 500 || code === "broken";
}

function Standing({ stage }: { stage: Stage }) {
  const { t } = useLingui();
  const words = useRefusalWords();
  switch (stage.is) {
    case "sending":
      return t`Sending, ${formatPercent(stage.part)}`;
    case "checking":
      return t`Checking`;
    case "queued":
      return t`In line`;
    case "developing":
      return t`Developing, ${formatPercent(stage.project.progress)}`;
    case "staged":
      return t`Staged`;
    case "missing":
      return t`The page was opened anew and does not have this file any more. Choose it again.`;
    case "failed":
    case "unfit":
      return words(stage.refusal);
    default:
      return t`Waiting`;
  }
}
