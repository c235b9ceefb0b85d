import { useEffect, useState } from "react";
import type { Pod } from "../../domain/objects";
import { useI18n } from "../../i18n/i18n";
import { Button, Group, Select, Switch, TextInput } from "../../ui/kit";
import { ArrowDownToLine, Download, Search } from "../../ui/icons";
import { Empty } from "../../ui/Page";
import styles from "./LogPanel.module.css";
import { LogView } from "./LogView";
import { useLog } from "./useLog";

/** The log of one container of one of the pods, as it is written. */
export function LogPanel({ pods, first }: { pods: readonly Pod[]; first?: string }) {
  const { t } = useI18n();
  const [podName, setPodName] = useState(first);
  const [containerName, setContainer] = useState<string>();
  const [isPrevious, setPrevious] = useState(false);
  const [hasTimes, setTimes] = useState(false);
  const [sought, setSought] = useState("");
  const pod = pods.find((one) => one.metadata.name === podName) ?? pods[0];
  if (!pod) return <Empty>{t("logs.noPods")}</Empty>;
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].map((one) => one.name);
  const container = containers.find((name) => name === containerName) ?? containers[0] ?? "";
  const choice = { namespace: pod.metadata.namespace ?? "", pod: pod.metadata.name, container, isPrevious, hasTimes };
  // A container that starts again has a new log.
  const run = pod.status?.containerStatuses?.find((status) => status.name === container)?.restartCount ?? 0;
  return (
    <div className={styles.panel}>
      <Group gap="sm" align="center">
        <Select
          w={280}
          aria-label={t("logs.pod")}
          data={pods.map((one) => one.metadata.name)}
          value={pod.metadata.name}
          onChange={(value) => setPodName(value ?? undefined)}
          allowDeselect={false}
          searchable
        />
        {containers.length > 1 && (
          <Select
            w={180}
            aria-label={t("logs.container")}
            data={containers}
            value={container}
            onChange={(value) => setContainer(value ?? undefined)}
            allowDeselect={false}
          />
        )}
        <TextInput
          w={220}
          leftSection={<Search size={15} aria-hidden />}
          aria-label={t("logs.find")}
          placeholder={t("logs.find")}
          value={sought}
          onChange={(event) => setSought(event.currentTarget.value)}
        />
        <Switch
          label={t("logs.previous")}
          checked={isPrevious}
          onChange={(event) => setPrevious(event.currentTarget.checked)}
        />
        <Switch
          label={t("logs.times")}
          checked={hasTimes}
          onChange={(event) => setTimes(event.currentTarget.checked)}
        />
      </Group>
      <Log key={JSON.stringify({ ...choice, run })} choice={choice} sought={sought} />
    </div>
  );
}

function Log({ choice, sought }: { choice: Parameters<typeof useLog>[0]; sought: string }) {
  const { t } = useI18n();
  const { buffer, phase, refusal } = useLog(choice);
  const [isFollowing, setFollowing] = useState(true);
  useEffect(() => setFollowing(true), [sought]);
  return (
    <>
      <Group justify="space-between">
        <div role="status" className={styles.status}>
          {refusal || t(`logs.${phase}`)}
        </div>
        <Group gap="xs">
          {!isFollowing && (
            <Button
              size="xs"
              variant="light"
              leftSection={<ArrowDownToLine size={14} />}
              onClick={() => setFollowing(true)}
            >
              {t("logs.follow")}
            </Button>
          )}
          <Button
            size="xs"
            variant="default"
            leftSection={<Download size={14} />}
            onClick={() => save(buffer.text(), `${choice.pod}.log`)}
          >
            {t("logs.save")}
          </Button>
        </Group>
      </Group>
      <LogView
        buffer={buffer}
        sought={sought}
        isFollowing={isFollowing}
        onFollow={setFollowing}
        label={t("logs.label", { name: choice.pod })}
      />
    </>
  );
}

function save(text: string, name: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  URL.revokeObjectURL(address);
}
