import type { Happening } from "../../domain/events";
import { useI18n } from "../../i18n/i18n";
import { Empty } from "../../ui/Page";
import { LevelIcon } from "../../ui/State";
import { Ago } from "../../ui/Time";
import { ObjectLink } from "../events/ObjectLink";
import styles from "./Home.module.css";

export function RecentEvents({ events }: { events: readonly Happening[] }) {
  const { t } = useI18n();
  if (!events.length) return <Empty>{t("events.none")}</Empty>;
  return (
    <ul className={styles.events}>
      {events.map((event) => (
        <li key={event.uid}>
          <LevelIcon level={event.isWarning ? "warn" : "ok"} size={15} />
          <div>
            <div className={styles.eventHead}>
              <ObjectLink about={event.about} />
              <span className={styles.dim}>
                <Ago then={event.lastSeen} />
              </span>
            </div>
            <div className={styles.eventText}>
              {event.message || event.reason} {event.count > 1 && t("events.times", { count: event.count })}
            </div>
          </div>
        </li>
      ))}
    </ul>
  );
}
