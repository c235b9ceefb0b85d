import { Link } from "@tanstack/react-router";
import type { Host } from "../../domain/objects";
import { hostState } from "../../domain/hosts";
import { useI18n } from "../../i18n/i18n";
import { Card } from "../../ui/Page";
import { StateBadge, StateSentence } from "../../ui/State";
import { WayOut } from "../workload/WayOut";
import type { WorkloadRow } from "../workloads/useWorkloads";
import styles from "./Home.module.css";

const SHOWN = 6;

/** What needs somebody now, with the way out of each; nothing at all when all is well. */
export function Needs({ rows, hosts }: { rows: WorkloadRow[]; hosts: Host[] }) {
  const { t } = useI18n();
  const workloads = rows.filter((row) => row.state.level === "bad" || row.state.level === "warn");
  const unwell = hosts
    .map((host) => ({ host, state: hostState(host) }))
    .filter(({ state }) => state.level === "bad" || state.level === "warn");
  const count = workloads.length + unwell.length;
  if (!count) return null;
  return (
    <Card title={t("home.needs")}>
      <ul className={styles.needs}>
        {unwell.slice(0, SHOWN).map(({ host, state }) => (
          <li key={host.metadata.uid}>
            <Link to="/hosts" className={styles.needName}>
              {host.metadata.name}
            </Link>
            <StateBadge state={state} />
            <StateSentence state={state} />
          </li>
        ))}
        {workloads.slice(0, SHOWN).map((row) => (
          <WorkloadNeed key={row.key} row={row} />
        ))}
      </ul>
      {count > SHOWN && (
        <Link to="/workloads" search={{ state: "bad" }}>
          {t("home.moreNeeds", { count: count - SHOWN })}
        </Link>
      )}
    </Card>
  );
}

function WorkloadNeed({ row: { workload, state } }: { row: WorkloadRow }) {
  const { kind, obj } = workload;
  const { namespace = "", name } = obj.metadata;
  return (
    <li>
      <Link to="/workloads/$kind/$namespace/$name" params={{ kind, namespace, name }} className={styles.needName}>
        {name}
      </Link>
      <StateBadge state={state} />
      <StateSentence state={state} way={<WayOut workload={workload} state={state} />} />
    </li>
  );
}
