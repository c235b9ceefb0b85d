import type { ReactNode } from "react";
import type { RunText } from "../../domain/runOptions";
import { useI18n } from "../../i18n/i18n";
import { Command } from "../../ui/Command";
import { SegmentedControl, Stack, Text } from "../../ui/kit";
import styles from "./AppFormPanel.module.css";

const NAMES: Record<RunText, string> = { "docker-run": "docker run", compose: "Compose", yaml: "YAML" };

interface RunTextsProps {
  texts: Partial<Record<RunText, string>>;
  shown: RunText;
  onShow: (text: RunText) => void;
  /** What can be done with it. */
  children: ReactNode;
}

/** The form as a command, a Compose file, or what is created. */
export function RunTexts({ texts, shown, onShow, children }: RunTextsProps) {
  const { t } = useI18n();
  const text = texts[shown];
  return (
    <section aria-label={t("run.texts")} className={styles.texts}>
      <Stack gap="sm">
        <h2 className={styles.title}>{t("run.texts")}</h2>
        <SegmentedControl
          size="xs"
          aria-label={t("run.texts")}
          data={(Object.keys(NAMES) as RunText[]).map((value) => ({ value, label: NAMES[value] }))}
          value={shown}
          onChange={(value) => onShow(value as RunText)}
        />
        {text ? (
          <Command text={text.trimEnd()} label={NAMES[shown]} />
        ) : (
          <Text c="dimmed" size="sm">
            {t("run.noText")}
          </Text>
        )}
        {children}
      </Stack>
    </section>
  );
}
