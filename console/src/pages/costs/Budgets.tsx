import { useState } from "react";
import { BUDGETS } from "../../api/costs";
import { createObject, removeObject } from "../../api/objects";
import { type Budget, money } from "../../domain/costs";
import type { Level } from "../../domain/state";
import { useI18n } from "../../i18n/i18n";
import { useLive } from "../../live/useLive";
import { useActing } from "../../ui/Actions";
import { type Column, DataTable } from "../../ui/DataTable";
import { Dialog } from "../../ui/Dialog";
import { Plus, Trash2 } from "../../ui/icons";
import { ActionIcon, Button, Group, Select, TextInput } from "../../ui/kit";
import { WhenLive } from "../../ui/Page";
import { LevelIcon } from "../../ui/State";

const PERIODS = ["Day", "Week", "Month"] as const;
const levelOf = (percent: number): Level => (percent >= 100 ? "bad" : percent >= 80 ? "warn" : "ok");

export function Budgets() {
  const { t } = useI18n();
  const live = useLive(BUDGETS);
  const [isAdding, setAdding] = useState(false);
  return (
    <>
      <Group p="md" pb={4}>
        <Button size="xs" leftSection={<Plus size={14} />} onClick={() => setAdding(true)}>
          {t("budgets.add")}
        </Button>
      </Group>
      <WhenLive live={live}>
        <DataTable
          label={t("costs.budgets")}
          rows={live.items}
          columns={useColumns()}
          keyOf={({ metadata }) => metadata.uid}
          sortedBy="name"
          empty={t("budgets.none")}
        />
      </WhenLive>
      {isAdding && <AddBudget onClose={() => setAdding(false)} />}
    </>
  );
}

function useColumns(): Column<Budget>[] {
  const { t, language } = useI18n();
  const { run, confirm } = useActing();
  const remove = async (budget: Budget) => {
    const { name } = budget.metadata;
    const sure = await confirm({
      title: t("delete.title", { name }),
      text: t("budgets.removeText"),
      verb: t("action.delete"),
    });
    if (sure) await run(() => removeObject(BUDGETS, budget), t("done.deleted", { name }));
  };
  const shown = (amount: string | undefined, { status }: Budget) =>
    amount ? money(amount, status?.currency ?? "EUR", language) : "–";
  return [
    {
      id: "name",
      title: t("column.name"),
      cell: ({ metadata }) => <b>{metadata.name}</b>,
      sortBy: ({ metadata }) => metadata.name,
    },
    {
      id: "scope",
      title: t("budgets.scope"),
      cell: ({ spec: { scope } }) => scope.namespace ?? scope.label ?? t("budgets.all"),
    },
    {
      id: "amount",
      title: t("costs.amount"),
      width: "130px",
      align: "right",
      cell: (one) => shown(one.spec.amount, one),
    },
    {
      id: "spent",
      title: t("budgets.spent"),
      width: "190px",
      cell: (one) => (
        <Group gap={6}>
          <LevelIcon level={levelOf(one.status?.percent ?? 0)} size={15} />
          {t("budgets.percent", { percent: one.status?.percent ?? 0, spent: shown(one.status?.spent, one) })}
        </Group>
      ),
    },
    {
      id: "forecast",
      title: t("budgets.forecast"),
      width: "150px",
      align: "right",
      cell: (one) => shown(one.status?.forecast, one),
    },
    {
      id: "period",
      title: t("budgets.period"),
      width: "110px",
      cell: ({ spec }) => t(`period.${(spec.period ?? "Month") as "Month"}`),
    },
    {
      id: "more",
      title: t("column.actions"),
      isUntitled: true,
      width: "60px",
      align: "right",
      cell: (one) => (
        <ActionIcon
          color="gray"
          size="lg"
          aria-label={t("catalog.remove", { name: one.metadata.name })}
          onClick={() => void remove(one)}
        >
          <Trash2 size={16} />
        </ActionIcon>
      ),
    },
  ];
}

function AddBudget({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const { explain } = useActing();
  const [name, setName] = useState("");
  const [namespace, setNamespace] = useState("");
  const [amount, setAmount] = useState("");
  const [period, setPeriod] = useState<string>("Month");
  const [refusal, setRefusal] = useState("");
  const add = async () => {
    const scope = namespace ? { namespace } : { cluster: true };
    try {
      await createObject(BUDGETS, "Budget", { name }, { spec: { amount, period, scope } });
      onClose();
    } catch (error) {
      setRefusal(explain(error));
    }
  };
  const buttons = (
    <>
      <Button variant="default" onClick={onClose}>
        {t("common.cancel")}
      </Button>
      <Button disabled={!name || !amount} onClick={() => void add()}>
        {t("common.add")}
      </Button>
    </>
  );
  return (
    <Dialog title={t("budgets.add")} onClose={onClose} buttons={buttons}>
      <TextInput
        label={t("create.name")}
        required
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value.trim())}
      />
      <TextInput
        label={t("column.namespace")}
        description={t("budgets.scopeHint")}
        value={namespace}
        onChange={(event) => setNamespace(event.currentTarget.value.trim())}
      />
      <TextInput
        label={t("costs.amount")}
        required
        value={amount}
        error={refusal}
        onChange={(event) => setAmount(event.currentTarget.value.trim())}
      />
      <Select
        label={t("budgets.period")}
        allowDeselect={false}
        value={period}
        data={PERIODS.map((value) => ({ value, label: t(`period.${value}`) }))}
        onChange={(value) => setPeriod(value ?? "Month")}
      />
    </Dialog>
  );
}
