import { useState } from "react";
import { addCatalog } from "../../api/catalog";
import { sourceOf } from "../../domain/catalog";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { Dialog } from "../../ui/Dialog";
import { Button, Select, TextInput } from "../../ui/kit";

const KINDS = ["git", "repository", "folder"] as const;

/** A catalog from a Git repository, a chart repository or a folder of the server. */
export function AddCatalogDialog({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const { explain } = useActing();
  const [name, setName] = useState("");
  const [kind, setKind] = useState<string>("git");
  const [source, setSource] = useState("");
  const [refusal, setRefusal] = useState("");
  const add = async () => {
    try {
      await addCatalog(name, sourceOf(source.trim(), kind));
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
      <Button disabled={!name || !source} onClick={() => void add()}>
        {t("common.add")}
      </Button>
    </>
  );
  return (
    <Dialog title={t("catalog.add")} onClose={onClose} buttons={buttons}>
      <TextInput
        label={t("create.name")}
        required
        value={name}
        data-autofocus
        onChange={(event) => setName(event.currentTarget.value.trim())}
      />
      <Select
        label={t("catalog.kind")}
        allowDeselect={false}
        value={kind}
        data={KINDS.map((value) => ({ value, label: t(`catalogKind.${value}`) }))}
        onChange={(value) => setKind(value ?? "git")}
      />
      <TextInput
        label={kind === "folder" ? t("catalog.folder") : t("catalog.url")}
        required
        value={source}
        error={refusal}
        onChange={(event) => setSource(event.currentTarget.value)}
      />
    </Dialog>
  );
}
