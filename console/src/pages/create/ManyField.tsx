import { useRef } from "react";
import { useI18n } from "../../i18n/i18n";
import { X } from "../../ui/icons";
import { ActionIcon, Group, Stack, TextInput } from "../../ui/kit";

interface ManyFieldProps {
  label: string;
  description: string;
  refusal?: string;
  isOff: boolean;
  texts: string[];
  onTexts: (texts: string[]) => void;
}

/** A field for each text and an empty one for the next. */
export function ManyField({ label, description, refusal, isOff, texts, onTexts }: ManyFieldProps) {
  const { t } = useI18n();
  const last = useRef<HTMLInputElement>(null);
  const set = (index: number, text: string) => onTexts([...texts.slice(0, index), text, ...texts.slice(index + 1)]);
  const drop = (index: number) => {
    onTexts(texts.filter((_, other) => other !== index));
    last.current?.focus();
  };
  return (
    <Stack gap={6}>
      {[...texts, ""].map((text, index) => {
        const isFirst = index === 0;
        const isNext = index === texts.length;
        return (
          <Group key={index} gap={6} align="end" wrap="nowrap">
            <TextInput
              ref={isNext ? last : undefined}
              flex={1}
              label={isFirst ? label : undefined}
              aria-label={isFirst ? undefined : t("run.another", { option: label, number: index + 1 })}
              description={isFirst ? description : undefined}
              placeholder={isNext && !isFirst ? t("run.next") : undefined}
              error={isFirst ? refusal : undefined}
              disabled={isOff}
              value={text}
              onChange={(event) => set(index, event.currentTarget.value)}
            />
            {!isNext && (
              <ActionIcon
                color="gray"
                size="lg"
                aria-label={t("run.drop", { option: label, number: index + 1 })}
                onClick={() => drop(index)}
              >
                <X size={16} />
              </ActionIcon>
            )}
          </Group>
        );
      })}
    </Stack>
  );
}
