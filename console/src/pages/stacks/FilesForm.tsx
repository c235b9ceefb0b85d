// The files of a stack: Compose, rancher-compose and variables; what is wrong stands on its line.
import { type ReactNode, useMemo, useState } from "react";
import { labelLines, readLabels } from "../../domain/labels";
import type { StackSpec } from "../../domain/stacks";
import { useI18n } from "../../i18n/i18n";
import { Upload } from "../../ui/icons";
import { Button, FileButton, Group, Stack, Tabs, Textarea } from "../../ui/kit";
import { Notice } from "../../ui/Notice";
import { YamlEditor } from "../create/YamlEditor";
import { IgnoredKeys } from "./IgnoredKeys";
import { Graph } from "./StackGraph";
import styles from "./Stacks.module.css";
import type { StackCheck } from "./useStackCheck";

interface FilesFormProps {
  spec: StackSpec;
  onSpec: (spec: StackSpec) => void;
  check: StackCheck;
  /** What can be done with the files. */
  children: ReactNode;
}

export function FilesForm({ spec, onSpec, check: { checked, refusal }, children }: FilesFormProps) {
  const { t } = useI18n();
  const [upload, setUpload] = useState(0);
  const read = async (files: File[]) => {
    const texts = await Promise.all(files.map(async (file) => ({ name: file.name, text: await file.text() })));
    onSpec(texts.reduce(withFile, spec));
    setUpload(upload + 1);
  };
  const marksOf = (isRancher: boolean) =>
    refusal?.place && refusal.place.file.startsWith("rancher") === isRancher
      ? [{ line: refusal.place.line, message: refusal.message }]
      : [];
  const marks = useMemo(() => [marksOf(false), marksOf(true)], [refusal]);
  return (
    <div className={styles.columns}>
      <Stack>
        <Group>
          <FileButton multiple accept=".yml,.yaml,.env,text/plain" onChange={(files) => void read(files)}>
            {(props) => (
              <Button {...props} size="xs" variant="default" leftSection={<Upload size={14} />}>
                {t("stacks.upload")}
              </Button>
            )}
          </FileButton>
        </Group>
        <Tabs defaultValue="compose" variant="outline">
          <Tabs.List>
            <Tabs.Tab value="compose">docker-compose.yml</Tabs.Tab>
            <Tabs.Tab value="rancher">rancher-compose.yml</Tabs.Tab>
            <Tabs.Tab value="variables">{t("stacks.variables")}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="compose" pt="sm">
            <YamlEditor
              key={upload}
              text={spec.compose}
              onText={(compose) => onSpec({ ...spec, compose })}
              marks={marks[0] ?? []}
              label="docker-compose.yml"
            />
          </Tabs.Panel>
          <Tabs.Panel value="rancher" pt="sm">
            <YamlEditor
              key={upload}
              text={spec.rancherCompose ?? ""}
              onText={(text) => onSpec({ ...spec, rancherCompose: text || undefined })}
              marks={marks[1] ?? []}
              label="rancher-compose.yml"
            />
          </Tabs.Panel>
          <Tabs.Panel value="variables" pt="sm">
            <Variables key={upload} spec={spec} onSpec={onSpec} />
          </Tabs.Panel>
        </Tabs>
      </Stack>
      <Stack>
        {children}
        {refusal && (
          <Notice level="bad" role="status">
            {refusal.message}
          </Notice>
        )}
        {checked && (
          <>
            <Graph checked={checked} />
            {checked.ignored.length > 0 && <IgnoredKeys ignored={checked.ignored} />}
          </>
        )}
      </Stack>
    </div>
  );
}

function Variables({ spec, onSpec }: Pick<FilesFormProps, "spec" | "onSpec">) {
  const { t } = useI18n();
  const [lines, setLines] = useState(() => labelLines(spec.environment));
  const { wrongLine } = readLabels(lines);
  return (
    <Textarea
      label={t("stacks.variables")}
      description={t("stacks.variablesHint")}
      autosize
      minRows={6}
      value={lines}
      error={wrongLine ? t("labels.wrong", { line: wrongLine }) : undefined}
      styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }}
      onChange={(event) => {
        setLines(event.currentTarget.value);
        const read = readLabels(event.currentTarget.value);
        if (!read.wrongLine) onSpec({ ...spec, environment: read.labels });
      }}
    />
  );
}

/** Files by their names: rancher-compose and .env have places of their own, what is no YAML is kept beside. */
function withFile(spec: StackSpec, { name, text }: { name: string; text: string }): StackSpec {
  if (/^rancher-compose\.ya?ml$/.test(name)) return { ...spec, rancherCompose: text };
  if (name === ".env") return { ...spec, environment: { ...spec.environment, ...readLabels(text).labels } };
  if (/\.ya?ml$/.test(name) && !/override/.test(name)) return { ...spec, compose: text };
  if (/\.ya?ml$/.test(name)) return { ...spec, overrides: [...(spec.overrides ?? []), text] };
  return { ...spec, files: { ...spec.files, [name]: text } };
}
