import { useState } from "react";
import { setHostLabels } from "../../api/hosts";
import { labelLines, readLabels } from "../../domain/labels";
import type { Host } from "../../domain/objects";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { Dialog } from "../../ui/Dialog";
import { Button, Textarea } from "../../ui/kit";

/** The labels of a host, one a line; what the API refuses stands at the field. */
export function LabelsDialog({ host, onClose }: { host: Host; onClose: () => void }) {
  const { t } = useI18n();
  const { explain } = useActing();
  const [lines, setLines] = useState(() => labelLines(host.metadata.labels));
  const [refusal, setRefusal] = useState("");
  const save = async () => {
    const { labels, wrongLine } = readLabels(lines);
    if (wrongLine) return setRefusal(t("labels.wrong", { line: wrongLine }));
    try {
      await setHostLabels(host, labels);
      onClose();
    } catch (error) {
      setRefusal(explain(error));
    }
  };
  const buttons = (
    <>
      <Button variant="default" onClick={onClose}>
        {t("common.cancel")}
      </Button>
      <Button onClick={() => void save()}>{t("common.save")}</Button>
    </>
  );
  return (
    <Dialog title={t("labels.title", { name: host.metadata.name })} onClose={onClose} buttons={buttons}>
      <Textarea
        label={t("labels.label")}
        description={t("labels.hint")}
        autosize
        minRows={5}
        value={lines}
        error={refusal}
        data-autofocus
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }}
        onChange={(event) => setLines(event.currentTarget.value)}
      />
    </Dialog>
  );
}
