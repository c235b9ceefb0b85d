import { Link } from "@tanstack/react-router";
import { type Release, releaseState } from "../../domain/catalog";
import { compareLevels } from "../../domain/state";
import { useI18n } from "../../i18n/i18n";
import { type Column, DataTable } from "../../ui/DataTable";
import { StateBadge, StateSentence } from "../../ui/State";
import { Age } from "../../ui/Time";
import styles from "../workloads/WorkloadTable.module.css";

/** What is installed from catalogs. */
export function ReleaseTable({ releases }: { releases: readonly Release[] }) {
  const { t } = useI18n();
  return (
    <DataTable
      label={t("catalog.releases")}
      rows={releases}
      columns={useColumns()}
      keyOf={({ metadata }) => metadata.uid}
      sortedBy="name"
      empty={t("catalog.noReleases")}
      details={detailsOf}
    />
  );
}

function detailsOf(release: Release) {
  const state = releaseState(release);
  return state.what ? <StateSentence state={state} /> : null;
}

function useColumns(): Column<Release>[] {
  const { t } = useI18n();
  return [
    {
      id: "state",
      title: t("column.state"),
      width: "150px",
      cell: (release) => <StateBadge state={releaseState(release)} />,
      sortBy: (release) => compareLevels(releaseState(release).level, "bad"),
    },
    {
      id: "name",
      title: t("column.name"),
      cell: ({ metadata: { namespace = "", name } }) => (
        <div>
          <Link to="/releases/$namespace/$name" params={{ namespace, name }} className={styles.name}>
            {name}
          </Link>
          <div className={styles.place}>{namespace}</div>
        </div>
      ),
      sortBy: ({ metadata }) => metadata.name,
    },
    {
      id: "entry",
      title: t("catalog.entry"),
      cell: ({ spec }) => (spec.catalog ? `${spec.catalog}/${spec.entry}` : t("catalog.archive")),
    },
    {
      id: "version",
      title: t("catalog.versionLabel"),
      cell: ({ status }) =>
        status?.upgrade
          ? t("catalog.newer", { version: status.version ?? "", newer: status.upgrade })
          : status?.version,
    },
    { id: "revision", title: t("column.revision"), width: "110px", cell: ({ status }) => status?.revision ?? "–" },
    {
      id: "age",
      title: t("column.age"),
      width: "85px",
      cell: ({ metadata }) => <Age since={metadata.creationTimestamp} />,
    },
  ];
}
