import { useState } from "react";
import { removeHost } from "../../api/hosts";
import type { Host } from "../../domain/objects";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { ActionIcon, Menu } from "../../ui/kit";
import { MoreHorizontal, Tag, Trash2, Unplug } from "../../ui/icons";
import { DrainDialog } from "./DrainDialog";
import { LabelsDialog } from "./LabelsDialog";

export function HostMenu({ host }: { host: Host }) {
  const { t } = useI18n();
  const { run, confirm } = useActing();
  const [open, setOpen] = useState<"labels" | "drain">();
  const { name } = host.metadata;
  const remove = async () => {
    const sure = await confirm({
      title: t("hosts.removeTitle", { name }),
      text: t("hosts.removeText"),
      verb: t("hosts.remove"),
    });
    if (sure) await run(() => removeHost(host), t("done.deleted", { name }));
  };
  const close = () => setOpen(undefined);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon color="gray" size="lg" aria-label={t("workload.actions", { name })}>
            <MoreHorizontal size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Tag size={16} />} onClick={() => setOpen("labels")}>
            {t("hosts.labels")}
          </Menu.Item>
          <Menu.Item leftSection={<Unplug size={16} />} onClick={() => setOpen("drain")}>
            {t("hosts.drain")}
          </Menu.Item>
          <Menu.Item color="red" leftSection={<Trash2 size={16} />} onClick={() => void remove()}>
            {t("hosts.remove")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {open === "labels" && <LabelsDialog host={host} onClose={close} />}
      {open === "drain" && <DrainDialog host={host} onClose={close} />}
    </>
  );
}
