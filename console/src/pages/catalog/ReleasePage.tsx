import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { changeRelease, ENTRIES, previewRelease, RELEASES, uninstallRelease } from "../../api/catalog";
import { type Release, type ReleaseHistory, releaseState } from "../../domain/catalog";
import { useI18n } from "../../i18n/i18n";
import { useLive, useLiveObject } from "../../live/useLive";
import { useActing } from "../../ui/Actions";
import { ArrowUpCircle, Trash2, Undo2 } from "../../ui/icons";
import { Button, Stack } from "../../ui/kit";
import { Notice } from "../../ui/Notice";
import { Card, Empty, Page, WhenLive } from "../../ui/Page";
import { StateBadge, StateSentence } from "../../ui/State";
import { Age } from "../../ui/Time";
import revisions from "../workload/Revisions.module.css";
import { Fact } from "../workload/WorkloadFacts";
import facts from "../workload/WorkloadFacts.module.css";
import styles from "./Catalog.module.css";
import { PreviewList } from "./PreviewList";
import { ReleaseUpgrade } from "./ReleaseUpgrade";

export function ReleasePage() {
  const { t } = useI18n();
  const { namespace, name } = useParams({ from: "/shell/releases/$namespace/$name" });
  const live = useLiveObject(RELEASES, namespace, name);
  if (live.object) return <Detail release={live.object} />;
  return (
    <Page title={name}>
      <WhenLive live={live}>
        <Empty>{t("workload.gone", { name, namespace })}</Empty>
      </WhenLive>
    </Page>
  );
}

function Detail({ release }: { release: Release }) {
  const { t } = useI18n();
  const state = releaseState(release);
  const { status = {}, spec } = release;
  const entries = useLive(ENTRIES, { fields: `metadata.name=${spec.catalog}.${spec.entry}`, isOff: !spec.catalog });
  const [entry] = entries.items;
  const [isChanging, setChanging] = useState(false);
  return (
    <Page
      title={release.metadata.name}
      beside={<StateBadge state={state} />}
      actions={
        <>
          {entry && (
            <Button leftSection={<ArrowUpCircle size={16} />} onClick={() => setChanging(!isChanging)}>
              {t("action.upgrade")}
            </Button>
          )}
          <Uninstall release={release} />
        </>
      }
      lead={
        <dl className={facts.facts}>
          <Fact term={t("column.namespace")}>{release.metadata.namespace}</Fact>
          <Fact term={t("catalog.entry")}>{spec.catalog ? `${spec.catalog}/${spec.entry}` : t("catalog.archive")}</Fact>
          <Fact term={t("catalog.versionLabel")}>{status.version ?? "–"}</Fact>
          <Fact term={t("column.revision")}>{status.revision ?? "–"}</Fact>
        </dl>
      }
    >
      <Stack>
        {state.what && (
          <Notice level={state.level} role="status">
            <StateSentence state={state} />
          </Notice>
        )}
        {isChanging && entry && <ReleaseUpgrade release={release} entry={entry} onDone={() => setChanging(false)} />}
        <div className={styles.columns}>
          <Card title={t("release.objects")}>
            <ul className={styles.changes}>
              {(status.objects ?? []).map(({ kind, name, lack }) => (
                <li key={`${kind}/${name}`}>
                  {kind} <b>{name}</b> {lack && <span className={styles.small}>{lack}</span>}
                </li>
              ))}
            </ul>
          </Card>
          <Card title={t("tab.revisions")}>
            <History release={release} />
          </Card>
        </div>
        {status.notes && (
          <Card title={t("release.notes")}>
            <pre className={styles.notes} tabIndex={0}>
              {status.notes}
            </pre>
          </Card>
        )}
      </Stack>
    </Page>
  );
}

function Uninstall({ release }: { release: Release }) {
  const { t } = useI18n();
  const { run, confirm } = useActing();
  const navigate = useNavigate();
  const { name } = release.metadata;
  const uninstall = async () => {
    const count = release.status?.objects?.length ?? 0;
    const text = t("release.uninstallText", { count });
    if (!(await confirm({ title: t("release.uninstallTitle", { name }), text, verb: t("release.uninstall") }))) return;
    if (await run(() => uninstallRelease(release), t("done.deleted", { name })))
      void navigate({ to: "/catalog", search: { tab: "releases" } });
  };
  return (
    <Button variant="default" leftSection={<Trash2 size={16} />} onClick={() => void uninstall()}>
      {t("release.uninstall")}
    </Button>
  );
}

/** Earlier revisions; going back shows the difference first. */
function History({ release }: { release: Release }) {
  const { t } = useI18n();
  const { run, confirm } = useActing();
  const { namespace = "", name } = release.metadata;
  const rollBack = (one: ReleaseHistory) =>
    run(async () => {
      const { rollbackTo: _, values: __, version: ___, ...source } = release.spec;
      const spec = { ...source, rollbackTo: one.revision };
      const preview = await previewRelease(namespace, name, spec);
      if (preview.phase === "Refused") throw new Error((preview.errors ?? []).join("; "));
      const sure = await confirm({
        title: t("rollback.title", { name }),
        text: <PreviewList preview={preview} />,
        verb: t("rollback.to", { revision: one.revision }),
      });
      if (sure) await changeRelease(release, spec);
    });
  const history = [...(release.status?.history ?? [])].sort((a, b) => b.revision - a.revision);
  return (
    <ul className={revisions.revisions}>
      {history.map((one) => (
        <li
          key={one.revision}
          className={revisions.revision}
          data-current={one.revision === release.status?.revision || undefined}
        >
          <div className={revisions.facts}>
            <div className={revisions.head}>
              <b>{t("rollback.revision", { revision: one.revision })}</b>
              <span className={revisions.age}>
                <Age since={one.deployed} />
              </span>
            </div>
            <span className={revisions.change}>
              {one.version} {one.description}
            </span>
          </div>
          {one.revision === release.status?.revision ? (
            <span className={revisions.age}>{t("rollback.current")}</span>
          ) : (
            <Button
              size="xs"
              variant="default"
              leftSection={<Undo2 size={14} />}
              aria-label={t("rollback.to", { revision: one.revision })}
              onClick={() => void rollBack(one)}
            >
              {t("action.rollBack")}
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}
