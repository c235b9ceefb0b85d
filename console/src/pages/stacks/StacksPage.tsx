import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { STACKS } from "../../api/stacks";
import { useNamespace } from "../../app/namespace";
import { compareLevels, type State } from "../../domain/state";
import { type Stack, stackHealth, stackState } from "../../domain/stacks";
import { useI18n } from "../../i18n/i18n";
import { useLive } from "../../live/useLive";
import { type Column, DataTable } from "../../ui/DataTable";
import { HealthBar } from "../../ui/HealthBar";
import { Button } from "../../ui/kit";
import { Plus } from "../../ui/icons";
import { Card, Page, WhenLive } from "../../ui/Page";
import { StateBadge, StateSentence } from "../../ui/State";
import { Age } from "../../ui/Time";
import styles from "../workloads/WorkloadTable.module.css";
import { StackMenu } from "./StackMenu";

interface Row {
  stack: Stack;
  state: State;
}

export function StacksPage() {
  const { t } = useI18n();
  const [namespace] = useNamespace();
  const live = useLive(STACKS, { namespace });
  const rows = useMemo(() => live.items.map((stack) => ({ stack, state: stackState(stack) })), [live.items]);
  return (
    <Page title={t("nav.stacks")} actions={<NewStack />}>
      <Card isFlush>
        <WhenLive live={live}>
          <DataTable
            label={t("nav.stacks")}
            rows={rows}
            columns={useColumns()}
            keyOf={({ stack }) => stack.metadata.uid}
            sortedBy="name"
            empty={t("stacks.none")}
            details={({ state }) => (state.what ? <StateSentence state={state} /> : null)}
          />
        </WhenLive>
      </Card>
    </Page>
  );
}

function NewStack() {
  const { t } = useI18n();
  return (
    <Button leftSection={<Plus size={16} />} renderRoot={(props) => <Link {...props} to="/stacks/new" />}>
      {t("stacks.new")}
    </Button>
  );
}

function useColumns(): Column<Row>[] {
  const { t } = useI18n();
  return [
    {
      id: "state",
      title: t("column.state"),
      width: "160px",
      cell: ({ state }) => <StateBadge state={state} />,
      sortBy: ({ state }) => compareLevels(state.level, "bad"),
    },
    {
      id: "name",
      title: t("column.name"),
      cell: ({ stack }) => <NameCell stack={stack} />,
      sortBy: ({ stack }) => stack.metadata.name,
    },
    {
      id: "services",
      title: t("column.services"),
      width: "190px",
      cell: ({ stack, state }) => <HealthBar health={stackHealth(stack)} isBad={state.level === "bad"} />,
    },
    {
      id: "revision",
      title: t("column.revision"),
      width: "110px",
      cell: ({ stack }) => stack.status?.revision ?? "–",
      sortBy: ({ stack }) => stack.status?.revision ?? 0,
    },
    {
      id: "age",
      title: t("column.age"),
      width: "85px",
      cell: ({ stack }) => <Age since={stack.metadata.creationTimestamp} />,
      sortBy: ({ stack }) => -Date.parse(stack.metadata.creationTimestamp),
    },
    {
      id: "more",
      title: t("column.actions"),
      isUntitled: true,
      width: "56px",
      align: "right",
      cell: ({ stack }) => <StackMenu stack={stack} />,
    },
  ];
}

function NameCell({ stack }: { stack: Stack }) {
  const { namespace = "", name } = stack.metadata;
  return (
    <div>
      <Link to="/stacks/$namespace/$name" params={{ namespace, name }} className={styles.name}>
        {name}
      </Link>
      {namespace !== name && <div className={styles.place}>{namespace}</div>}
    </div>
  );
}
