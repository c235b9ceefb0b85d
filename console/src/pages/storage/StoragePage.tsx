import { useState } from "react";
import { createObject, removeObject } from "../../api/objects";
import { CLAIMS, SNAPSHOTS, STORAGE_CLASSES } from "../../api/storage";
import { useNamespace } from "../../app/namespace";
import { useServed } from "../../app/served";
import {
  type Claim,
  claimState,
  isDefaultClass,
  type Snapshot,
  snapshotState,
  type StorageClass,
} from "../../domain/storage";
import { useI18n } from "../../i18n/i18n";
import { useLive } from "../../live/useLive";
import { useActing } from "../../ui/Actions";
import { type Column, DataTable } from "../../ui/DataTable";
import { Copy, Plus, Trash2 } from "../../ui/icons";
import { ActionIcon, Button, Group, Stack } from "../../ui/kit";
import { Card, Page, WhenLive } from "../../ui/Page";
import { StateBadge, StateSentence } from "../../ui/State";
import { Age } from "../../ui/Time";
import styles from "../workloads/WorkloadTable.module.css";
import { AddClaimDialog } from "./AddClaimDialog";

export function StoragePage() {
  const { t } = useI18n();
  const [namespace] = useNamespace();
  const served = useServed();
  const claims = useLive(CLAIMS, { namespace });
  const classes = useLive(STORAGE_CLASSES);
  const snapshots = useLive(SNAPSHOTS, { namespace, isOff: !served.has("snapshot.storage.k8s.io/volumesnapshots") });
  const [isAdding, setAdding] = useState(false);
  const add = (
    <Button leftSection={<Plus size={16} />} onClick={() => setAdding(true)}>
      {t("storage.add")}
    </Button>
  );
  return (
    <Page title={t("nav.storage")} actions={add}>
      <Stack gap="lg">
        <Card title={t("storage.claims")} isFlush>
          <WhenLive live={claims}>
            <DataTable
              label={t("storage.claims")}
              rows={claims.items}
              columns={useClaimColumns(served.has("snapshot.storage.k8s.io/volumesnapshots"))}
              keyOf={({ metadata }) => metadata.uid}
              sortedBy="name"
              empty={t("storage.noClaims")}
              details={(claim) => {
                const state = claimState(claim);
                return state.what ? <StateSentence state={state} /> : null;
              }}
            />
          </WhenLive>
        </Card>
        {snapshots.items.length > 0 && <Snapshots snapshots={snapshots.items} />}
        <Card title={t("storage.classes")} isFlush>
          <WhenLive live={classes}>
            <DataTable
              label={t("storage.classes")}
              rows={classes.items}
              columns={useClassColumns()}
              keyOf={({ metadata }) => metadata.uid}
              sortedBy="name"
              empty={t("storage.noClasses")}
              rowHeight={38}
            />
          </WhenLive>
        </Card>
      </Stack>
      {isAdding && <AddClaimDialog classes={classes.items} onClose={() => setAdding(false)} />}
    </Page>
  );
}

function useClaimColumns(canSnapshot: boolean): Column<Claim>[] {
  const { t } = useI18n();
  const { run, confirm } = useActing();
  const remove = async (claim: Claim) => {
    const { name } = claim.metadata;
    const sure = await confirm({
      title: t("delete.title", { name }),
      text: t("storage.removeText"),
      verb: t("action.delete"),
    });
    if (sure) await run(() => removeObject(CLAIMS, claim), t("done.deleted", { name }));
  };
  const snapshot = (claim: Claim) => {
    const { namespace = "", name } = claim.metadata;
    const spec = { source: { persistentVolumeClaimName: name } };
    const made = createObject(SNAPSHOTS, "VolumeSnapshot", { generateName: `${name}-`, namespace }, { spec });
    return run(() => made, t("storage.snapshotting", { name }));
  };
  return [
    {
      id: "state",
      title: t("column.state"),
      width: "140px",
      cell: (claim) => <StateBadge state={claimState(claim)} />,
    },
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
    {
      id: "size",
      title: t("storage.size"),
      width: "110px",
      cell: ({ spec, status }) => status?.capacity?.storage ?? spec.resources?.requests?.storage ?? "–",
    },
    { id: "class", title: t("storage.class"), width: "15%", cell: ({ spec }) => spec.storageClassName ?? "–" },
    { id: "access", title: t("storage.access"), width: "16%", cell: ({ spec }) => (spec.accessModes ?? []).join(", ") },
    {
      id: "age",
      title: t("column.age"),
      width: "85px",
      cell: ({ metadata }) => <Age since={metadata.creationTimestamp} />,
    },
    {
      id: "more",
      title: t("column.actions"),
      isUntitled: true,
      width: "104px",
      align: "right",
      cell: (claim) => (
        <Group gap={2} wrap="nowrap" justify="flex-end">
          {canSnapshot && (
            <ActionIcon
              color="gray"
              size="lg"
              aria-label={t("storage.snapshotOf", { name: claim.metadata.name })}
              onClick={() => void snapshot(claim)}
            >
              <Copy size={16} />
            </ActionIcon>
          )}
          <ActionIcon
            color="gray"
            size="lg"
            aria-label={t("catalog.remove", { name: claim.metadata.name })}
            onClick={() => void remove(claim)}
          >
            <Trash2 size={16} />
          </ActionIcon>
        </Group>
      ),
    },
  ];
}

function Snapshots({ snapshots }: { snapshots: readonly Snapshot[] }) {
  const { t } = useI18n();
  const columns: Column<Snapshot>[] = [
    { id: "state", title: t("column.state"), width: "140px", cell: (one) => <StateBadge state={snapshotState(one)} /> },
    {
      id: "name",
      title: t("column.name"),
      cell: ({ metadata }) => <b>{metadata.name}</b>,
      sortBy: ({ metadata }) => metadata.name,
    },
    { id: "of", title: t("storage.claim"), cell: ({ spec }) => spec.source?.persistentVolumeClaimName ?? "–" },
    { id: "size", title: t("storage.size"), width: "110px", cell: ({ status }) => status?.restoreSize ?? "–" },
    {
      id: "age",
      title: t("column.age"),
      width: "85px",
      cell: ({ metadata }) => <Age since={metadata.creationTimestamp} />,
    },
  ];
  return (
    <Card title={t("storage.snapshots")} isFlush>
      <DataTable
        label={t("storage.snapshots")}
        rows={snapshots}
        columns={columns}
        keyOf={({ metadata }) => metadata.uid}
        empty=""
        details={(one) => (snapshotState(one).what ? <StateSentence state={snapshotState(one)} /> : null)}
      />
    </Card>
  );
}

function useClassColumns(): Column<StorageClass>[] {
  const { t } = useI18n();
  return [
    {
      id: "name",
      title: t("column.name"),
      cell: (one) => (
        <span>
          <b>{one.metadata.name}</b> {isDefaultClass(one) && t("storage.usual")}
        </span>
      ),
      sortBy: ({ metadata }) => metadata.name,
    },
    { id: "provisioner", title: t("storage.provisioner"), cell: ({ provisioner }) => provisioner },
    {
      id: "keeps",
      title: t("storage.keeps"),
      width: "30%",
      cell: ({ reclaimPolicy }) => (reclaimPolicy === "Retain" ? t("storage.retained") : t("storage.deleted")),
    },
  ];
}
