import type { ReactNode } from "react";
import { containersOf, healthOf, type Workload } from "../../domain/workloads";
import { useI18n } from "../../i18n/i18n";
import { HealthBar } from "../../ui/HealthBar";
import { Images } from "../../ui/Images";
import { Age } from "../../ui/Time";
import styles from "./WorkloadFacts.module.css";

/** The line under the heading: what it is, where, of which images. */
export function WorkloadFacts({ workload, isBad }: { workload: Workload; isBad: boolean }) {
  const { t } = useI18n();
  const { kind, obj } = workload;
  return (
    <dl className={styles.facts}>
      <Fact term={t("column.kind")}>{t(`kind.${kind}`)}</Fact>
      <Fact term={t("column.namespace")}>{obj.metadata.namespace}</Fact>
      <Fact term={t("column.images")}>
        <Images images={containersOf(workload).map((one) => one.image)} />
      </Fact>
      <Fact term={t("column.pods")}>
        <HealthBar health={healthOf(workload)} isBad={isBad} />
      </Fact>
      <Fact term={t("column.age")}>
        <Age since={obj.metadata.creationTimestamp} />
      </Fact>
    </dl>
  );
}

export function Fact({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}
