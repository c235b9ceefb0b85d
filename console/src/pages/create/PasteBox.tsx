import { useState } from "react";
import { convertText, type Place } from "../../api/conversion";
import { kindOfText, type RunForm } from "../../domain/runOptions";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { Button, Group, Textarea } from "../../ui/kit";

/** Fills the form from a pasted command, Compose service or YAML. */
export function PasteBox({ place, onForm }: { place: Place; onForm: (form: RunForm) => void }) {
  const { t } = useI18n();
  const { explain } = useActing();
  const [pasted, setPasted] = useState("");
  const [refusal, setRefusal] = useState("");
  const fill = async () => {
    try {
      onForm((await convertText(kindOfText(pasted), pasted, place)).form);
      setPasted("");
      setRefusal("");
    } catch (error) {
      setRefusal(explain(error));
    }
  };
  return (
    <div>
      <Textarea
        label={t("run.paste")}
        description={t("run.pasteHint")}
        placeholder="docker run -p 8080:80 -e COLOUR=green nginx:1.27"
        autosize
        minRows={2}
        maxRows={10}
        value={pasted}
        error={refusal}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12.5 } }}
        onChange={(event) => {
          setPasted(event.currentTarget.value);
          setRefusal("");
        }}
      />
      <Group mt={8}>
        <Button variant="default" size="xs" disabled={!pasted.trim()} onClick={() => void fill()}>
          {t("run.fill")}
        </Button>
      </Group>
    </div>
  );
}
