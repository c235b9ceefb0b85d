import { type FormEvent, useState } from "react";
import { setImages } from "../../api/actions";
import { containersOf, type Workload } from "../../domain/workloads";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { Button, Group, Modal, Stack, Text, TextInput } from "../../ui/kit";
import { Notice } from "../../ui/Notice";

/** Asks for the new images and starts the rolling upgrade. */
export function UpgradeDialog({ workload, onClose }: { workload: Workload; onClose: () => void }) {
  const { t } = useI18n();
  const { explain } = useActing();
  const { name } = workload.obj.metadata;
  const containers = containersOf(workload);
  const [images, setNew] = useState(() => Object.fromEntries(containers.map((one) => [one.name, one.image])));
  const [refusal, setRefusal] = useState("");
  const changed = containers.filter((one) => images[one.name]?.trim() && images[one.name]?.trim() !== one.image);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await setImages(workload, Object.fromEntries(changed.map((one) => [one.name, images[one.name]?.trim() ?? ""])));
      onClose();
    } catch (error) {
      setRefusal(explain(error));
    }
  };
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={<Text fw={650}>{t("upgrade.title", { name })}</Text>}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      <form onSubmit={(event) => void submit(event)}>
        <Stack>
          <Text size="sm">{t("upgrade.lead")}</Text>
          {containers.map((one, index) => (
            <TextInput
              key={one.name}
              label={t("upgrade.image", { container: one.name })}
              description={t("upgrade.now", { image: one.image })}
              value={images[one.name] ?? ""}
              data-autofocus={index === 0 || undefined}
              onChange={(event) => setNew({ ...images, [one.name]: event.currentTarget.value })}
            />
          ))}
          {refusal && <Notice level="bad">{refusal}</Notice>}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" disabled={changed.length === 0}>
              {t("action.upgradeNow")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
