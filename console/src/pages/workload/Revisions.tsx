import { rollBack } from "../../api/actions";
import type { ReplicaSet, WorkloadObject } from "../../domain/objects";
import { type Revision, revisionsOf } from "../../domain/rollout";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { Badge, Button } from "../../ui/kit";
import { Undo2 } from "../../ui/icons";
import { Images } from "../../ui/Images";
import { Empty } from "../../ui/Page";
import { Age } from "../../ui/Time";
import styles from "./Revisions.module.css";

interface RevisionsProps {
  deployment: WorkloadObject;
  sets: readonly ReplicaSet[];
  onDone?: () => void;
}

export function Revisions({ deployment, sets, onDone }: RevisionsProps) {
  const { t } = useI18n();
  const { run } = useActing();
  const revisions = revisionsOf(deployment, sets);
  const goTo = async (revision: Revision) => {
    const { name } = deployment.metadata;
    const isDone = await run(
      () => rollBack(deployment, revision),
      t("done.rolledBack", { name, revision: revision.number }),
    );
    if (isDone) onDone?.();
  };
  if (!revisions.length) return <Empty>{t("rollback.none")}</Empty>;
  return (
    <>
      {deployment.spec.paused && <p className={styles.note}>{t("rollback.paused")}</p>}
      <ol className={styles.revisions}>
        {revisions.map((revision) => (
          <li
            key={revision.set.metadata.uid}
            className={styles.revision}
            data-current={revision.isCurrent || undefined}
          >
            <Facts revision={revision} />
            {revision.isCurrent ? (
              <Badge variant="light">{t("rollback.current")}</Badge>
            ) : (
              <Button
                size="xs"
                variant="light"
                leftSection={<Undo2 size={14} />}
                disabled={deployment.spec.paused}
                aria-label={t("rollback.to", { revision: revision.number })}
                onClick={() => void goTo(revision)}
              >
                {t("action.rollBackNow")}
              </Button>
            )}
          </li>
        ))}
      </ol>
    </>
  );
}

function Facts({ revision }: { revision: Revision }) {
  const { t } = useI18n();
  const { set, changes, changesMore, isCurrent, cause } = revision;
  return (
    <div className={styles.facts}>
      <div className={styles.head}>
        <b>{t("rollback.revision", { revision: revision.number })}</b>
        <span className={styles.age}>
          <Age since={set.metadata.creationTimestamp} />
        </span>
        {!!set.status?.replicas && (
          <span className={styles.age}>{t("rollback.pods", { count: set.status.replicas })}</span>
        )}
      </div>
      {cause && <div className={styles.cause}>{cause}</div>}
      {changes.length === 0 && <Images images={revision.images} />}
      {changes.map((change) => (
        <div key={change.container} className={styles.change}>
          <del>{change.from || t("rollback.noContainer")}</del> → <ins>{change.to || t("rollback.noContainer")}</ins>
        </div>
      ))}
      {!isCurrent && changesMore && (
        <div className={styles.age}>{changes.length ? t("rollback.alsoMore") : t("rollback.onlyMore")}</div>
      )}
    </div>
  );
}
