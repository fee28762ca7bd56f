import { Trans } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { Fingerprint, Smartphone } from "lucide-react";
import { type ReactNode, useState } from "react";
import { CodesOnce, hasFactor, type NewApp, NewAppSteps, useStartApp } from "@/features/factors";
import { SessionEnd, ShowFactor, StepUp, useLogOut } from "@/features/session";
import { boot } from "@/lib/boot";
import { useBrand } from "@/lib/brand";
import { mfaQuery } from "@/lib/factors";
import { wordsFor } from "@/lib/refusals";
import { Button, buttonLook } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { Heading } from "@/ui/Page";
import { Typed } from "@/ui/Typed";

type Step = { at: "choice" } | { at: "app"; begun: NewApp } | { at: "codes"; codes: string[] };

/** The workspace asks for a second factor: nothing else can be reached until it is shown or set up. */
export function SecondFactorPage() {
  const { next = "/" } = useSearch({ from: "/door/second-factor" });
  const { name } = useBrand();
  const { data: own } = useSuspenseQuery(mfaQuery);
  // What they had when they came here: what is set up now is shown by that.
  const [had] = useState(hasFactor(own));
  const [step, setStep] = useState<Step>({ at: "choice" });
  const logOut = useLogOut();
  // The page is made anew, with the session as it is now.
  const go = () => location.replace(next);
  return (
    <div className="grid gap-8">
      <header className="grid gap-1">
        <Heading>
          {step.at === "codes" ? (
            <Trans>One more thing: your recovery codes</Trans>
          ) : had ? (
            <Trans>Show your second factor</Trans>
          ) : (
            <Trans>Set up a second factor</Trans>
          )}
        </Heading>
        {step.at === "choice" && (
          <p className="text-quiet">
            {had ? (
              <Trans>
                <Typed text={name} /> asks for more than a password.
              </Trans>
            ) : (
              <Trans>
                <Typed text={name} /> asks everybody for more than a password. It takes two minutes,
                and then you are in.
              </Trans>
            )}
          </p>
        )}
      </header>
      {step.at === "choice" && had && <ShowFactor own={own} next={next} onDone={go} />}
      {step.at === "choice" && !had && (
        <Choice onBegun={(begun) => setStep({ at: "app", begun })} />
      )}
      {step.at === "app" && (
        <NewAppSteps
          begun={step.begun}
          onAdded={(codes) => (codes ? setStep({ at: "codes", codes }) : go())}
        />
      )}
      {step.at === "codes" && <CodesOnce codes={step.codes} onKept={go} />}
      {step.at !== "codes" && (
        <p className="flex flex-wrap items-center gap-x-6 gap-y-2 text-quiet">
          <Button
            kind="quiet"
            size="small"
            className="-mx-3"
            busy={logOut.isPending}
            onClick={() => logOut.mutate()}
          >
            <Trans>Log out</Trans>
          </Button>
          <a href={`${boot.app_url}/tenants`} className="underline-offset-4 hover:underline">
            <Trans>Your other workspaces</Trans>
          </a>
        </p>
      )}
      <SessionEnd />
      <StepUp />
    </div>
  );
}

function Choice({ onBegun }: { onBegun: (begun: NewApp) => void }) {
  const start = useStartApp();
  return (
    <div className="grid gap-4">
      {start.error && <Notice tone="danger">{wordsFor(start.error)}</Notice>}
      <Way
        icon={<Smartphone aria-hidden className="size-5" />}
        title={<Trans>App for codes</Trans>}
        note={<Trans>An app on your phone shows a new code every 30 seconds.</Trans>}
      >
        <Button
          busy={start.isPending}
          onClick={() => start.mutate(undefined, { onSuccess: onBegun })}
        >
          <Trans>Set up the app</Trans>
        </Button>
      </Way>
      <Way
        icon={<Fingerprint aria-hidden className="size-5" />}
        title={<Trans>Passkey</Trans>}
        note={
          <Trans>
            Your finger, face or PIN. You make it in your account, and come back from there by “Your
            workspaces”.
          </Trans>
        }
      >
        <a href={`${boot.app_url}/me`} className={buttonLook("secondary")}>
          <Trans>To your account</Trans>
        </a>
      </Way>
    </div>
  );
}

function Way({
  icon,
  title,
  note,
  children,
}: {
  icon: ReactNode;
  title: ReactNode;
  note: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="grid gap-4 rounded-card border border-line bg-surface p-5">
      <div className="flex gap-3">
        <span className="mt-0.5 text-quiet">{icon}</span>
        <div className="grid gap-0.5">
          <h2 className="font-medium">{title}</h2>
          <p className="text-quiet">{note}</p>
        </div>
      </div>
      {children}
    </section>
  );
}
