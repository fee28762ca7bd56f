import { Trans } from "@lingui/react/macro";
import { boot } from "@/lib/boot";
import { buttonLook } from "@/ui/Button";
import { Heading } from "@/ui/Page";

/** What a company's log-in has sent back belongs to nothing that was begun here. */
export function NowherePage() {
  return (
    <div className="grid gap-4">
      <Heading>
        <Trans>This log-in has ended</Trans>
      </Heading>
      <p className="text-quiet">
        <Trans>
          It was finished already, or took too long. Open the address of your workspace and log in
          there once more.
        </Trans>
      </p>
      <a
        href={`${boot.app_url}/tenants`}
        className={`${buttonLook("secondary")} justify-self-start`}
      >
        <Trans>Find my workspace</Trans>
      </a>
    </div>
  );
}
