import { REPLICA_SETS, WORKLOADS } from "../../api/resources";
import { type Workload, podSelector } from "../../domain/workloads";
import { useI18n } from "../../i18n/i18n";
import { useLive, useLiveObject } from "../../live/useLive";
import { Modal, Text } from "../../ui/kit";
import { WhenLive } from "../../ui/Page";
import { Revisions } from "./Revisions";

/** Shows the revisions, and what going back to each would change. */
export function RollbackDialog({ workload, onClose }: { workload: Workload; onClose: () => void }) {
  const { t } = useI18n();
  const { namespace = "", name } = workload.obj.metadata;
  const live = useLiveObject(WORKLOADS.Deployment, namespace, name);
  const sets = useLive(REPLICA_SETS, { namespace, labels: podSelector(workload) });
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={<Text fw={650}>{t("rollback.title", { name })}</Text>}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      <WhenLive live={sets}>
        <Revisions deployment={live.object ?? workload.obj} sets={sets.items} onDone={onClose} />
      </WhenLive>
    </Modal>
  );
}
