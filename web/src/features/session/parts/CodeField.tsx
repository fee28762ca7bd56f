import { Trans } from "@lingui/react/macro";
import { OtpField } from "@/ui/OtpField";

/** The code that an app shows. */
export default function CodeField() {
  return (
    <OtpField
      name="answer"
      label={<Trans>Code of your app</Trans>}
      hint={<Trans>Six digits, new every 30 seconds.</Trans>}
      autoFocus
    />
  );
}
