import type { Happening } from "../../domain/events";
import { useI18n } from "../../i18n/i18n";
import { type Column, DataTable } from "../../ui/DataTable";
import { LevelIcon } from "../../ui/State";
import { Ago } from "../../ui/Time";
import { ObjectLink } from "./ObjectLink";
import styles from "./EventTable.module.css";

export function EventTable({ events, empty }: { events: readonly Happening[]; empty: string }) {
  const { t } = useI18n();
  return (
    <DataTable
      label={t("nav.events")}
      rows={events}
      columns={useColumns()}
      keyOf={(event) => event.uid}
      empty={empty}
      rowHeight={40}
    />
  );
}

function useColumns(): Column<Happening>[] {
  const { t } = useI18n();
  return [
    {
      id: "when",
      title: t("column.when"),
      width: "130px",
      sortBy: (event) => -event.lastSeen,
      cell: (event) => <Ago then={event.lastSeen} />,
    },
    {
      id: "reason",
      title: t("column.reason"),
      width: "190px",
      sortBy: (event) => event.reason,
      cell: (event) => (
        <span className={styles.reason}>
          <LevelIcon level={event.isWarning ? "warn" : "ok"} size={15} />
          <span className="unseen">{event.isWarning ? t("events.warning") : t("events.normal")}</span>
          {event.reason}
        </span>
      ),
    },
    {
      id: "about",
      title: t("column.about"),
      width: "24%",
      sortBy: (event) => event.about.name,
      cell: (event) => <ObjectLink about={event.about} />,
    },
    {
      id: "message",
      title: t("column.message"),
      cell: (event) => (
        <span className={styles.message}>
          {event.message}
          {event.count > 1 && <span className={styles.count}> {t("events.times", { count: event.count })}</span>}
        </span>
      ),
    },
  ];
}
