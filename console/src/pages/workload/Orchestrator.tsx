// What another orchestrator had before us, and what it cannot express.
import { adopt } from "../../api/clusters";
import { isForeign, lossesOf } from "../../domain/clusters";
import type { Workload } from "../../domain/workloads";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { Button } from "../../ui/kit";
import { Notice } from "../../ui/Notice";

export function Orchestrator({ workload }: { workload: Workload }) {
  const { t } = useI18n();
  const { run, confirm } = useActing();
  const { name } = workload.obj.metadata;
  const losses = lossesOf(workload.obj);
  const take = async () => {
    const sure = await confirm({
      title: t("foreign.title", { name }),
      text: t("foreign.text"),
      verb: t("foreign.adopt"),
    });
    if (sure) await run(() => adopt(workload), t("foreign.done", { name }));
  };
  return (
    <>
      {isForeign(workload.obj) && (
        <Notice level="idle" title={t("foreign.what")}>
          <div>
            <Button size="xs" variant="default" onClick={() => void take()}>
              {t("foreign.adopt")}
            </Button>
          </div>
        </Notice>
      )}
      {losses.length > 0 && (
        <Notice level="warn" title={t("losses.title", { count: losses.length })}>
          <ul style={{ margin: 0, paddingLeft: 18 }}>
            {losses.map(({ field, message }) => (
              <li key={field}>
                <code>{field}</code> {message}
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </>
  );
}
