import { useState } from "react";
import { changeRelease } from "../../api/catalog";
import type { CatalogEntry, Release, ReleaseSpec } from "../../domain/catalog";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { Button, Group, Stack } from "../../ui/kit";
import { Card } from "../../ui/Page";
import { ReleaseFields } from "./ReleaseFields";
import { useReleaseForm } from "./useReleaseForm";

/** Another version or other answers: the difference is shown before anything changes. */
export function ReleaseUpgrade({
  release,
  entry,
  onDone,
}: {
  release: Release;
  entry: CatalogEntry;
  onDone: () => void;
}) {
  const { t } = useI18n();
  const { run } = useActing();
  const { namespace = "", name } = release.metadata;
  const form = useReleaseForm(entry, { ...release.spec, version: release.status?.upgrade ?? release.status?.version });
  const [checked, setChecked] = useState<ReleaseSpec>();
  const check = async () => setChecked(await form.check(namespace, name));
  const upgrade = async () => {
    if (checked && (await run(() => changeRelease(release, { ...checked }), t("stacks.upgrading", { name })))) onDone();
  };
  return (
    <Card title={t("upgrade.title", { name })}>
      <Stack>
        <ReleaseFields entry={entry} form={form} />
        <Group>
          <Button variant={form.preview ? "default" : "filled"} loading={form.isAsking} onClick={() => void check()}>
            {t("preview.show")}
          </Button>
          {form.preview && checked && <Button onClick={() => void upgrade()}>{t("action.upgradeNow")}</Button>}
          <Button variant="default" onClick={onDone}>
            {t("common.cancel")}
          </Button>
        </Group>
      </Stack>
    </Card>
  );
}
