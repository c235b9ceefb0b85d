import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { BUILD_CONFIGS, BUILDS, IMAGE_STREAMS, ROUTES, startBuild } from "../../api/builds";
import { useNamespace } from "../../app/namespace";
import { usePlatform } from "../../app/platform";
import { useServed } from "../../app/served";
import {
  type BuildConfig,
  buildsOf,
  buildState,
  type Build,
  type ImageStream,
  type RouteObject,
} from "../../domain/builds";
import { useI18n } from "../../i18n/i18n";
import { useLive } from "../../live/useLive";
import { useActing } from "../../ui/Actions";
import { type Column, DataTable } from "../../ui/DataTable";
import { Play } from "../../ui/icons";
import { Button, Stack } from "../../ui/kit";
import { Card, Page, WhenLive } from "../../ui/Page";
import { StateBadge } from "../../ui/State";
import { Age } from "../../ui/Time";
import styles from "../workloads/WorkloadTable.module.css";

export function BuildsPage() {
  const { t } = useI18n();
  const [namespace] = useNamespace();
  const served = useServed();
  const configs = useLive(BUILD_CONFIGS, { namespace });
  const builds = useLive(BUILDS, { namespace });
  const streams = useLive(IMAGE_STREAMS, { namespace, isOff: !served.has("image.openshift.io/imagestreams") });
  const routes = useLive(ROUTES, { namespace, isOff: !served.has("route.openshift.io/routes") });
  const columns = useConfigColumns(builds.items);
  return (
    <Page title={t("nav.builds")}>
      <Stack gap="lg">
        <Card isFlush>
          <WhenLive live={configs}>
            <DataTable
              label={t("nav.builds")}
              rows={configs.items}
              columns={columns}
              keyOf={({ metadata }) => metadata.uid}
              sortedBy="name"
              empty={t("builds.none")}
            />
          </WhenLive>
        </Card>
        {streams.items.length > 0 && <Streams streams={streams.items} />}
        {routes.items.length > 0 && <Routes routes={routes.items} />}
      </Stack>
    </Page>
  );
}

function useConfigColumns(builds: readonly Build[]): Column<BuildConfig>[] {
  const { t } = useI18n();
  const { run } = useActing();
  const newest = useMemo(() => (name: string) => buildsOf(name, builds)[0], [builds]);
  return [
    {
      id: "state",
      title: t("column.state"),
      width: "160px",
      cell: ({ metadata }) => {
        const build = newest(metadata.name);
        return build ? <StateBadge state={buildState(build)} /> : "–";
      },
    },
    {
      id: "name",
      title: t("column.name"),
      width: "22%",
      cell: ({ metadata: { namespace = "", name } }) => (
        <div>
          <Link to="/builds/$namespace/$name" params={{ namespace, name }} className={styles.name}>
            {name}
          </Link>
          <div className={styles.place}>{namespace}</div>
        </div>
      ),
      sortBy: ({ metadata }) => metadata.name,
    },
    { id: "source", title: t("builds.source"), cell: ({ spec }) => spec.source?.git?.uri ?? spec.source?.type ?? "–" },
    { id: "strategy", title: t("builds.strategy"), width: "110px", cell: ({ spec }) => spec.strategy?.type ?? "–" },
    { id: "last", title: t("builds.last"), width: "100px", cell: ({ status }) => status?.lastVersion || "–" },
    {
      id: "start",
      title: t("column.actions"),
      isUntitled: true,
      width: "120px",
      align: "right",
      cell: (config) => (
        <Button
          size="xs"
          variant="default"
          leftSection={<Play size={14} />}
          aria-label={t("builds.startOf", { name: config.metadata.name })}
          onClick={() => void run(() => startBuild(config), t("builds.started", { name: config.metadata.name }))}
        >
          {t("builds.start")}
        </Button>
      ),
    },
  ];
}

function Streams({ streams }: { streams: readonly ImageStream[] }) {
  const { t } = useI18n();
  const columns: Column<ImageStream>[] = [
    {
      id: "name",
      title: t("column.name"),
      cell: ({ metadata }) => <b>{metadata.name}</b>,
      sortBy: ({ metadata }) => metadata.name,
    },
    {
      id: "tags",
      title: t("builds.tags"),
      cell: ({ status }) =>
        (status?.tags ?? []).map(({ tag, items }) => `${tag} (${items?.length ?? 0})`).join(", ") || "–",
    },
    {
      id: "repository",
      title: t("builds.repository"),
      cell: ({ status }) => <code>{status?.dockerImageRepository ?? "–"}</code>,
    },
    {
      id: "age",
      title: t("column.age"),
      width: "85px",
      cell: ({ metadata }) => <Age since={metadata.creationTimestamp} />,
    },
  ];
  return (
    <Card title={t("builds.streams")} isFlush>
      <DataTable
        label={t("builds.streams")}
        rows={streams}
        columns={columns}
        keyOf={({ metadata }) => metadata.uid}
        empty=""
      />
    </Card>
  );
}

function Routes({ routes }: { routes: readonly RouteObject[] }) {
  const { t } = useI18n();
  const { balancer } = usePlatform();
  const urlOf = ({ spec }: RouteObject) => {
    const [scheme, port, usual] = spec.tls ? ["https", balancer.https, 443] : ["http", balancer.http, 80];
    return `${scheme}://${spec.host ?? ""}${port === usual ? "" : `:${port}`}${spec.path ?? "/"}`;
  };
  const columns: Column<RouteObject>[] = [
    { id: "name", title: t("column.name"), cell: ({ metadata }) => <b>{metadata.name}</b> },
    {
      id: "url",
      title: t("column.address"),
      cell: (route) => (
        <a href={urlOf(route)} target="_blank" rel="noreferrer">
          {urlOf(route)}
        </a>
      ),
    },
    { id: "to", title: t("column.service"), width: "22%", cell: ({ spec }) => spec.to.name },
    { id: "tls", title: t("builds.tls"), width: "140px", cell: ({ spec }) => spec.tls?.termination ?? "–" },
  ];
  return (
    <Card title={t("builds.routes")} isFlush>
      <DataTable
        label={t("builds.routes")}
        rows={routes}
        columns={columns}
        keyOf={({ metadata }) => metadata.uid}
        empty=""
      />
    </Card>
  );
}
