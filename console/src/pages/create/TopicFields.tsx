import { OPTION_BY_NAME, type RunForm, type RunOption, TOPICS, type Topic, withOption } from "../../domain/runOptions";
import { useI18n } from "../../i18n/i18n";
import { optionHelp } from "../../i18n/optionHelp";
import { Checkbox, Stack, TextInput } from "../../ui/kit";
import { ManyField } from "./ManyField";

interface TopicFieldsProps {
  topic: Topic;
  form: RunForm;
  onForm: (form: RunForm) => void;
  refusals: Record<string, string>;
}

/** A field for each option of a topic; those that cannot be say why. */
export function TopicFields({ topic, form, onForm, refusals }: TopicFieldsProps) {
  const { t } = useI18n();
  const options = TOPICS[topic].flatMap((name) => OPTION_BY_NAME.get(name) ?? []);
  return (
    <Stack gap="sm" role="group" aria-label={t(`topic.${topic}`)}>
      {options.map((option) => (
        <OptionField
          key={option.name}
          option={option}
          texts={form.options[option.name] ?? []}
          refusal={refusals[option.name]}
          onTexts={(texts) => onForm(withOption(form, option.name, texts))}
        />
      ))}
    </Stack>
  );
}

interface OptionFieldProps {
  option: RunOption;
  texts: string[];
  refusal?: string;
  onTexts: (texts: string[]) => void;
}

function OptionField({ option, texts, refusal, onTexts }: OptionFieldProps) {
  const { language } = useI18n();
  const label = option.short ? `--${option.name}, -${option.short}` : `--${option.name}`;
  const description = optionHelp(language, option);
  const isRefused = option.place === "refused" && !texts.length;
  if (option.form === "flag") {
    return (
      <Checkbox
        label={label}
        description={description}
        error={refusal}
        disabled={isRefused}
        checked={texts[0] === "true"}
        onChange={(event) => onTexts(event.currentTarget.checked ? ["true"] : [])}
      />
    );
  }
  if (option.form === "many") {
    return (
      <ManyField
        label={label}
        description={description}
        refusal={refusal}
        isOff={isRefused}
        texts={texts}
        onTexts={onTexts}
      />
    );
  }
  return (
    <TextInput
      label={label}
      description={description}
      error={refusal}
      disabled={isRefused}
      inputMode={option.form === "number" ? "numeric" : undefined}
      value={texts[0] ?? ""}
      onChange={(event) => onTexts(event.currentTarget.value ? [event.currentTarget.value] : [])}
    />
  );
}
