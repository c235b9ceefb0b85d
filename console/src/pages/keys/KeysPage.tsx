import { useState } from "react";
import { API_KEYS, makeKey } from "../../api/hooks";
import { mergeObject, removeObject } from "../../api/objects";
import type { ApiKey } from "../../domain/hooks";
import { useI18n } from "../../i18n/i18n";
import { useLive } from "../../live/useLive";
import { useActing } from "../../ui/Actions";
import { Command } from "../../ui/Command";
import { type Column, DataTable } from "../../ui/DataTable";
import { Dialog } from "../../ui/Dialog";
import { Plus, Trash2 } from "../../ui/icons";
import { ActionIcon, Button, Select, Switch, TextInput } from "../../ui/kit";
import { Notice } from "../../ui/Notice";
import { Card, Page, WhenLive } from "../../ui/Page";
import { Age } from "../../ui/Time";

const ROLES = ["view", "edit", "admin", "cluster-admin"];
const DAYS = ["", "1", "30", "365"];

export function KeysPage() {
  const { t } = useI18n();
  const live = useLive(API_KEYS);
  const [isAdding, setAdding] = useState(false);
  const add = (
    <Button leftSection={<Plus size={16} />} onClick={() => setAdding(true)}>
      {t("keys.add")}
    </Button>
  );
  return (
    <Page title={t("nav.keys")} actions={add} lead={t("keys.lead")}>
      <Card isFlush>
        <WhenLive live={live}>
          <DataTable
            label={t("nav.keys")}
            rows={live.items}
            columns={useColumns()}
            keyOf={({ metadata }) => metadata.uid}
            sortedBy="name"
            empty={t("keys.none")}
          />
        </WhenLive>
      </Card>
      {isAdding && <AddKey onClose={() => setAdding(false)} />}
    </Page>
  );
}

function useColumns(): Column<ApiKey>[] {
  const { t } = useI18n();
  const { run, confirm } = useActing();
  const remove = async (key: ApiKey) => {
    const { name } = key.metadata;
    const sure = await confirm({
      title: t("delete.title", { name }),
      text: t("keys.removeText"),
      verb: t("action.delete"),
    });
    if (sure) await run(() => removeObject(API_KEYS, key), t("done.deleted", { name }));
  };
  return [
    {
      id: "name",
      title: t("column.name"),
      cell: ({ metadata }) => <b>{metadata.name}</b>,
      sortBy: ({ metadata }) => metadata.name,
    },
    {
      id: "scope",
      title: t("keys.scope"),
      cell: ({ spec }) =>
        t("keys.scopeText", { role: spec.role ?? "…", where: spec.namespaces?.join(", ") || t("namespace.all") }),
    },
    { id: "owner", title: t("keys.owner"), width: "15%", cell: ({ spec }) => spec.owner?.username ?? "–" },
    {
      id: "expires",
      title: t("keys.expires"),
      width: "15%",
      cell: ({ spec }) => spec.expires?.slice(0, 10) ?? t("keys.never"),
    },
    {
      id: "used",
      title: t("keys.used"),
      width: "120px",
      cell: ({ status }) => (status?.lastUsed ? <Age since={status.lastUsed} /> : "–"),
    },
    {
      id: "open",
      title: t("hooks.open"),
      width: "90px",
      cell: (key) => (
        <Switch
          checked={!key.spec.disabled}
          aria-label={t("hooks.openOf", { name: key.metadata.name })}
          onChange={() => void run(() => mergeObject(API_KEYS, key, { spec: { disabled: !key.spec.disabled } }))}
        />
      ),
    },
    {
      id: "more",
      title: t("column.actions"),
      isUntitled: true,
      width: "60px",
      align: "right",
      cell: (key) => (
        <ActionIcon
          color="gray"
          size="lg"
          aria-label={t("catalog.remove", { name: key.metadata.name })}
          onClick={() => void remove(key)}
        >
          <Trash2 size={16} />
        </ActionIcon>
      ),
    },
  ];
}

function AddKey({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const { explain } = useActing();
  const [name, setName] = useState("");
  const [role, setRole] = useState("view");
  const [namespaces, setNamespaces] = useState("");
  const [days, setDays] = useState("30");
  const [token, setToken] = useState("");
  const [refusal, setRefusal] = useState("");
  const make = async () => {
    const spec: Record<string, unknown> = { role };
    const named = namespaces.split(/[\s,]+/).filter(Boolean);
    if (named.length) spec.namespaces = named;
    if (days) spec.expires = new Date(Date.now() + Number(days) * 86_400_000).toISOString().replace(/\.\d+Z$/, "Z");
    try {
      setToken(await makeKey(name, spec));
    } catch (error) {
      setRefusal(explain(error));
    }
  };
  const buttons = token ? (
    <Button onClick={onClose}>{t("common.close")}</Button>
  ) : (
    <>
      <Button variant="default" onClick={onClose}>
        {t("common.cancel")}
      </Button>
      <Button disabled={!name} onClick={() => void make()}>
        {t("common.add")}
      </Button>
    </>
  );
  return (
    <Dialog title={t("keys.add")} onClose={onClose} buttons={buttons}>
      {token ? (
        <>
          <Notice level="warn">{t("keys.once")}</Notice>
          <Command text={token} label={t("keys.token")} />
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
          <Select
            label={t("keys.role")}
            allowDeselect={false}
            data={ROLES}
            value={role}
            onChange={(value) => setRole(value ?? "view")}
          />
          <TextInput
            label={t("keys.namespaces")}
            description={t("keys.namespacesHint")}
            value={namespaces}
            onChange={(event) => setNamespaces(event.currentTarget.value)}
          />
          <Select
            label={t("keys.expires")}
            allowDeselect={false}
            value={days}
            data={DAYS.map((value) => ({
              value,
              label: value ? t("keys.days", { count: Number(value) }) : t("keys.never"),
            }))}
            onChange={(value) => setDays(value ?? "")}
          />
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
