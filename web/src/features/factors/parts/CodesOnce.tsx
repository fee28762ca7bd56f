import { Trans, useLingui } from "@lingui/react/macro";
import { Download, Printer } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, buttonLook } from "@/ui/Button";
import { CopyButton } from "@/ui/CopyButton";
import { fileOf } from "../rules";

const FILE = "stagifyai-recovery-codes.txt";

/** New recovery codes, which are shown this once. */
export function CodesOnce({ codes, onKept }: { codes: readonly string[]; onKept: () => void }) {
  const { t } = useLingui();
  const text = fileOf(codes, t`Recovery codes of StagifyAI. Each works once.`);
  const file = useFile(text, "text/plain");
  return (
    <div className="grid gap-5">
      <p>
        <Trans>
          Without your other factors, one of these lets you in. Each works once. Keep them where you
          would look for a passport: they are not shown again.
        </Trans>
      </p>
      <ol
        data-print
        className="grid justify-center gap-1 rounded-card border border-line bg-raised p-4 font-mono"
      >
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      <div className="flex flex-wrap gap-3">
        <CopyButton text={codes.join("\n")} label={t`Copy the codes`} />
        {file && (
          <a href={file} download={FILE} className={buttonLook("secondary", "small")}>
            <Download aria-hidden className="size-4" />
            <Trans>Download</Trans>
          </a>
        )}
        <Button kind="secondary" size="small" onClick={() => window.print()}>
          <Printer aria-hidden className="size-4" />
          <Trans>Print</Trans>
        </Button>
      </div>
      <Button onClick={onKept}>
        <Trans>I have kept them</Trans>
      </Button>
    </div>
  );
}

/** The address of a file with this content, while it is shown. */
export function useFile(content: string, type: string): string | null {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([content], { type }));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [content, type]);
  return address;
}
