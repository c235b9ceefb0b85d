import { Link, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { HOSTS } from "../../api/resources";
import type { Host } from "../../domain/objects";
import { addressOf, capacityOf, hostState } from "../../domain/hosts";
import { bytes } from "../../domain/quantities";
import { compareLevels, type State } from "../../domain/state";
import { useI18n } from "../../i18n/i18n";
import { useLive } from "../../live/useLive";
import { type Column, DataTable } from "../../ui/DataTable";
import { Button, Stack } from "../../ui/kit";
import { Plus } from "../../ui/icons";
import { Card, Page, WhenLive } from "../../ui/Page";
import { StateBadge, StateSentence } from "../../ui/State";
import { Age } from "../../ui/Time";
import styles from "../workloads/WorkloadTable.module.css";
import { isAtHome, useServed } from "../../app/served";
import { AddHostDialog } from "./AddHostDialog";
import { HostMenu } from "./HostMenu";
import { HostSwitch } from "./HostSwitch";
import { PeerMatrix } from "./PeerMatrix";
import { PodCount } from "./PodCount";

interface Row {
  host: Host;
  state: State;
}

export function HostsPage() {
  const { t } = useI18n();
  const { state = "" } = useSearch({ from: "/shell/hosts" });
  const live = useLive(HOSTS);
  const rows = useMemo(() => live.items.map((host) => ({ host, state: hostState(host) })), [live.items]);
  const shown = state ? rows.filter((row) => row.state.level === state) : rows;
  const served = useServed();
  const [isAdding, setAdding] = useState(false);
  const add = isAtHome() && (
    <Button leftSection={<Plus size={16} />} onClick={() => setAdding(true)}>
      {t("addHost.open")}
    </Button>
  );
  return (
    <Page title={t("nav.hosts")} actions={add}>
      <Stack gap="lg">
        <Card isFlush>
          <WhenLive live={live}>
            <DataTable
              label={t("nav.hosts")}
              rows={shown}
              columns={useColumns()}
              keyOf={({ host }) => host.metadata.uid}
              sortedBy="name"
              empty={rows.length ? t("list.noMatch") : t("hosts.none")}
              rowHeight={56}
              details={detailsOf}
            />
          </WhenLive>
        </Card>
        {served.has("network.bouvier.io/peerreports") && <PeerMatrix hosts={live.items} />}
      </Stack>
      {isAdding && <AddHostDialog onClose={() => setAdding(false)} />}
    </Page>
  );
}

function useColumns(): Column<Row>[] {
  const { t, language } = useI18n();
  return [
    {
      id: "state",
      title: t("column.state"),
      width: "150px",
      cell: ({ state }) => <StateBadge state={state} />,
      sortBy: ({ state }) => compareLevels(state.level, "bad"),
    },
    {
      id: "name",
      title: t("column.name"),
      cell: ({ host }) => <NameCell host={host} />,
      sortBy: ({ host }) => host.metadata.name,
    },
    { id: "pods", title: t("column.pods"), width: "190px", cell: ({ host }) => <PodCount host={host} /> },
    {
      id: "cpus",
      title: t("column.cpus"),
      width: "90px",
      cell: ({ host }) => number(capacityOf(host).cpus, language),
      sortBy: ({ host }) => capacityOf(host).cpus,
    },
    {
      id: "memory",
      title: t("column.memory"),
      width: "110px",
      cell: ({ host }) => bytes(capacityOf(host).memory, language),
      sortBy: ({ host }) => capacityOf(host).memory,
    },
    {
      id: "age",
      title: t("column.age"),
      width: "85px",
      cell: ({ host }) => <Age since={host.metadata.creationTimestamp} />,
      sortBy: ({ host }) => -Date.parse(host.metadata.creationTimestamp),
    },
    { id: "open", title: t("column.takesPods"), width: "150px", cell: ({ host }) => <HostSwitch host={host} /> },
    {
      id: "more",
      title: t("column.actions"),
      isUntitled: true,
      width: "56px",
      align: "right",
      cell: ({ host }) => <HostMenu host={host} />,
    },
  ];
}

function NameCell({ host }: { host: Host }) {
  const { nodeInfo } = host.status ?? {};
  const { name } = host.metadata;
  return (
    <div>
      <Link to="/pods" search={{ host: name }} className={styles.name}>
        {name}
      </Link>
      <div className={styles.place}>
        {[addressOf(host), nodeInfo?.osImage, nodeInfo?.containerRuntimeVersion].filter(Boolean).join(" · ")}
      </div>
    </div>
  );
}

function detailsOf({ state }: Row) {
  return state.what ? <StateSentence state={state} /> : null;
}

function number(amount: number, locale: string): string {
  return Number.isFinite(amount) ? new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(amount) : "–";
}
