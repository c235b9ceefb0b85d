// A dialog with a title, and a row of buttons at its end.
import type { ReactNode } from "react";
import { useI18n } from "../i18n/i18n";
import { Group, Modal, Stack, Text } from "./kit";

interface DialogProps {
  title: string;
  onClose: () => void;
  size?: string;
  buttons?: ReactNode;
  children: ReactNode;
}

export function Dialog({ title, onClose, size = "lg", buttons, children }: DialogProps) {
  const { t } = useI18n();
  return (
    <Modal
      opened
      onClose={onClose}
      size={size}
      title={<Text fw={650}>{title}</Text>}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      <Stack>
        {children}
        {buttons && <Group justify="flex-end">{buttons}</Group>}
      </Stack>
    </Modal>
  );
}
