import type { ReplicaSet, WorkloadObject } from "../../domain/objects";
import { progressOf, progressState } from "../../domain/rollout";
import { useI18n } from "../../i18n/i18n";
import { Button } from "../../ui/kit";
import { Pause, Play, Undo2 } from "../../ui/icons";
import { useWorkloadDialogs } from "./dialogs";
import styles from "./RolloutBar.module.css";
import { useWorkloadActions } from "./useWorkloadActions";

/** An upgrade under way: old and new pods side by side, in words, with the ways out. */
export function RolloutBar({ deployment, sets }: { deployment: WorkloadObject; sets: readonly ReplicaSet[] }) {
  const { t, say } = useI18n();
  const workload = { kind: "Deployment" as const, obj: deployment };
  const actions = useWorkloadActions(workload);
  const dialogs = useWorkloadDialogs();
  const progress = progressOf(deployment, sets);
  const state = progressState(deployment, progress);
  if (!state || !sets.length || (progress.old === 0 && state.level !== "bad")) return null;
  const { ready, starting, old, desired } = progress;
  const whole = Math.max(desired, ready + starting + old);
  const isPaused = !!deployment.spec.paused;
  return (
    <section className={styles.rollout} aria-label={t("rollout.label")}>
      <div className={styles.words}>
        <span role="status">{state.what && say(state.what)}</span>
        <span className={styles.buttons}>
          <Button
            size="xs"
            variant="default"
            leftSection={isPaused ? <Play size={14} /> : <Pause size={14} />}
            onClick={() => void actions.setPaused(!isPaused)}
          >
            {isPaused ? t("action.resume") : t("action.pause")}
          </Button>
          <Button
            size="xs"
            variant="default"
            leftSection={<Undo2 size={14} />}
            onClick={() => dialogs.rollBack(workload)}
          >
            {t("action.rollBack")}
          </Button>
        </span>
      </div>
      <div
        className={styles.bar}
        role="progressbar"
        aria-label={t("rollout.label")}
        aria-valuemin={0}
        aria-valuemax={desired}
        aria-valuenow={Math.min(ready, desired)}
      >
        <span className={styles.ready} style={{ flexGrow: ready }} />
        <span className={styles.starting} style={{ flexGrow: starting }} />
        <span className={styles.old} style={{ flexGrow: old }} />
        <span style={{ flexGrow: Math.max(0, whole - ready - starting - old) }} />
      </div>
      <ul className={styles.legend}>
        <li data-part="ready">{t("rollout.ready", { count: ready })}</li>
        <li data-part="starting">{t("rollout.starting", { count: starting })}</li>
        <li data-part="old">{t("rollout.old", { count: old })}</li>
      </ul>
    </section>
  );
}
