// What each host says to a pod that waits, in the scheduler's own words, with what would help.
import { useEffect, useState } from "react";
import { shownCluster } from "../../api/cluster";
import { request } from "../../api/http";
import type { Pod } from "../../domain/objects";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { Notice } from "../../ui/Notice";
import { Card } from "../../ui/Page";
import { LevelIcon } from "../../ui/State";
import styles from "./Explanation.module.css";

interface HostWord {
  host: string;
  fits: boolean;
  why: string;
  help: string;
}

const EVERY_MS = 10_000;

export function Explanation({ pod }: { pod: Pod }) {
  const { t } = useI18n();
  const { explain } = useActing();
  const { namespace = "", name, resourceVersion } = pod.metadata;
  const [hosts, setHosts] = useState<HostWord[]>();
  const [refusal, setRefusal] = useState("");
  useEffect(() => {
    const query = { namespace, pod: name, cluster: shownCluster() };
    const ask = () =>
      request<{ hosts: HostWord[] }>("GET", "/bouvier/v1/explain", { query }).then(
        (found) => setHosts(found.hosts),
        (error: unknown) => setRefusal(explain(error)),
      );
    void ask();
    const timer = setInterval(() => void ask(), EVERY_MS);
    return () => clearInterval(timer);
  }, [namespace, name, resourceVersion, explain]);
  if (refusal) return <Notice level="warn">{refusal}</Notice>;
  if (!hosts) return null;
  return (
    <Card title={t("explain.title")}>
      {hosts.length === 0 && <p>{t("explain.noHosts")}</p>}
      <ul className={styles.hosts}>
        {hosts.map((one) => (
          <li key={one.host}>
            <LevelIcon level={one.fits ? "ok" : "bad"} size={15} />
            <b>{one.host}</b>
            <span>{one.fits ? t("explain.fits") : one.why}</span>
            {one.help && <span className={styles.help}>{one.help}</span>}
          </li>
        ))}
      </ul>
    </Card>
  );
}
