import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { ENTRIES, installRelease } from "../../api/catalog";
import { useNamespace } from "../../app/namespace";
import { useNamespaceNames } from "../../app/NamespacePicker";
import type { CatalogEntry } from "../../domain/catalog";
import { useI18n } from "../../i18n/i18n";
import { useLiveObject } from "../../live/useLive";
import { useActing } from "../../ui/Actions";
import { Button, Group, Select, Stack, TextInput } from "../../ui/kit";
import { Card, Empty, Page, WhenLive } from "../../ui/Page";
import styles from "./Catalog.module.css";
import { EntryIcon } from "./EntryIcon";
import { ReleaseFields } from "./ReleaseFields";
import { useReleaseForm } from "./useReleaseForm";

export function EntryPage() {
  const { t } = useI18n();
  const { entry: name } = useParams({ from: "/shell/catalog/$entry" });
  const live = useLiveObject(ENTRIES, "", name);
  if (live.object) return <Detail entry={live.object} />;
  return (
    <Page title={name}>
      <WhenLive live={live}>
        <Empty>{t("catalog.noEntry", { name })}</Empty>
      </WhenLive>
    </Page>
  );
}

function Detail({ entry }: { entry: CatalogEntry }) {
  const { t } = useI18n();
  const { spec } = entry;
  return (
    <Page title={spec.title || spec.name} beside={<EntryIcon entry={entry} size={28} />} lead={spec.description}>
      <div className={styles.columns}>
        <Card title={t("catalog.install")}>
          <InstallForm entry={entry} />
        </Card>
        {spec.readme && (
          <Card title={t("catalog.readme")}>
            <pre className={styles.readme} tabIndex={0}>
              {spec.readme}
            </pre>
          </Card>
        )}
      </div>
    </Page>
  );
}

function InstallForm({ entry }: { entry: CatalogEntry }) {
  const { t } = useI18n();
  const { run } = useActing();
  const navigate = useNavigate();
  const [chosen] = useNamespace();
  const [name, setName] = useState(entry.spec.name);
  const [namespace, setNamespace] = useState(chosen || "default");
  const namespaces = useNamespaceNames();
  const form = useReleaseForm(entry);
  const install = async () => {
    const spec = await form.check(namespace, name);
    if (!spec) return;
    if (await run(() => installRelease(namespace, name, spec), t("done.installed", { name })))
      void navigate({ to: "/releases/$namespace/$name", params: { namespace, name } });
  };
  return (
    <Stack>
      <Group grow align="start">
        <TextInput
          label={t("create.name")}
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value.trim())}
        />
        <Select
          label={t("column.namespace")}
          data={namespaces.includes(namespace) ? namespaces : [namespace, ...namespaces]}
          searchable
          allowDeselect={false}
          value={namespace}
          onChange={(value) => setNamespace(value ?? "default")}
        />
      </Group>
      <ReleaseFields entry={entry} form={form} />
      <Group>
        <Button loading={form.isAsking} disabled={!name} onClick={() => void install()}>
          {t("catalog.installNow")}
        </Button>
        <Button
          variant="default"
          loading={form.isAsking}
          disabled={!name}
          onClick={() => void form.check(namespace, name)}
        >
          {t("preview.show")}
        </Button>
      </Group>
    </Stack>
  );
}
