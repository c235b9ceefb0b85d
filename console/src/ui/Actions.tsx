// Doing things: errors stay until read, what cannot be undone is asked first.
import { notifications } from "@mantine/notifications";
import { createContext, type ReactNode, use, useCallback, useMemo, useState } from "react";
import { ApiFailure, Unreachable } from "../api/http";
import { useI18n } from "../i18n/i18n";
import { Button, Group, Modal, Text } from "./kit";

interface Question {
  title: string;
  text: ReactNode;
  /** The word on the button that does it. */
  verb: string;
}

interface Acting {
  /** Perform and say so; a failure is shown and answered with false. */
  run: (work: () => Promise<unknown>, done?: string) => Promise<boolean>;
  /** Ask first. */
  confirm: (question: Question) => Promise<boolean>;
  /** An error in words. */
  explain: (error: unknown) => string;
}

const Context = createContext<Acting | null>(null);
const DONE_MS = 4000;

export function useActing(): Acting {
  const acting = use(Context);
  if (!acting) throw new Error("useActing outside of ActingProvider");
  return acting;
}

export function ActingProvider({ children }: { children: ReactNode }) {
  const { t } = useI18n();
  const [asked, setAsked] = useState<{ question: Question; answer: (yes: boolean) => void }>();
  const explain = useCallback((error: unknown) => explained(error, t("error.unreachable")), [t]);
  const run = useCallback(
    async (work: () => Promise<unknown>, done?: string) => {
      try {
        await work();
      } catch (error) {
        notifications.show({
          title: t("error.title"),
          message: explain(error),
          color: "red",
          autoClose: false,
          role: "alert",
        });
        return false;
      }
      if (done) notifications.show({ message: done, color: "pine", autoClose: DONE_MS });
      return true;
    },
    [t, explain],
  );
  const confirm = useCallback(
    (question: Question) => new Promise<boolean>((answer) => setAsked({ question, answer })),
    [],
  );
  const acting = useMemo(() => ({ run, confirm, explain }), [run, confirm, explain]);
  const answer = (yes: boolean) => {
    asked?.answer(yes);
    setAsked(undefined);
  };
  return (
    <Context value={acting}>
      {children}
      <Modal
        opened={!!asked}
        onClose={() => answer(false)}
        title={<Text fw={650}>{asked?.question.title}</Text>}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        <div>{asked?.question.text}</div>
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={() => answer(false)} data-autofocus>
            {t("common.cancel")}
          </Button>
          <Button color="red" onClick={() => answer(true)}>
            {asked?.question.verb}
          </Button>
        </Group>
      </Modal>
    </Context>
  );
}

function explained(error: unknown, unreachable: string): string {
  if (error instanceof Unreachable) return unreachable;
  if (error instanceof ApiFailure) return error.message;
  return String(error);
}
