import { useNavigate, useSearch } from "@tanstack/react-router";
import { useServed } from "../../app/served";
import { useI18n } from "../../i18n/i18n";
import { Tabs } from "../../ui/kit";
import { Card, Page } from "../../ui/Page";
import { Budgets } from "./Budgets";
import { CostReport } from "./CostReport";
import { Invoices } from "./Invoices";
import { Pool } from "./Pool";
import { Prices } from "./Prices";

export function CostsPage() {
  const { t } = useI18n();
  const served = useServed();
  const { tab = "report" } = useSearch({ from: "/shell/costs" });
  const navigate = useNavigate({ from: "/costs" });
  const open = (chosen: string | null) =>
    void navigate({ search: (before) => ({ ...before, tab: chosen ?? undefined }), replace: true });
  const hasBudgets = served.has("billing.bouvier.io/budgets");
  return (
    <Page title={t("nav.costs")}>
      <Card isFlush>
        <Tabs value={tab} onChange={open} keepMounted={false}>
          <Tabs.List px="md" pt={6}>
            <Tabs.Tab value="report">{t("costs.report")}</Tabs.Tab>
            <Tabs.Tab value="pool">{t("costs.pool")}</Tabs.Tab>
            <Tabs.Tab value="invoices">{t("costs.invoices")}</Tabs.Tab>
            {hasBudgets && <Tabs.Tab value="budgets">{t("costs.budgets")}</Tabs.Tab>}
            <Tabs.Tab value="prices">{t("costs.prices")}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="report" p="md">
            <CostReport />
          </Tabs.Panel>
          <Tabs.Panel value="pool" p="md">
            <Pool />
          </Tabs.Panel>
          <Tabs.Panel value="invoices">
            <Invoices />
          </Tabs.Panel>
          <Tabs.Panel value="budgets">{hasBudgets && <Budgets />}</Tabs.Panel>
          <Tabs.Panel value="prices" p="md">
            <Prices />
          </Tabs.Panel>
        </Tabs>
      </Card>
    </Page>
  );
}
