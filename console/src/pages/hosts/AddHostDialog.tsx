// One line to paste on another machine; the dialog tells when the host has joined.
import { useState } from "react";
import { invite } from "../../api/hosts";
import { HOSTS } from "../../api/resources";
import { usePlatform } from "../../app/platform";
import { hostState } from "../../domain/hosts";
import { useI18n } from "../../i18n/i18n";
import { useLive } from "../../live/useLive";
import { useActing } from "../../ui/Actions";
import { Command } from "../../ui/Command";
import { Dialog } from "../../ui/Dialog";
import { Button, Checkbox, Select, Text } from "../../ui/kit";
import { Notice } from "../../ui/Notice";

const HOURS = ["1", "24", "168"];

export function AddHostDialog({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const { explain } = useActing();
  const { caHash } = usePlatform();
  const [hours, setHours] = useState("24");
  const [isForMany, setForMany] = useState(false);
  const [command, setCommand] = useState("");
  const [refusal, setRefusal] = useState("");
  const make = async () => {
    try {
      setCommand(await invite({ hours: Number(hours), isForMany }, caHash));
      setRefusal("");
    } catch (error) {
      setRefusal(explain(error));
    }
  };
  const buttons = command ? (
    <Button onClick={onClose}>{t("common.close")}</Button>
  ) : (
    <>
      <Button variant="default" onClick={onClose}>
        {t("common.cancel")}
      </Button>
      <Button onClick={() => void make()}>{t("addHost.make")}</Button>
    </>
  );
  return (
    <Dialog title={t("addHost.title")} onClose={onClose} buttons={buttons}>
      <Text size="sm">{t("addHost.lead")}</Text>
      {!command && (
        <>
          <Select
            label={t("addHost.valid")}
            allowDeselect={false}
            value={hours}
            data={HOURS.map((value) => ({ value, label: t("addHost.hours", { count: Number(value) }) }))}
            onChange={(value) => setHours(value ?? "24")}
          />
          <Checkbox
            label={t("addHost.many")}
            description={t("addHost.manyHint")}
            checked={isForMany}
            onChange={(event) => setForMany(event.currentTarget.checked)}
          />
        </>
      )}
      {refusal && (
        <Notice level="bad" role="alert">
          {refusal}
        </Notice>
      )}
      {command && (
        <>
          <Command text={command} label={t("addHost.command")} />
          <Joined />
        </>
      )}
    </Dialog>
  );
}

/** Which hosts are there that were not when the command was made. */
function Joined() {
  const { t } = useI18n();
  const { items, isLoading } = useLive(HOSTS);
  const [before, setBefore] = useState<ReadonlySet<string>>();
  if (!before && !isLoading) setBefore(new Set(items.map((host) => host.metadata.uid)));
  const added = items.filter((host) => before && !before.has(host.metadata.uid));
  if (!added.length) return <Notice level="busy">{t("addHost.waiting")}</Notice>;
  return added.map((host) => (
    <Notice key={host.metadata.uid} level={hostState(host).level} role="status">
      {t("addHost.joined", { name: host.metadata.name })}
    </Notice>
  ));
}
