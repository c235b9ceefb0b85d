// A command to be pasted elsewhere, with a button that copies it.
import { useI18n } from "../i18n/i18n";
import styles from "./Command.module.css";
import { Check, Copy } from "./icons";
import { Button, CopyButton } from "./kit";

export function Command({ text, label }: { text: string; label: string }) {
  const { t } = useI18n();
  return (
    <div className={styles.command}>
      <pre className={styles.text} tabIndex={0} aria-label={label}>
        {text}
      </pre>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Button
            size="xs"
            variant="default"
            leftSection={copied ? <Check size={14} /> : <Copy size={14} />}
            onClick={copy}
          >
            {copied ? t("common.copied") : t("common.copy")}
          </Button>
        )}
      </CopyButton>
    </div>
  );
}
