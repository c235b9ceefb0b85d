import { useState } from "react";
import { refreshCatalog, removeCatalog } from "../../api/catalog";
import { type Catalog, catalogState, sourceText } from "../../domain/catalog";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { type Column, DataTable } from "../../ui/DataTable";
import { Plus, RefreshCw, Trash2 } from "../../ui/icons";
import { ActionIcon, Button, Group } from "../../ui/kit";
import { StateBadge, StateSentence } from "../../ui/State";
import { Age } from "../../ui/Time";
import { AddCatalogDialog } from "./AddCatalogDialog";

/** Where entries come from. */
export function CatalogTable({ catalogs }: { catalogs: readonly Catalog[] }) {
  const { t } = useI18n();
  const [isAdding, setAdding] = useState(false);
  return (
    <>
      <Group p="md" pb={4}>
        <Button size="xs" leftSection={<Plus size={14} />} onClick={() => setAdding(true)}>
          {t("catalog.add")}
        </Button>
      </Group>
      <DataTable
        label={t("catalog.sources")}
        rows={catalogs}
        columns={useColumns()}
        keyOf={({ metadata }) => metadata.uid}
        sortedBy="name"
        empty={t("catalog.none")}
        details={(catalog) => <Details catalog={catalog} />}
      />
      {isAdding && <AddCatalogDialog onClose={() => setAdding(false)} />}
    </>
  );
}

function Details({ catalog }: { catalog: Catalog }) {
  const problems = catalog.status?.problems ?? [];
  const state = catalogState(catalog);
  if (!state.what && !problems.length) return null;
  return (
    <>
      <StateSentence state={state} />
      {problems.map((problem) => (
        <div key={problem}>{problem}</div>
      ))}
    </>
  );
}

function useColumns(): Column<Catalog>[] {
  const { t } = useI18n();
  return [
    { id: "state", title: t("column.state"), width: "150px", cell: (one) => <StateBadge state={catalogState(one)} /> },
    {
      id: "name",
      title: t("column.name"),
      width: "20%",
      cell: ({ metadata }) => <b>{metadata.name}</b>,
      sortBy: ({ metadata }) => metadata.name,
    },
    {
      id: "source",
      title: t("catalog.source"),
      cell: (one) => (one.spec.source.builtin ? t("catalog.builtin") : sourceText(one)),
    },
    { id: "entries", title: t("catalog.entries"), width: "120px", cell: ({ status }) => status?.entries ?? "–" },
    {
      id: "read",
      title: t("catalog.read"),
      width: "110px",
      cell: ({ status }) => (status?.refreshed ? <Age since={status.refreshed} /> : "–"),
    },
    {
      id: "more",
      title: t("column.actions"),
      isUntitled: true,
      width: "104px",
      align: "right",
      cell: (one) => <CatalogActions catalog={one} />,
    },
  ];
}

function CatalogActions({ catalog }: { catalog: Catalog }) {
  const { t } = useI18n();
  const { run, confirm } = useActing();
  const { name } = catalog.metadata;
  const remove = async () => {
    const sure = await confirm({
      title: t("delete.title", { name }),
      text: t("catalog.removeText"),
      verb: t("action.delete"),
    });
    if (sure) await run(() => removeCatalog(name), t("done.deleted", { name }));
  };
  return (
    <Group gap={2} wrap="nowrap" justify="flex-end">
      <ActionIcon
        color="gray"
        size="lg"
        aria-label={t("catalog.refresh", { name })}
        onClick={() => void run(() => refreshCatalog(name, new Date()), t("catalog.refreshing", { name }))}
      >
        <RefreshCw size={16} />
      </ActionIcon>
      <ActionIcon color="gray" size="lg" aria-label={t("catalog.remove", { name })} onClick={() => void remove()}>
        <Trash2 size={16} />
      </ActionIcon>
    </Group>
  );
}
