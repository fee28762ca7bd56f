import { Trans, useLingui } from "@lingui/react/macro";
import { ChoiceGroup } from "@/ui/ChoiceGroup";
import { Field } from "@/ui/Field";
import { boundsIn, metresOf, typedHeight, type Unit } from "../height";

/** How high the room is, for those who know. */
export function CeilingField({
  value,
  unit,
  isWrong,
  onValue,
  onUnit,
}: {
  value: string;
  unit: Unit;
  isWrong: boolean;
  onValue: (value: string) => void;
  onUnit: (unit: Unit) => void;
}) {
  const { t } = useLingui();
  const [least, most] = boundsIn(unit);
  const name = unit === "m" ? t`metres` : t`feet`;
  return (
    <div className="grid grid-cols-[1fr_auto] items-start gap-3">
      <Field
        name="ceiling"
        label={<Trans>Height of the ceiling, if you know it</Trans>}
        inputMode="decimal"
        autoComplete="off"
        value={value}
        aria-invalid={isWrong}
        onChange={(event) => onValue(event.currentTarget.value)}
        hint={
          <span className={isWrong ? "text-danger" : ""}>
            <Trans>
              From {least} to {most} {name}
            </Trans>
          </span>
        }
      />
      <ChoiceGroup<Unit>
        name="unit"
        label={<Trans>Unit</Trans>}
        options={[
          { value: "m", label: t`m` },
          { value: "ft", label: t`ft` },
        ]}
        value={unit}
        onChange={(next) => {
          const metres = metresOf(value, unit);
          if (value.trim() && Number.isFinite(metres)) onValue(typedHeight(metres, next));
          onUnit(next);
        }}
      />
    </div>
  );
}
