import { useState } from "react";
import { makeHook, RECEIVERS } from "../../api/hooks";
import { mergeObject, removeObject } from "../../api/objects";
import { useNamespace } from "../../app/namespace";
import { type Receiver, targetText } from "../../domain/hooks";
import { useI18n } from "../../i18n/i18n";
import { useLive } from "../../live/useLive";
import { useActing } from "../../ui/Actions";
import { Command } from "../../ui/Command";
import { type Column, DataTable } from "../../ui/DataTable";
import { Dialog } from "../../ui/Dialog";
import { Plus, Trash2 } from "../../ui/icons";
import { ActionIcon, Button, NumberInput, Select, Switch, TextInput } from "../../ui/kit";
import { Notice } from "../../ui/Notice";
import { Card, Page, WhenLive } from "../../ui/Page";
import { Age } from "../../ui/Time";
import styles from "../workloads/WorkloadTable.module.css";

export function HooksPage() {
  const { t } = useI18n();
  const [namespace] = useNamespace();
  const live = useLive(RECEIVERS, { namespace });
  const [isAdding, setAdding] = useState(false);
  const add = (
    <Button leftSection={<Plus size={16} />} onClick={() => setAdding(true)}>
      {t("hooks.add")}
    </Button>
  );
  return (
    <Page title={t("nav.hooks")} actions={add} lead={t("hooks.lead")}>
      <Card isFlush>
        <WhenLive live={live}>
          <DataTable
            label={t("nav.hooks")}
            rows={live.items}
            columns={useColumns()}
            keyOf={({ metadata }) => metadata.uid}
            sortedBy="name"
            empty={t("hooks.none")}
          />
        </WhenLive>
      </Card>
      {isAdding && <AddHook onClose={() => setAdding(false)} />}
    </Page>
  );
}

function useColumns(): Column<Receiver>[] {
  const { t } = useI18n();
  const { run, confirm } = useActing();
  const remove = async (hook: Receiver) => {
    const { name } = hook.metadata;
    const sure = await confirm({
      title: t("delete.title", { name }),
      text: t("hooks.removeText"),
      verb: t("action.delete"),
    });
    if (sure) await run(() => removeObject(RECEIVERS, hook), t("done.deleted", { name }));
  };
  return [
    {
      id: "name",
      title: t("column.name"),
      cell: ({ metadata }) => (
        <div>
          <b>{metadata.name}</b>
          <div className={styles.place}>{metadata.namespace}</div>
        </div>
      ),
      sortBy: ({ metadata }) => metadata.name,
    },
    { id: "action", title: t("hooks.action"), width: "130px", cell: ({ spec }) => t(`hookAction.${spec.action}`) },
    { id: "target", title: t("hooks.target"), cell: targetText },
    {
      id: "calls",
      title: t("hooks.calls"),
      width: "24%",
      cell: ({ status }) => (
        <div>
          {status?.calls ?? 0}
          {status?.lastCall?.time && (
            <div className={styles.place}>
              <Age since={status.lastCall.time} /> {status.lastCall.result} {status.lastCall.message}
            </div>
          )}
        </div>
      ),
    },
    {
      id: "open",
      title: t("hooks.open"),
      width: "90px",
      cell: (hook) => (
        <Switch
          checked={!hook.spec.disabled}
          aria-label={t("hooks.openOf", { name: hook.metadata.name })}
          onChange={() => void run(() => mergeObject(RECEIVERS, hook, { spec: { disabled: !hook.spec.disabled } }))}
        />
      ),
    },
    {
      id: "more",
      title: t("column.actions"),
      isUntitled: true,
      width: "60px",
      align: "right",
      cell: (hook) => (
        <ActionIcon
          color="gray"
          size="lg"
          aria-label={t("catalog.remove", { name: hook.metadata.name })}
          onClick={() => void remove(hook)}
        >
          <Trash2 size={16} />
        </ActionIcon>
      ),
    },
  ];
}

const ACTIONS = ["scale", "upgrade", "install"] as const;

function AddHook({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const { explain } = useActing();
  const [chosen] = useNamespace();
  const [name, setName] = useState("");
  const [namespace, setNamespace] = useState(chosen || "default");
  const [action, setAction] = useState<string>("scale");
  const [target, setTarget] = useState("");
  const [by, setBy] = useState(1);
  const [url, setUrl] = useState("");
  const [refusal, setRefusal] = useState("");
  const make = async () => {
    const workload = { apiVersion: "apps/v1", kind: "Deployment", name: target };
    const [catalog = "", entry = ""] = target.split("/");
    const specs: Record<string, Record<string, unknown>> = {
      scale: { action, target: workload, scale: { by } },
      upgrade: { action, target: workload },
      install: { action, install: { catalog, entry } },
    };
    try {
      setUrl(await makeHook(namespace, name, specs[action] ?? {}));
    } catch (error) {
      setRefusal(explain(error));
    }
  };
  const buttons = url ? (
    <Button onClick={onClose}>{t("common.close")}</Button>
  ) : (
    <>
      <Button variant="default" onClick={onClose}>
        {t("common.cancel")}
      </Button>
      <Button disabled={!name || !target} onClick={() => void make()}>
        {t("common.add")}
      </Button>
    </>
  );
  return (
    <Dialog title={t("hooks.add")} onClose={onClose} buttons={buttons}>
      {url ? (
        <>
          <Notice level="warn">{t("hooks.once")}</Notice>
          <Command text={url} label={t("hooks.url")} />
        </>
      ) : (
        <>
          <TextInput
            label={t("create.name")}
            required
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value.trim())}
          />
          <TextInput
            label={t("column.namespace")}
            value={namespace}
            onChange={(event) => setNamespace(event.currentTarget.value.trim())}
          />
          <Select
            label={t("hooks.action")}
            allowDeselect={false}
            value={action}
            data={ACTIONS.map((value) => ({ value, label: t(`hookAction.${value}`) }))}
            onChange={(value) => setAction(value ?? "scale")}
          />
          <TextInput
            label={action === "install" ? t("hooks.entry") : t("hooks.deployment")}
            required
            value={target}
            onChange={(event) => setTarget(event.currentTarget.value.trim())}
          />
          {action === "scale" && (
            <NumberInput
              label={t("hooks.by")}
              allowDecimal={false}
              value={by}
              onChange={(value) => setBy(Number(value))}
            />
          )}
          {refusal && (
            <Notice level="bad" role="alert">
              {refusal}
            </Notice>
          )}
        </>
      )}
    </Dialog>
  );
}
