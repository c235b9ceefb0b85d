import { useEffect, useMemo, useState } from "react";
import { inCluster } from "../../api/cluster";
import { request } from "../../api/http";
import { HOSTS, PODS } from "../../api/resources";
import { type PodMetrics, type Resource, type Share, sharesOf, totalOf } from "../../domain/pool";
import { bytes } from "../../domain/quantities";
import { useI18n } from "../../i18n/i18n";
import { useLive } from "../../live/useLive";
import { type Column, DataTable } from "../../ui/DataTable";
import { Group, SegmentedControl, Stack } from "../../ui/kit";
import { WhenLive } from "../../ui/Page";
import styles from "./Costs.module.css";

const EVERY_MS = 15_000;

/** What hosts offer, and what of it is reserved, used and idle, by host or by namespace. */
export function Pool() {
  const { t, language } = useI18n();
  const [by, setBy] = useState<"host" | "namespace">("host");
  const [resource, setResource] = useState<Resource>("cpu");
  const hosts = useLive(HOSTS);
  const pods = useLive(PODS);
  const metrics = useMetrics();
  const shares = useMemo(
    () => sharesOf(by, resource, hosts.items, pods.items, metrics),
    [by, resource, hosts.items, pods.items, metrics],
  );
  const whole = useMemo(
    () => totalOf(sharesOf("host", resource, hosts.items, pods.items, metrics)),
    [resource, hosts.items, pods.items, metrics],
  );
  const show = (amount: number) =>
    resource === "memory"
      ? bytes(amount, language)
      : new Intl.NumberFormat(language, { maximumFractionDigits: 2 }).format(amount);
  return (
    <Stack>
      <Group>
        <SegmentedControl
          size="xs"
          aria-label={t("costs.by")}
          data={[
            { value: "host", label: t("costsBy.host") },
            { value: "namespace", label: t("costsBy.namespace") },
          ]}
          value={by}
          onChange={(value) => setBy(value as "host" | "namespace")}
        />
        <SegmentedControl
          size="xs"
          aria-label={t("pool.of")}
          data={[
            { value: "cpu", label: t("column.cpus") },
            { value: "memory", label: t("column.memory") },
          ]}
          value={resource}
          onChange={(value) => setResource(value as Resource)}
        />
      </Group>
      <p className={styles.lead} role="status">
        {t("pool.total", {
          capacity: show(whole.capacity),
          reserved: show(whole.reserved),
          used: show(whole.used),
          idle: show(whole.idle),
        })}
      </p>
      <WhenLive live={hosts}>
        <DataTable
          label={t("costs.pool")}
          rows={shares}
          columns={useColumns(show, whole.capacity, by)}
          keyOf={({ key }) => key}
          empty={t("pods.none")}
          rowHeight={40}
        />
      </WhenLive>
    </Stack>
  );
}

function useColumns(show: (amount: number) => string, whole: number, by: "host" | "namespace"): Column<Share>[] {
  const { t } = useI18n();
  const amount = (id: "capacity" | "reserved" | "used" | "idle"): Column<Share> => ({
    id,
    title: t(`pool.${id}`),
    width: "120px",
    align: "right",
    cell: (share) => show(share[id]),
    sortBy: (share) => share[id],
  });
  const own = by === "host" ? [amount("capacity")] : [];
  const idle = by === "host" ? [amount("idle")] : [];
  return [
    { id: "key", title: t(`costsBy.${by}`), cell: ({ key }) => <b>{key}</b>, sortBy: ({ key }) => key },
    {
      id: "share",
      title: t("pool.share"),
      width: "26%",
      cell: ({ capacity, used, reserved }) => <ShareBar of={capacity || whole} used={used} reserved={reserved} />,
    },
    ...own,
    amount("reserved"),
    amount("used"),
    ...idle,
  ];
}

function ShareBar({ of, used, reserved }: { of: number; used: number; reserved: number }) {
  const percent = (part: number) => `${of ? Math.min(100, (100 * part) / of) : 0}%`;
  return (
    <span className={styles.share} aria-hidden>
      <span className={styles.used} style={{ width: percent(used) }} />
      <span className={styles.reserved} style={{ width: percent(Math.max(0, reserved - used)) }} />
    </span>
  );
}

/** What pods use; where nobody measures there is nothing. */
function useMetrics(): PodMetrics[] {
  const [metrics, setMetrics] = useState<PodMetrics[]>([]);
  useEffect(() => {
    const ask = () =>
      request<{ items: PodMetrics[] }>("GET", inCluster("/apis/metrics.k8s.io/v1beta1/pods")).then(
        ({ items }) => setMetrics(items),
        () => undefined,
      );
    void ask();
    const timer = setInterval(() => void ask(), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return metrics;
}
