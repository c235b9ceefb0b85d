import { Link, useNavigate } from "@tanstack/react-router";
import type { Stack } from "../../domain/stacks";
import { useI18n } from "../../i18n/i18n";
import { FileCode2, MoreHorizontal, Pause, Play, Trash2, Undo2 } from "../../ui/icons";
import { ActionIcon, Menu } from "../../ui/kit";
import { useStackActions } from "./useStackActions";

export function StackMenu({ stack }: { stack: Stack }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const actions = useStackActions(stack);
  const { namespace = "", name } = stack.metadata;
  const isPaused = !!stack.spec.paused;
  const remove = async () => {
    if (await actions.remove()) void navigate({ to: "/stacks" });
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
          leftSection={<FileCode2 size={16} />}
          renderRoot={(props) => (
            <Link {...props} to="/stacks/$namespace/$name" params={{ namespace, name }} search={{ tab: "files" }} />
          )}
        >
          {t("stacks.edit")}
        </Menu.Item>
        <Menu.Item
          leftSection={isPaused ? <Play size={16} /> : <Pause size={16} />}
          onClick={() => void actions.setPaused(!isPaused)}
        >
          {isPaused ? t("action.resume") : t("action.pause")}
        </Menu.Item>
        <Menu.Item
          leftSection={<Undo2 size={16} />}
          renderRoot={(props) => (
            <Link {...props} to="/stacks/$namespace/$name" params={{ namespace, name }} search={{ tab: "revisions" }} />
          )}
        >
          {t("action.rollBack")}
        </Menu.Item>
        <Menu.Item color="red" leftSection={<Trash2 size={16} />} onClick={() => void remove()}>
          {t("action.delete")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
