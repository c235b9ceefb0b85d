import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { useNamespace } from "../../app/namespace";
import { useI18n } from "../../i18n/i18n";
import { containersOf, WORKLOAD_KINDS } from "../../domain/workloads";
import { Button, Group, Select, TextInput } from "../../ui/kit";
import { Plus, Search } from "../../ui/icons";
import { Card, Page, WhenLive } from "../../ui/Page";
import { LevelFilter } from "./LevelFilter";
import { useWorkloads, type WorkloadRow } from "./useWorkloads";
import { WorkloadTable } from "./WorkloadTable";

export function WorkloadsPage() {
  const { t } = useI18n();
  const [namespace] = useNamespace();
  const workloads = useWorkloads(namespace);
  const { q = "", state = "", kind = "" } = useSearch({ from: "/shell/workloads" });
  const found = useMemo(
    () => workloads.rows.filter((row) => (!kind || row.workload.kind === kind) && matches(row, q)),
    [workloads.rows, q, kind],
  );
  const shown = state ? found.filter((row) => row.state.level === state) : found;
  return (
    <Page
      title={t("nav.workloads")}
      actions={
        <Button component={Link} to="/create" leftSection={<Plus size={16} />}>
          {t("nav.create")}
        </Button>
      }
      lead={<Filters rows={found} />}
    >
      <Card isFlush>
        <WhenLive live={workloads}>
          <WorkloadTable rows={shown} empty={workloads.rows.length ? t("list.noMatch") : t("workloads.none")} />
        </WhenLive>
      </Card>
    </Page>
  );
}

function Filters({ rows }: { rows: WorkloadRow[] }) {
  const { t } = useI18n();
  const navigate = useNavigate({ from: "/workloads" });
  const { q = "", state = "", kind = "" } = useSearch({ from: "/shell/workloads" });
  const set = (change: { q?: string; state?: string; kind?: string }) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  return (
    <Group gap="sm">
      <TextInput
        w={260}
        leftSection={<Search size={15} aria-hidden />}
        placeholder={t("list.find")}
        aria-label={t("list.find")}
        value={q}
        onChange={(event) => set({ q: event.currentTarget.value || undefined })}
      />
      <LevelFilter
        levels={rows.map((row) => row.state.level)}
        chosen={state}
        onChoose={(level) => set({ state: level || undefined })}
      />
      <Select
        w={170}
        aria-label={t("column.kind")}
        placeholder={t("workloads.allKinds")}
        clearable
        clearButtonProps={{ "aria-label": t("workloads.allKinds") }}
        data={WORKLOAD_KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))}
        value={kind || null}
        onChange={(value) => set({ kind: value ?? undefined })}
      />
    </Group>
  );
}

function matches({ workload }: WorkloadRow, sought: string): boolean {
  const wanted = sought.trim().toLowerCase();
  if (!wanted) return true;
  const { name, namespace = "" } = workload.obj.metadata;
  return [name, namespace, ...containersOf(workload).map((one) => one.image)].some((text) =>
    text.toLowerCase().includes(wanted),
  );
}
