import { changeStack, removeStack, setStackPaused } from "../../api/stacks";
import { cancelRevision, restored, type Stack, type StackRevision } from "../../domain/stacks";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";

export function useStackActions(stack: Stack) {
  const { t } = useI18n();
  const { run, confirm } = useActing();
  const { name } = stack.metadata;
  const toRevision = async (revision: StackRevision, title: string, text: string) => {
    const sure = await confirm({ title, text, verb: t("action.rollBackNow") });
    if (sure)
      await run(
        () => changeStack(stack, restored(stack, revision)),
        t("done.rolledBack", { name, revision: revision.number }),
      );
  };
  return {
    setPaused: (paused: boolean) =>
      run(() => setStackPaused(stack, paused), paused ? t("done.paused", { name }) : t("done.resumed", { name })),
    rollBack: (revision: StackRevision) =>
      toRevision(revision, t("rollback.title", { name }), t("stacks.rollBackText", { revision: revision.number })),
    cancel: (revisions: readonly StackRevision[]) => {
      const good = revisions.find((one) => one.number === cancelRevision(stack));
      if (!good) return Promise.resolve();
      return toRevision(good, t("stacks.cancelTitle", { name }), t("stacks.cancelText", { revision: good.number }));
    },
    remove: async (): Promise<boolean> => {
      const count = stack.status?.services?.length ?? 0;
      const text = t("stacks.deleteText", { count });
      const sure = await confirm({ title: t("delete.title", { name }), text, verb: t("action.delete") });
      return sure && (await run(() => removeStack(stack), t("done.deleted", { name })));
    },
  };
}
