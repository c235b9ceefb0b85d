// Emptying a host: what will happen is said first, then how far it is.
import { useEffect, useRef, useState } from "react";
import { drain } from "../../api/hosts";
import { PODS } from "../../api/resources";
import { lostByMoving, podsToMove } from "../../domain/draining";
import type { Host } from "../../domain/objects";
import { useI18n } from "../../i18n/i18n";
import { useLive } from "../../live/useLive";
import { useActing } from "../../ui/Actions";
import { Dialog } from "../../ui/Dialog";
import { Button, Text } from "../../ui/kit";
import { Notice } from "../../ui/Notice";

interface Progress {
  moved: number;
  all: number;
  /** A pod that a disruption budget keeps at the moment. */
  kept?: string;
}

export function DrainDialog({ host, onClose }: { host: Host; onClose: () => void }) {
  const { t } = useI18n();
  const { name } = host.metadata;
  const live = useLive(PODS, { fields: `spec.nodeName=${name}` });
  const leaving = podsToMove(live.items);
  const lost = lostByMoving(live.items);
  const { progress, refusal, start } = useDrain(host);
  const isOver = !!progress && progress.moved === progress.all;
  const buttons = (
    <>
      <Button variant="default" onClick={onClose}>
        {isOver ? t("common.close") : t("common.cancel")}
      </Button>
      {!progress && (
        <Button color="red" disabled={live.isLoading} onClick={() => void start(leaving)}>
          {t("hosts.drainNow")}
        </Button>
      )}
    </>
  );
  return (
    <Dialog title={t("hosts.drainTitle", { name })} onClose={onClose} buttons={buttons}>
      {!progress && <Text size="sm">{t("hosts.drainLead", { count: leaving.length })}</Text>}
      {!progress && lost.length > 0 && (
        <Notice level="warn">
          {t("hosts.drainLost", {
            count: lost.length,
            names: lost.map((pod) => pod.metadata.name).join(", "),
          })}
        </Notice>
      )}
      {progress && (
        <Notice level={isOver ? "ok" : "busy"} role="status">
          {isOver ? t("hosts.drained", { name }) : t("hosts.draining", { moved: progress.moved, all: progress.all })}
          {progress.kept && <div>{t("hosts.drainKept", { name: progress.kept })}</div>}
        </Notice>
      )}
      {refusal && (
        <Notice level="bad" role="alert">
          {refusal}
        </Notice>
      )}
    </Dialog>
  );
}

function useDrain(host: Host) {
  const { explain } = useActing();
  const [progress, setProgress] = useState<Progress>();
  const [refusal, setRefusal] = useState("");
  const stop = useRef(new AbortController());
  useEffect(() => () => stop.current.abort(), []);
  const start = async (pods: Parameters<typeof drain>[1]) => {
    const report = (moved: number, kept?: string) => setProgress({ moved, all: pods.length, kept });
    stop.current = new AbortController();
    try {
      await drain(host, pods, report, stop.current.signal);
    } catch (error) {
      setRefusal(explain(error));
    }
  };
  return { progress, refusal, start };
}
