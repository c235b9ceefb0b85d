import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useI18n } from "../../i18n/i18n";
import { Tabs } from "../../ui/kit";
import { Card, Page, Shimmer } from "../../ui/Page";
import { AppFormPanel } from "./AppFormPanel";

const RunPanel = lazy(async () => ({ default: (await import("./RunPanel")).RunPanel }));
const YamlPanel = lazy(async () => ({ default: (await import("./YamlPanel")).YamlPanel }));

export function CreatePage() {
  const { t } = useI18n();
  const { tab = "form" } = useSearch({ from: "/shell/create" });
  const navigate = useNavigate({ from: "/create" });
  const [yaml, setYaml] = useState("");
  const open = (chosen: string | null) =>
    void navigate({
      search: (before) => ({ ...before, tab: chosen === "form" ? undefined : (chosen ?? undefined) }),
      replace: true,
    });
  const continueAsYaml = (text: string) => {
    setYaml(text);
    open("yaml");
  };
  return (
    <Page title={t("create.title")}>
      <Card isFlush>
        <Tabs value={tab} onChange={open} keepMounted={false}>
          <Tabs.List px="md" pt={6}>
            <Tabs.Tab value="form">{t("create.form")}</Tabs.Tab>
            <Tabs.Tab value="run">{t("create.run")}</Tabs.Tab>
            <Tabs.Tab value="yaml">{t("create.yaml")}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="form" p="lg">
            <AppFormPanel onYaml={continueAsYaml} />
          </Tabs.Panel>
          <Tabs.Panel value="run" p="lg">
            <Suspense fallback={<Shimmer label={t("live.loading")} />}>
              <RunPanel />
            </Suspense>
          </Tabs.Panel>
          <Tabs.Panel value="yaml" p="lg">
            <Suspense fallback={<Shimmer label={t("live.loading")} />}>
              <YamlPanel text={yaml} onText={setYaml} />
            </Suspense>
          </Tabs.Panel>
        </Tabs>
      </Card>
    </Page>
  );
}
