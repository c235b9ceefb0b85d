import { Link } from "@tanstack/react-router";
import { removePod } from "../../api/actions";
import { controllerOf, type Pod } from "../../domain/objects";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { ActionIcon, Menu } from "../../ui/kit";
import { MoreHorizontal, ScrollText, Trash2 } from "../../ui/icons";

export function PodMenu({ pod }: { pod: Pod }) {
  const { t } = useI18n();
  const { run, confirm } = useActing();
  const { namespace = "", name } = pod.metadata;
  const remove = async () => {
    const text = controllerOf(pod) ? t("delete.ownedPod") : t("delete.pod");
    const sure = await confirm({ title: t("delete.title", { name }), text, verb: t("action.delete") });
    if (sure) await run(() => removePod(pod), t("done.deleted", { name }));
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon color="gray" size="lg" aria-label={t("workload.actions", { name })}>
          <MoreHorizontal size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<ScrollText size={16} />}
          renderRoot={(props) => <Link {...props} to="/pods/$namespace/$name" params={{ namespace, name }} />}
        >
          {t("way.logs")}
        </Menu.Item>
        <Menu.Item color="red" leftSection={<Trash2 size={16} />} onClick={() => void remove()}>
          {t("action.delete")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
