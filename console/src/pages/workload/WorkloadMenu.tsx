import { Link } from "@tanstack/react-router";
import { WORKLOADS } from "../../api/resources";
import { useServed } from "../../app/served";
import { canRestart, canRollBack, canUpgrade, type Workload } from "../../domain/workloads";
import { useI18n } from "../../i18n/i18n";
import { ActionIcon, Menu } from "../../ui/kit";
import {
  ArrowUpCircle,
  MoreHorizontal,
  Pause,
  Play,
  RefreshCw,
  ScrollText,
  Search,
  Trash2,
  Undo2,
} from "../../ui/icons";
import { useWorkloadDialogs } from "./dialogs";
import { useWorkloadActions } from "./useWorkloadActions";

const AUDIT = "audit.bouvier.io/auditevents";

/** Everything that can be done with a workload. */
export function WorkloadMenu({ workload }: { workload: Workload }) {
  const { t } = useI18n();
  const { kind, obj } = workload;
  const { namespace = "", name } = obj.metadata;
  const dialogs = useWorkloadDialogs();
  const actions = useWorkloadActions(workload);
  const served = useServed();
  const isPaused = !!obj.spec.paused;
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon color="gray" size="lg" aria-label={t("workload.actions", { name })}>
          <MoreHorizontal size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {canUpgrade(kind) && (
          <Menu.Item leftSection={<ArrowUpCircle size={16} />} onClick={() => dialogs.upgrade(workload)}>
            {t("action.upgrade")}
          </Menu.Item>
        )}
        {canRollBack(kind) && (
          <Menu.Item leftSection={<Undo2 size={16} />} onClick={() => dialogs.rollBack(workload)}>
            {t("action.rollBack")}
          </Menu.Item>
        )}
        {canRestart(kind) && (
          <Menu.Item leftSection={<RefreshCw size={16} />} onClick={() => void actions.restart()}>
            {t("action.restart")}
          </Menu.Item>
        )}
        {canRollBack(kind) && (
          <Menu.Item
            leftSection={isPaused ? <Play size={16} /> : <Pause size={16} />}
            onClick={() => void actions.setPaused(!isPaused)}
          >
            {isPaused ? t("action.resume") : t("action.pause")}
          </Menu.Item>
        )}
        <Menu.Item
          leftSection={<ScrollText size={16} />}
          renderRoot={(props) => (
            <Link
              {...props}
              to="/workloads/$kind/$namespace/$name"
              params={{ kind, namespace, name }}
              search={{ tab: "logs" }}
            />
          )}
        >
          {t("way.logs")}
        </Menu.Item>
        {served.has(AUDIT) && (
          <Menu.Item
            leftSection={<Search size={16} />}
            renderRoot={(props) => (
              <Link {...props} to="/audit" search={{ ns: namespace, resource: WORKLOADS[kind].plural, name }} />
            )}
          >
            {t("audit.changes")}
          </Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Item color="red" leftSection={<Trash2 size={16} />} onClick={() => void actions.remove()}>
          {t("action.delete")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
