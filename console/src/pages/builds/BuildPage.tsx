import { useParams } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { BUILD_CONFIGS, BUILDS, cancelBuild, followBuildLog, startBuild, webhookUrl } from "../../api/builds";
import {
  type Build,
  type BuildConfig,
  buildsOf,
  buildState,
  FINAL,
  numberOf,
  seconds,
  webhooksOf,
} from "../../domain/builds";
import { useI18n } from "../../i18n/i18n";
import { useLive, useLiveObject } from "../../live/useLive";
import { useActing } from "../../ui/Actions";
import { Command } from "../../ui/Command";
import { Play, X } from "../../ui/icons";
import { Button, Group, Stack } from "../../ui/kit";
import { Card, Empty, Page, WhenLive } from "../../ui/Page";
import { StateBadge, StateSentence } from "../../ui/State";
import { Age } from "../../ui/Time";
import log from "../logs/LogPanel.module.css";
import revisions from "../workload/Revisions.module.css";
import styles from "./Builds.module.css";

export function BuildPage() {
  const { t } = useI18n();
  const { namespace, name } = useParams({ from: "/shell/builds/$namespace/$name" });
  const live = useLiveObject(BUILD_CONFIGS, namespace, name);
  if (live.object) return <Detail config={live.object} />;
  return (
    <Page title={name}>
      <WhenLive live={live}>
        <Empty>{t("workload.gone", { name, namespace })}</Empty>
      </WhenLive>
    </Page>
  );
}

function Detail({ config }: { config: BuildConfig }) {
  const { t } = useI18n();
  const { run } = useActing();
  const { namespace = "", name } = config.metadata;
  const live = useLive(BUILDS, { namespace });
  const builds = useMemo(() => buildsOf(name, live.items), [name, live.items]);
  const [chosen, choose] = useState("");
  const build = builds.find((one) => one.metadata.name === chosen) ?? builds[0];
  const start = () => run(async () => choose((await startBuild(config)).metadata.name), t("builds.started", { name }));
  return (
    <Page
      title={name}
      beside={build && <StateBadge state={buildState(build)} />}
      actions={
        <Button leftSection={<Play size={16} />} onClick={() => void start()}>
          {t("builds.start")}
        </Button>
      }
      lead={config.spec.source?.git?.uri}
    >
      <Stack>
        {build && <BuildCard key={build.metadata.uid} build={build} />}
        <Card title={t("builds.history")}>
          {builds.length === 0 && <Empty>{t("builds.noBuilds")}</Empty>}
          <ul className={revisions.revisions}>
            {builds.map((one) => (
              <li key={one.metadata.uid} className={revisions.revision} data-current={one === build || undefined}>
                <button type="button" className={styles.choose} onClick={() => choose(one.metadata.name)}>
                  <b>{t("builds.number", { number: numberOf(one) })}</b> <StateBadge state={buildState(one)} />
                </button>
                <span className={revisions.age}>
                  {one.spec?.revision?.git?.message} <Age since={one.metadata.creationTimestamp} />
                </span>
              </li>
            ))}
          </ul>
        </Card>
        <Webhooks config={config} />
      </Stack>
    </Page>
  );
}

function BuildCard({ build }: { build: Build }) {
  const { t } = useI18n();
  const { run } = useActing();
  const isOver = FINAL.includes(build.status?.phase ?? "New");
  return (
    <Card
      title={t("builds.number", { number: numberOf(build) })}
      beside={
        !isOver && (
          <Button
            size="xs"
            variant="default"
            leftSection={<X size={14} />}
            onClick={() => void run(() => cancelBuild(build), t("builds.cancelling"))}
          >
            {t("common.cancel")}
          </Button>
        )
      }
    >
      <Stack gap="sm">
        <StateSentence state={buildState(build)} />
        <Stages build={build} />
        <BuildLog build={build} />
      </Stack>
    </Card>
  );
}

/** How long each stage took, as parts of one bar. */
function Stages({ build }: { build: Build }) {
  const { t, language } = useI18n();
  const stages = build.status?.stages ?? [];
  const whole = seconds(build, Date.now());
  if (!stages.length) return null;
  const show = (milliseconds: number) =>
    new Intl.NumberFormat(language, { style: "unit", unit: "second", maximumFractionDigits: 1 }).format(
      milliseconds / 1000,
    );
  return (
    <ul className={styles.stages} aria-label={t("builds.stages")}>
      {stages.map(({ name, durationMilliseconds = 0 }) => (
        <li key={name} style={{ flexGrow: Math.max(1, durationMilliseconds) }}>
          <b>{name}</b> {show(durationMilliseconds)}
        </li>
      ))}
      {whole !== undefined && <li className={styles.whole}>{t("builds.whole", { time: show(whole * 1000) })}</li>}
    </ul>
  );
}

const MOST_CHARACTERS = 500_000;

function BuildLog({ build }: { build: Build }) {
  const { t } = useI18n();
  const { explain } = useActing();
  const [written, setWritten] = useState("");
  const [refusal, setRefusal] = useState("");
  const { uid } = build.metadata;
  useEffect(() => {
    const stop = new AbortController();
    setWritten("");
    followBuildLog(build, (more) => setWritten((before) => (before + more).slice(-MOST_CHARACTERS)), stop.signal).catch(
      (error: unknown) => stop.signal.aborted || setRefusal(explain(error)),
    );
    return () => stop.abort();
    // The log is the same log, whatever else changes of the build.
  }, [uid, explain]);
  return (
    <pre className={log.view} role="log" tabIndex={0} aria-label={t("logs.label", { name: build.metadata.name })}>
      {written || refusal || t("logs.waiting")}
    </pre>
  );
}

function Webhooks({ config }: { config: BuildConfig }) {
  const { t } = useI18n();
  const { run } = useActing();
  const hooks = webhooksOf(config);
  const [urls, setUrls] = useState<Record<string, string>>({});
  if (!hooks.length) return null;
  const show = () =>
    run(async () => {
      const found = await Promise.all(hooks.map(async (hook) => [hook.kind, await webhookUrl(config, hook)] as const));
      setUrls(Object.fromEntries(found));
    });
  return (
    <Card title={t("builds.webhooks")}>
      <Stack gap="sm">
        <p className={styles.lead}>{t("builds.webhooksLead")}</p>
        {Object.keys(urls).length === 0 && (
          <Group>
            <Button size="xs" variant="default" onClick={() => void show()}>
              {t("builds.showUrls")}
            </Button>
          </Group>
        )}
        {Object.entries(urls).map(([kind, url]) => (
          <div key={kind}>
            <b>{kind}</b>
            <Command text={url} label={t("builds.urlOf", { kind })} />
          </div>
        ))}
      </Stack>
    </Card>
  );
}
