import { useState } from "react";
import { ApiFailure } from "../../api/http";
import { createObject } from "../../api/objects";
import { CLAIMS } from "../../api/storage";
import { useNamespace } from "../../app/namespace";
import { isDefaultClass, type StorageClass } from "../../domain/storage";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { Dialog } from "../../ui/Dialog";
import { Button, Select, TextInput } from "../../ui/kit";
import { Notice } from "../../ui/Notice";

/** A claim on lasting storage; what the API refuses stands at the field. */
export function AddClaimDialog({ classes, onClose }: { classes: readonly StorageClass[]; onClose: () => void }) {
  const { t } = useI18n();
  const { explain } = useActing();
  const [chosen] = useNamespace();
  const [name, setName] = useState("");
  const [namespace, setNamespace] = useState(chosen || "default");
  const [size, setSize] = useState("1Gi");
  const [storageClassName, setClass] = useState(
    classes.find(isDefaultClass)?.metadata.name ?? classes[0]?.metadata.name ?? "",
  );
  const [refusal, setRefusal] = useState<{ field: string; message: string }>();
  const make = async () => {
    const spec = { storageClassName, accessModes: ["ReadWriteOnce"], resources: { requests: { storage: size } } };
    try {
      await createObject(CLAIMS, "PersistentVolumeClaim", { name, namespace }, { spec });
      onClose();
    } catch (error) {
      const message = explain(error);
      // What cannot be read at all has no causes; its message begins with the field.
      const cause = error instanceof ApiFailure ? error.status.details?.causes?.[0]?.field : undefined;
      setRefusal({ field: cause ?? message, message });
    }
  };
  const at = (pattern: RegExp) => (refusal && pattern.test(refusal.field) ? refusal.message : undefined);
  const buttons = (
    <>
      <Button variant="default" onClick={onClose}>
        {t("common.cancel")}
      </Button>
      <Button disabled={!name || !size} onClick={() => void make()}>
        {t("common.add")}
      </Button>
    </>
  );
  return (
    <Dialog title={t("storage.add")} onClose={onClose} buttons={buttons}>
      <TextInput
        label={t("create.name")}
        required
        data-autofocus
        value={name}
        error={at(/metadata.name$/)}
        onChange={(event) => setName(event.currentTarget.value.trim())}
      />
      <TextInput
        label={t("column.namespace")}
        value={namespace}
        onChange={(event) => setNamespace(event.currentTarget.value.trim())}
      />
      <TextInput
        label={t("storage.size")}
        required
        value={size}
        error={at(/storage/)}
        onChange={(event) => setSize(event.currentTarget.value.trim())}
      />
      <Select
        label={t("storage.class")}
        allowDeselect={false}
        data={classes.map(({ metadata }) => metadata.name)}
        value={storageClassName}
        onChange={(value) => setClass(value ?? "")}
      />
      {refusal && !at(/metadata.name$|storage/) && (
        <Notice level="bad" role="alert">
          {refusal.message}
        </Notice>
      )}
    </Dialog>
  );
}
