import { useI18n } from "../../i18n/i18n";
import { HealthBar } from "../../ui/HealthBar";
import { LevelIcon } from "../../ui/State";
import styles from "./EndpointCount.module.css";

/** How many pods answer behind an address; none is said in words. */
export function EndpointCount({ count }: { count: { ready: number; all: number } | undefined }) {
  const { t } = useI18n();
  const { ready, all } = count ?? { ready: 0, all: 0 };
  if (ready === 0) {
    return (
      <span className={styles.none}>
        <LevelIcon level="warn" size={14} /> {t("services.nobody")}
      </span>
    );
  }
  return <HealthBar health={{ ready, desired: all, present: all, updated: all }} />;
}
