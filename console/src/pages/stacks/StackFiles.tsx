import { useState } from "react";
import { changeStack } from "../../api/stacks";
import type { Stack } from "../../domain/stacks";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { Button, Group, Text } from "../../ui/kit";
import { FilesForm } from "./FilesForm";
import { useStackCheck } from "./useStackCheck";

/** The files of a stack that is there; saving them upgrades it, service by service. */
export function StackFiles({ stack }: { stack: Stack }) {
  const { t } = useI18n();
  const { run } = useActing();
  const { name } = stack.metadata;
  const [spec, setSpec] = useState(stack.spec);
  const check = useStackCheck(name, spec);
  const isChanged = JSON.stringify(spec) !== JSON.stringify(stack.spec);
  return (
    <FilesForm spec={spec} onSpec={setSpec} check={check}>
      <Group>
        <Button
          disabled={!isChanged || !check.checked}
          onClick={() => void run(() => changeStack(stack, spec), t("stacks.upgrading", { name }))}
        >
          {t("action.upgradeNow")}
        </Button>
        <Text size="sm" c="dimmed">
          {isChanged ? t("stacks.upgradeLead") : t("stacks.unchanged")}
        </Text>
      </Group>
    </FilesForm>
  );
}
