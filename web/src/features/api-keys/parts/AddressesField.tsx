import { Trans } from "@lingui/react/macro";
import { Field } from "@/ui/Field";

/** From where a key may be used. */
export function AddressesField({ defaultValue }: { defaultValue?: string }) {
  return (
    <Field
      name="addresses"
      label={<Trans>Only from these addresses</Trans>}
      hint={
        <Trans>
          Internet addresses or networks, such as 203.0.113.0/24. If there are none, it works from
          everywhere.
        </Trans>
      }
      defaultValue={defaultValue}
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
    />
  );
}
