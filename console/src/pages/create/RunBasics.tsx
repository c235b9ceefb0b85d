import { useEffect, useState } from "react";
import type { Place } from "../../api/conversion";
import { useNamespaceNames } from "../../app/NamespacePicker";
import { joinWords, type RunForm, splitWords } from "../../domain/runOptions";
import { useI18n } from "../../i18n/i18n";
import { Group, NumberInput, Select, TextInput } from "../../ui/kit";

interface RunBasicsProps {
  form: RunForm;
  onForm: (form: RunForm) => void;
  place: Place;
  onPlace: (place: Place) => void;
  refusal?: string;
}

/** Image and command, and what docker does not know: namespace and number of pods. */
export function RunBasics({ form, onForm, place, onPlace, refusal }: RunBasicsProps) {
  const { t } = useI18n();
  const namespaces = useNamespaceNames();
  return (
    <>
      <Group grow align="start">
        <TextInput
          label={t("create.image")}
          required
          value={form.image}
          error={refusal}
          onChange={(event) => onForm({ ...form, image: event.currentTarget.value.trim() })}
        />
        <CommandField form={form} onForm={onForm} />
      </Group>
      <Group grow align="start">
        <Select
          label={t("column.namespace")}
          data={namespaces.includes(place.namespace) ? namespaces : [place.namespace, ...namespaces]}
          searchable
          allowDeselect={false}
          value={place.namespace}
          onChange={(value) => onPlace({ ...place, namespace: value ?? "default" })}
        />
        <NumberInput
          label={t("create.replicas")}
          min={0}
          allowDecimal={false}
          value={place.replicas}
          onChange={(value) => onPlace({ ...place, replicas: Number(value) })}
        />
      </Group>
    </>
  );
}

/** Words in one line; while a quote is open the line is kept as it is typed. */
function CommandField({ form, onForm }: Pick<RunBasicsProps, "form" | "onForm">) {
  const { t } = useI18n();
  const [line, setLine] = useState("");
  const words = splitWords(line);
  const written = joinWords(form.command);
  useEffect(() => {
    if (joinWords(splitWords(line) ?? []) !== written) setLine(written);
    // Only what comes from elsewhere replaces what is typed.
  }, [written]);
  const change = (typed: string) => {
    setLine(typed);
    const read = splitWords(typed);
    if (read) onForm({ ...form, command: read });
  };
  return (
    <TextInput
      label={t("run.command")}
      value={line}
      error={words ? undefined : t("run.openQuote")}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}
