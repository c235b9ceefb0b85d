import { useMemo } from "react";
import type { Stack, StackRevision, StackSpec } from "../../domain/stacks";
import { useI18n } from "../../i18n/i18n";
import { Undo2 } from "../../ui/icons";
import { Button } from "../../ui/kit";
import { Empty } from "../../ui/Page";
import { Age } from "../../ui/Time";
import styles from "../workload/Revisions.module.css";
import { useStackActions } from "./useStackActions";

/** The states to which the stack can return; images are what most people know them by. */
export function StackRevisions({ stack, revisions }: { stack: Stack; revisions: readonly StackRevision[] }) {
  const { t } = useI18n();
  const actions = useStackActions(stack);
  const current = stack.status?.revision;
  if (!revisions.length) return <Empty>{t("rollback.none")}</Empty>;
  return (
    <ul className={styles.revisions}>
      {revisions.map((revision) => (
        <li key={revision.number} className={styles.revision} data-current={revision.number === current || undefined}>
          <div className={styles.facts}>
            <div className={styles.head}>
              <b>{t("rollback.revision", { revision: revision.number })}</b>
              <span className={styles.age}>
                <Age since={revision.created} />
              </span>
            </div>
            <Written spec={revision.spec} />
          </div>
          {revision.number === current ? (
            <span className={styles.age}>{t("rollback.current")}</span>
          ) : (
            <Button
              size="xs"
              variant="default"
              leftSection={<Undo2 size={14} />}
              aria-label={t("rollback.to", { revision: revision.number })}
              onClick={() => void actions.rollBack(revision)}
            >
              {t("action.rollBack")}
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}

function Written({ spec }: { spec: StackSpec }) {
  const images = useMemo(
    () => [...spec.compose.matchAll(/\bimage:\s*["']?([^\s"',}]+)/g)].map((match) => match[1] ?? ""),
    [spec.compose],
  );
  return <span className={styles.change}>{images.join(", ")}</span>;
}
