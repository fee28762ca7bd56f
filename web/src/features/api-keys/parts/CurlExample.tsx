import { Trans, useLingui } from "@lingui/react/macro";
import { CopyButton } from "@/ui/CopyButton";
import { Section } from "@/ui/Page";

/** A call that works on this host, to try a key with. */
export function CurlExample() {
  const { t } = useLingui();
  const command = `curl ${location.origin}/v1/usage -H "Authorization: Bearer $STAGIFY_KEY"`;
  return (
    <Section
      title={<Trans>Try a key</Trans>}
      description={
        <Trans>
          Put it into the variable STAGIFY_KEY. Every call is described in the{" "}
          <a href="/docs" className="text-brand-text underline underline-offset-4">
            reference
          </a>
          .
        </Trans>
      }
    >
      <div className="flex items-start gap-3 rounded-input bg-raised p-3">
        <code className="min-w-0 flex-1 self-center overflow-x-auto whitespace-pre-wrap font-mono text-caption [overflow-wrap:anywhere]">
          {command}
        </code>
        <CopyButton text={command} label={t`Copy the command`} />
      </div>
    </Section>
  );
}
