import { Link } from "@tanstack/react-router";
import { healthOf } from "../../domain/workloads";
import { useI18n } from "../../i18n/i18n";
import { Button } from "../../ui/kit";
import { Plus } from "../../ui/icons";
import { Empty } from "../../ui/Page";
import { HealthBar } from "../../ui/HealthBar";
import { LevelIcon } from "../../ui/State";
import type { WorkloadRow } from "../workloads/useWorkloads";
import styles from "./Home.module.css";

const SHOWN = 120;

/** Every workload as a small tile, namespace by namespace. */
export function Glance({ rows }: { rows: WorkloadRow[] }) {
  const { t } = useI18n();
  if (!rows.length) {
    return (
      <Empty>
        <p>{t("workloads.none")}</p>
        <Button component={Link} to="/create" leftSection={<Plus size={16} />}>
          {t("home.createFirst")}
        </Button>
      </Empty>
    );
  }
  const groups = Map.groupBy(rows.slice(0, SHOWN), (row) => row.workload.obj.metadata.namespace ?? "");
  return (
    <div className={styles.groups}>
      {[...groups].map(([namespace, members]) => (
        <div key={namespace}>
          <h3 className={styles.group}>{namespace}</h3>
          <ul className={styles.tiles}>
            {members.map((row) => (
              <Member key={row.key} row={row} />
            ))}
          </ul>
        </div>
      ))}
      {rows.length > SHOWN && <Link to="/workloads">{t("home.moreWorkloads", { count: rows.length - SHOWN })}</Link>}
    </div>
  );
}

function Member({ row: { workload, state } }: { row: WorkloadRow }) {
  const { say } = useI18n();
  const { kind, obj } = workload;
  const { namespace = "", name } = obj.metadata;
  return (
    <li>
      <Link
        to="/workloads/$kind/$namespace/$name"
        params={{ kind, namespace, name }}
        className={styles.member}
        data-level={state.level}
      >
        <span className={styles.memberName}>
          <LevelIcon level={state.level} size={15} />
          <span className="unseen">{say(state.word)}</span>
          <span>{name}</span>
        </span>
        <HealthBar health={healthOf(workload)} isBad={state.level === "bad"} />
      </Link>
    </li>
  );
}
