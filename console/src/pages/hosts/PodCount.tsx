import { Link } from "@tanstack/react-router";
import { PODS } from "../../api/resources";
import type { Host } from "../../domain/objects";
import { capacityOf } from "../../domain/hosts";
import { useI18n } from "../../i18n/i18n";
import { useLive } from "../../live/useLive";
import styles from "./PodCount.module.css";

/** How many pods are on a host, of how many it takes; only hosts in sight are asked about. */
export function PodCount({ host }: { host: Host }) {
  const { t } = useI18n();
  const { name } = host.metadata;
  const live = useLive(PODS, { fields: `spec.nodeName=${name}` });
  const most = capacityOf(host).pods;
  const count = live.items.length;
  const share = Number.isFinite(most) && most > 0 ? count / most : 0;
  return (
    <Link to="/pods" search={{ host: name }} className={styles.count}>
      <span className={styles.bar} aria-hidden>
        <span style={{ width: `${Math.min(100, 100 * share)}%` }} />
      </span>
      {Number.isFinite(most) ? t("hosts.podsOf", { count, most }) : t("hosts.pods", { count })}
    </Link>
  );
}
