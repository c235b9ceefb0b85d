import { canRollBack, canScale, canUpgrade, type Workload } from "../../domain/workloads";
import { useI18n } from "../../i18n/i18n";
import { Button } from "../../ui/kit";
import { ArrowUpCircle, Undo2 } from "../../ui/icons";
import { useWorkloadDialogs } from "./dialogs";
import { ScaleControl } from "./ScaleControl";
import { WorkloadMenu } from "./WorkloadMenu";

export function WorkloadActions({ workload }: { workload: Workload }) {
  const { t } = useI18n();
  const dialogs = useWorkloadDialogs();
  return (
    <>
      {canScale(workload.kind) && <ScaleControl workload={workload} />}
      {canUpgrade(workload.kind) && (
        <Button variant="default" leftSection={<ArrowUpCircle size={16} />} onClick={() => dialogs.upgrade(workload)}>
          {t("action.upgrade")}
        </Button>
      )}
      {canRollBack(workload.kind) && (
        <Button variant="default" leftSection={<Undo2 size={16} />} onClick={() => dialogs.rollBack(workload)}>
          {t("action.rollBack")}
        </Button>
      )}
      <WorkloadMenu workload={workload} />
    </>
  );
}
