import { setClosed } from "../../api/actions";
import type { Host } from "../../domain/objects";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { Switch } from "../../ui/kit";

/** Whether new pods may come to the host; those that are there stay. */
export function HostSwitch({ host }: { host: Host }) {
  const { t } = useI18n();
  const { run } = useActing();
  const { name } = host.metadata;
  const isOpen = !host.spec?.unschedulable;
  const change = () =>
    void run(() => setClosed(host, isOpen), isOpen ? t("done.closed", { name }) : t("done.opened", { name }));
  return (
    <Switch
      checked={isOpen}
      onChange={change}
      label={isOpen ? t("hosts.open") : t("hosts.closed")}
      aria-label={t("hosts.takesPods", { name })}
    />
  );
}
