import { useEffect, useRef, useState } from "react";
import { scale } from "../../api/actions";
import { canScale, healthOf, type Workload } from "../../domain/workloads";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { ActionIcon } from "../../ui/kit";
import { Minus, Plus } from "../../ui/icons";
import styles from "./ScaleControl.module.css";

/** How many pods are wished for, with less and more; quick clicks add up. */
export function ScaleControl({ workload }: { workload: Workload }) {
  const { t } = useI18n();
  const { name } = workload.obj.metadata;
  const [wished, step] = useWished(workload);
  if (!canScale(workload.kind)) return <span aria-hidden>–</span>;
  return (
    <span className={styles.scale} role="group" aria-label={t("scale.label", { name })}>
      <ActionIcon
        color="gray"
        variant="default"
        onClick={() => step(-1)}
        disabled={wished === 0}
        aria-label={t("scale.less", { name })}
      >
        <Minus size={15} />
      </ActionIcon>
      <output className={styles.number} aria-live="polite">
        {wished}
      </output>
      <ActionIcon color="gray" variant="default" onClick={() => step(1)} aria-label={t("scale.more", { name })}>
        <Plus size={15} />
      </ActionIcon>
    </span>
  );
}

/** The wish as the reader sees it at once, and a way to change it; requests go one after the other, the last wish wins. */
function useWished(workload: Workload): [number, (by: number) => void] {
  const { run } = useActing();
  const { desired } = healthOf(workload);
  const [wish, setWish] = useState<number>();
  const next = useRef<number | undefined>(undefined);
  const isSending = useRef(false);
  useEffect(() => {
    if (wish === desired && !isSending.current) setWish(undefined);
  }, [wish, desired]);

  const send = async () => {
    if (isSending.current) return;
    isSending.current = true;
    while (next.current !== undefined) {
      const replicas = next.current;
      next.current = undefined;
      if (!(await run(() => scale(workload, replicas)))) setWish(undefined);
    }
    isSending.current = false;
  };
  const step = (by: number) => {
    const replicas = Math.max(0, (wish ?? desired) + by);
    setWish(replicas);
    next.current = replicas;
    void send();
  };
  return [wish ?? desired, step];
}
