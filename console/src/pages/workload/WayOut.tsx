import { Link } from "@tanstack/react-router";
import type { State, Way } from "../../domain/state";
import type { Workload } from "../../domain/workloads";
import { useI18n } from "../../i18n/i18n";
import { useWorkloadDialogs } from "./dialogs";
import styles from "./WayOut.module.css";

/** One click to where the advice leads. */
export function WayOut({ workload, state }: { workload: Workload; state: State }) {
  if (!state.way) return null;
  if (state.way === "image" || state.way === "rollback") return <DialogWay workload={workload} way={state.way} />;
  return <PageWay workload={workload} way={state.way} />;
}

function DialogWay({ workload, way }: { workload: Workload; way: "image" | "rollback" }) {
  const { t } = useI18n();
  const dialogs = useWorkloadDialogs();
  const open = way === "image" ? dialogs.upgrade : dialogs.rollBack;
  return (
    <button type="button" className={styles.way} onClick={() => open(workload)}>
      {t(`way.${way}`)}
    </button>
  );
}

function PageWay({ workload: { kind, obj }, way }: { workload: Workload; way: Exclude<Way, "image" | "rollback"> }) {
  const { t } = useI18n();
  const { namespace = "", name } = obj.metadata;
  if (way === "hosts") {
    return (
      <Link to="/hosts" className={styles.way}>
        {t("way.hosts")}
      </Link>
    );
  }
  return (
    <Link
      to="/workloads/$kind/$namespace/$name"
      params={{ kind, namespace, name }}
      search={{ tab: way }}
      className={styles.way}
    >
      {t(`way.${way}`)}
    </Link>
  );
}
