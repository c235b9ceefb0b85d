import { removeWorkload, restart, setPaused } from "../../api/actions";
import type { Workload } from "../../domain/workloads";
import { healthOf } from "../../domain/workloads";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";

/** What needs no dialog of its own. */
export function useWorkloadActions(workload: Workload) {
  const { t } = useI18n();
  const { run, confirm } = useActing();
  const { name, namespace = "" } = workload.obj.metadata;
  return {
    restart: () => run(() => restart(workload, new Date()), t("done.restart", { name })),
    setPaused: (paused: boolean) =>
      run(() => setPaused(workload, paused), paused ? t("done.paused", { name }) : t("done.resumed", { name })),
    remove: async (): Promise<boolean> => {
      const count = healthOf(workload).present;
      const sure = await confirm({
        title: t("delete.title", { name }),
        text: t("delete.workload", { name, namespace, count }),
        verb: t("action.delete"),
      });
      return sure && (await run(() => removeWorkload(workload), t("done.deleted", { name })));
    },
  };
}
