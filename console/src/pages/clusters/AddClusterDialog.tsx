import { useState } from "react";
import { addCluster } from "../../api/clusters";
import { type ClusterForm, type Driver, DRIVERS } from "../../domain/clusters";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { Dialog } from "../../ui/Dialog";
import { Button, Checkbox, Select, Text, Textarea, TextInput } from "../../ui/kit";
import { Notice } from "../../ui/Notice";

const EMPTY: ClusterForm = { name: "", driver: "native", isStrict: false, address: "", marathon: "" };

/** A cluster of any orchestrator; what is asked depends on which. */
export function AddClusterDialog({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const { explain } = useActing();
  const [form, setForm] = useState(EMPTY);
  const [refusal, setRefusal] = useState("");
  const set = (change: Partial<ClusterForm>) => setForm({ ...form, ...change });
  const add = async () => {
    try {
      await addCluster(form);
      onClose();
    } catch (error) {
      setRefusal(explain(error));
    }
  };
  const needsAddress = form.driver !== "native";
  const buttons = (
    <>
      <Button variant="default" onClick={onClose}>
        {t("common.cancel")}
      </Button>
      <Button disabled={!form.name || (needsAddress && !form.address.trim())} onClick={() => void add()}>
        {t("common.add")}
      </Button>
    </>
  );
  return (
    <Dialog title={t("clusters.add")} onClose={onClose} buttons={buttons}>
      <TextInput
        label={t("create.name")}
        required
        data-autofocus
        value={form.name}
        onChange={(event) => set({ name: event.currentTarget.value.trim() })}
      />
      <Select
        label={t("clusters.driver")}
        allowDeselect={false}
        value={form.driver}
        data={DRIVERS.map((value) => ({ value, label: t(`driver.${value}`) }))}
        onChange={(value) => set({ driver: (value ?? "native") as Driver, address: "" })}
      />
      <Text size="sm" c="dimmed">
        {t(`driverLead.${form.driver}`)}
      </Text>
      {(form.driver === "swarm" || form.driver === "mesos") && (
        <TextInput
          label={form.driver === "swarm" ? t("clusters.engine") : t("clusters.masters")}
          placeholder={form.driver === "swarm" ? "unix:///var/run/docker.sock" : "http://192.0.2.1:5050"}
          required
          value={form.address}
          onChange={(event) => set({ address: event.currentTarget.value })}
        />
      )}
      {form.driver === "mesos" && (
        <TextInput
          label={t("clusters.marathon")}
          value={form.marathon}
          onChange={(event) => set({ marathon: event.currentTarget.value })}
        />
      )}
      {form.driver === "kubernetes" && (
        <Textarea
          label={t("clusters.kubeconfig")}
          required
          autosize
          minRows={5}
          maxRows={14}
          value={form.address}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12 } }}
          onChange={(event) => set({ address: event.currentTarget.value })}
        />
      )}
      {needsAddress && form.driver !== "kubernetes" && (
        <Checkbox
          label={t("clusters.strict")}
          description={t("clusters.strictHint")}
          checked={form.isStrict}
          onChange={(event) => set({ isStrict: event.currentTarget.checked })}
        />
      )}
      {refusal && (
        <Notice level="bad" role="alert">
          {refusal}
        </Notice>
      )}
    </Dialog>
  );
}
