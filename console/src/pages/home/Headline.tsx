import type { Host } from "../../domain/objects";
import { hostState } from "../../domain/hosts";
import type { Level } from "../../domain/state";
import { useI18n } from "../../i18n/i18n";
import { LevelIcon } from "../../ui/State";
import type { WorkloadRow } from "../workloads/useWorkloads";
import styles from "./Home.module.css";

/** How everything does, in one sentence. */
export function Headline({ rows, hosts }: { rows: WorkloadRow[]; hosts: Host[] }) {
  const { t } = useI18n();
  const bad =
    rows.filter((row) => row.state.level === "bad").length +
    hosts.filter((host) => hostState(host).level === "bad").length;
  const busy = rows.filter((row) => row.state.level === "busy").length;
  const level: Level = bad ? "bad" : busy ? "busy" : rows.length ? "ok" : "idle";
  const words = {
    bad: () => t("home.bad", { count: bad }),
    busy: () => t("home.busy", { count: busy }),
    ok: () => t("home.ok", { count: rows.length }),
    warn: () => "",
    idle: () => t("home.nothing"),
  };
  return (
    <p className={styles.headline} data-level={level} role="status">
      <LevelIcon level={level} size={20} /> {words[level]()}
    </p>
  );
}
