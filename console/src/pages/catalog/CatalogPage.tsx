import { useNavigate, useSearch } from "@tanstack/react-router";
import { CATALOGS, ENTRIES, RELEASES } from "../../api/catalog";
import { useNamespace } from "../../app/namespace";
import { useI18n } from "../../i18n/i18n";
import { useLive } from "../../live/useLive";
import { Tabs } from "../../ui/kit";
import { Card, Page, WhenLive } from "../../ui/Page";
import { CatalogTable } from "./CatalogTable";
import { EntryGrid } from "./EntryGrid";
import { ReleaseTable } from "./ReleaseTable";

export function CatalogPage() {
  const { t } = useI18n();
  const [namespace] = useNamespace();
  const { tab = "entries" } = useSearch({ from: "/shell/catalog" });
  const navigate = useNavigate({ from: "/catalog" });
  const entries = useLive(ENTRIES);
  const releases = useLive(RELEASES, { namespace });
  const catalogs = useLive(CATALOGS);
  const open = (chosen: string | null) =>
    void navigate({ search: (before) => ({ ...before, tab: chosen ?? undefined }), replace: true });
  return (
    <Page title={t("nav.catalog")}>
      <Card isFlush>
        <Tabs value={tab} onChange={open} keepMounted={false}>
          <Tabs.List px="md" pt={6}>
            <Tabs.Tab value="entries">{t("catalog.entries")}</Tabs.Tab>
            <Tabs.Tab value="releases">{t("catalog.installed", { count: releases.items.length })}</Tabs.Tab>
            <Tabs.Tab value="catalogs">{t("catalog.sources")}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="entries" p="md">
            <WhenLive live={entries}>
              <EntryGrid entries={entries.items} />
            </WhenLive>
          </Tabs.Panel>
          <Tabs.Panel value="releases">
            <WhenLive live={releases}>
              <ReleaseTable releases={releases.items} />
            </WhenLive>
          </Tabs.Panel>
          <Tabs.Panel value="catalogs">
            <WhenLive live={catalogs}>
              <CatalogTable catalogs={catalogs.items} />
            </WhenLive>
          </Tabs.Panel>
        </Tabs>
      </Card>
    </Page>
  );
}
