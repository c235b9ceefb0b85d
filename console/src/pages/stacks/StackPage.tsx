import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { STACK_SECRETS, STACKS } from "../../api/stacks";
import { revisionsOf, STACK_LABEL, type Stack, type StackRevision, stackState } from "../../domain/stacks";
import { useI18n } from "../../i18n/i18n";
import { useLive, useLiveObject } from "../../live/useLive";
import { Stack as Column, Tabs } from "../../ui/kit";
import { Notice } from "../../ui/Notice";
import { Card, Empty, Page, WhenLive } from "../../ui/Page";
import { StateBadge, StateSentence } from "../../ui/State";
import { IgnoredKeys } from "./IgnoredKeys";
import { StackEvents } from "./StackEvents";
import { StackFiles } from "./StackFiles";
import { StackGraph } from "./StackGraph";
import { StackMenu } from "./StackMenu";
import { StackRevisions } from "./StackRevisions";
import { StackServices } from "./StackServices";
import { UpgradeBar } from "./UpgradeBar";

const FROM = "/shell/stacks/$namespace/$name";

export function StackPage() {
  const { t } = useI18n();
  const { namespace, name } = useParams({ from: FROM });
  const live = useLiveObject(STACKS, namespace, name);
  if (live.object) return <Detail stack={live.object} />;
  return (
    <Page title={name}>
      <WhenLive live={live}>
        <Empty>{t("workload.gone", { name, namespace })}</Empty>
      </WhenLive>
    </Page>
  );
}

function Detail({ stack }: { stack: Stack }) {
  const state = stackState(stack);
  const { namespace = "", name } = stack.metadata;
  const secrets = useLive(STACK_SECRETS, { namespace, labels: `${STACK_LABEL}=${name}` });
  const revisions = useMemo(() => revisionsOf(stack, secrets.items), [stack, secrets.items]);
  return (
    <Page
      title={name}
      beside={<StateBadge state={state} />}
      actions={<StackMenu stack={stack} />}
      lead={
        <Column gap="sm">
          {state.level === "bad" && (
            <Notice level={state.level}>
              <StateSentence state={state} />
            </Notice>
          )}
          <UpgradeBar stack={stack} state={state} revisions={revisions} />
        </Column>
      }
    >
      <Card isFlush>
        <Sections stack={stack} revisions={revisions} />
      </Card>
    </Page>
  );
}

function Sections({ stack, revisions }: { stack: Stack; revisions: StackRevision[] }) {
  const { t } = useI18n();
  const { tab = "services" } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: "/stacks/$namespace/$name" });
  const open = (chosen: string | null) =>
    void navigate({ search: (before) => ({ ...before, tab: chosen ?? undefined }), replace: true });
  const ignored = stack.status?.ignored ?? [];
  return (
    <Tabs value={tab} onChange={open} keepMounted={false}>
      <Tabs.List px="md" pt={6}>
        <Tabs.Tab value="services">{t("column.services")}</Tabs.Tab>
        <Tabs.Tab value="graph">{t("tab.graph")}</Tabs.Tab>
        <Tabs.Tab value="files">{t("tab.files")}</Tabs.Tab>
        <Tabs.Tab value="revisions">{t("tab.revisions")}</Tabs.Tab>
        {ignored.length > 0 && <Tabs.Tab value="ignored">{t("tab.ignored", { count: ignored.length })}</Tabs.Tab>}
        <Tabs.Tab value="events">{t("tab.events")}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="services">
        <StackServices stack={stack} />
      </Tabs.Panel>
      <Tabs.Panel value="graph" p="md">
        <StackGraph stack={stack} />
      </Tabs.Panel>
      <Tabs.Panel value="files" p="md">
        <StackFiles key={stack.metadata.generation} stack={stack} />
      </Tabs.Panel>
      <Tabs.Panel value="revisions" p="md">
        <StackRevisions stack={stack} revisions={revisions} />
      </Tabs.Panel>
      <Tabs.Panel value="ignored" p="md">
        <IgnoredKeys ignored={ignored} />
      </Tabs.Panel>
      <Tabs.Panel value="events">
        <StackEvents stack={stack} />
      </Tabs.Panel>
    </Tabs>
  );
}
