import { useNavigate, useSearch } from "@tanstack/react-router";
import { HOME_CLUSTER } from "../api/cluster";
import { CLUSTERS } from "../api/clusters";
import { useI18n } from "../i18n/i18n";
import { useLive } from "../live/useLive";
import { Select } from "../ui/kit";

/** Chooses the cluster that every page shows; there is none to choose while the platform has one. */
export function ClusterPicker() {
  const { t } = useI18n();
  const navigate = useNavigate();
  const { cluster = "" } = useSearch({ strict: false });
  const { items } = useLive(CLUSTERS);
  const names = [...new Set([HOME_CLUSTER, cluster || HOME_CLUSTER, ...items.map((one) => one.metadata.name)])];
  if (names.length < 2) return null;
  const choose = (name: string | null) =>
    void navigate({ to: "/", search: { cluster: !name || name === HOME_CLUSTER ? undefined : name, ns: undefined } });
  return (
    <Select
      w={150}
      aria-label={t("clusters.shown")}
      allowDeselect={false}
      data={names}
      value={cluster || HOME_CLUSTER}
      onChange={choose}
    />
  );
}
