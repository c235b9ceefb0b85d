import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { stringify } from "yaml";
import { UnknownKind } from "../../api/discovery";
import { ApiFailure } from "../../api/http";
import { createAll } from "../../api/create";
import { useNamespace } from "../../app/namespace";
import { useNamespaceNames } from "../../app/NamespacePicker";
import { type AppForm, formField, manifestsOf } from "../../domain/manifests";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { Button, Group, NumberInput, Select, Stack, Text, TextInput } from "../../ui/kit";
import { FileCode2 } from "../../ui/icons";
import { Notice } from "../../ui/Notice";
import styles from "./AppFormPanel.module.css";

type Refusals = Partial<Record<keyof AppForm | "other", string>>;

/** An application in six fields: its name and image are enough. */
export function AppFormPanel({ onYaml }: { onYaml: (text: string) => void }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const namespaces = useNamespaceNames();
  const [chosen] = useNamespace();
  const [form, setForm] = useState<AppForm>({
    name: "",
    namespace: chosen || "default",
    image: "",
    replicas: 1,
    port: "",
    host: "",
  });
  const { submit, refusals, isSending } = useSubmit(form, () => {
    const { namespace, name } = form;
    void navigate({ to: "/workloads/$kind/$namespace/$name", params: { kind: "Deployment", namespace, name } });
  });
  const set = (change: Partial<AppForm>) => setForm({ ...form, ...change });
  return (
    <form className={styles.panel} onSubmit={(event) => void submit(event)} noValidate>
      <Stack>
        <Text c="dimmed" size="sm">
          {t("create.lead")}
        </Text>
        <TextInput
          label={t("create.image")}
          description={t("create.imageHint")}
          required
          value={form.image}
          error={refusals.image}
          onChange={(event) => set({ image: event.currentTarget.value.trim() })}
          onBlur={() => form.name || set({ name: suggestName(form.image) })}
        />
        <Group grow align="start">
          <TextInput
            label={t("create.name")}
            required
            value={form.name}
            error={refusals.name}
            onChange={(event) => set({ name: event.currentTarget.value.trim() })}
          />
          <Select
            label={t("column.namespace")}
            data={namespaces.includes(form.namespace) ? namespaces : [form.namespace, ...namespaces]}
            searchable
            allowDeselect={false}
            value={form.namespace}
            error={refusals.namespace}
            onChange={(value) => set({ namespace: value ?? "default" })}
          />
          <NumberInput
            label={t("create.replicas")}
            min={0}
            allowDecimal={false}
            value={form.replicas}
            error={refusals.replicas}
            onChange={(value) => set({ replicas: Number(value) })}
          />
        </Group>
        <Group grow align="start">
          <NumberInput
            label={t("create.port")}
            description={t("create.portHint")}
            min={1}
            max={65535}
            allowDecimal={false}
            hideControls
            value={form.port}
            error={refusals.port}
            onChange={(value) => set({ port: value === "" ? "" : Number(value) })}
          />
          <TextInput
            label={t("create.host")}
            description={t("create.hostHint")}
            disabled={form.port === ""}
            value={form.host}
            error={refusals.host}
            onChange={(event) => set({ host: event.currentTarget.value.trim() })}
          />
        </Group>
        {refusals.other && (
          <Notice level="bad" role="alert">
            {refusals.other}
          </Notice>
        )}
        <Group>
          <Button type="submit" loading={isSending}>
            {t("create.submit")}
          </Button>
          <Button variant="subtle" leftSection={<FileCode2 size={16} />} onClick={() => onYaml(yamlOf(form))}>
            {t("create.asYaml")}
          </Button>
        </Group>
      </Stack>
      <section aria-label={t("create.preview")}>
        <h2 className={styles.title}>{t("create.preview")}</h2>
        <pre className={styles.preview} tabIndex={0}>
          {yamlOf(form)}
        </pre>
      </section>
    </form>
  );
}

function useSubmit(form: AppForm, onDone: () => void) {
  const { t, say } = useI18n();
  const { explain } = useActing();
  const [refusals, setRefusals] = useState<Refusals>({});
  const [isSending, setSending] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const missing: Refusals = {};
    if (!form.image) missing.image = t("create.required");
    if (!form.name) missing.name = t("create.required");
    setRefusals(missing);
    if (Object.keys(missing).length) return;
    setSending(true);
    try {
      await createAll(manifestsOf(form));
      onDone();
    } catch (error) {
      setRefusals(refusalsOf(error, error instanceof UnknownKind ? say(error.text) : explain(error)));
    }
    setSending(false);
  };
  return { submit, refusals, isSending };
}

/** What the server refused, at the fields that are to blame. */
function refusalsOf(error: unknown, message: string): Refusals {
  const refusals: Refusals = {};
  const causes = error instanceof ApiFailure ? (error.status.details?.causes ?? []) : [];
  for (const cause of causes) {
    const field = formField(cause.field ?? "") ?? "other";
    refusals[field] = [refusals[field], `${cause.field}: ${cause.message}`].filter(Boolean).join(" ");
  }
  return causes.length ? refusals : { other: message };
}

function yamlOf(form: AppForm): string {
  return manifestsOf(form)
    .map((manifest) => stringify(manifest, { aliasDuplicateObjects: false }))
    .join("---\n");
}

/** `registry.example/team/shop:2` suggests `shop`. */
function suggestName(image: string): string {
  const last = image.split("/").at(-1) ?? "";
  return (last.split(/[:@]/)[0] ?? "").toLowerCase().replace(/[^a-z0-9-]+/g, "-");
}
