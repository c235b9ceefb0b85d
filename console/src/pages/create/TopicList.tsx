import { countGiven, type RunForm, type Topic } from "../../domain/runOptions";
import { useI18n } from "../../i18n/i18n";
import { LevelIcon } from "../../ui/State";
import styles from "./AppFormPanel.module.css";

interface TopicListProps {
  topics: readonly Topic[];
  chosen: Topic;
  onChoose: (topic: Topic) => void;
  form: RunForm;
  /** Topics with an option that is refused. */
  marked: ReadonlySet<Topic>;
}

/** The topics of the options, with how many of each are given. */
export function TopicList({ topics, chosen, onChoose, form, marked }: TopicListProps) {
  const { t } = useI18n();
  return (
    <ul className={styles.topicList} aria-label={t("run.topics")}>
      {topics.map((topic) => {
        const count = countGiven(form, topic);
        return (
          <li key={topic}>
            <button
              type="button"
              className={styles.topic}
              aria-pressed={topic === chosen}
              onClick={() => onChoose(topic)}
            >
              <span>{t(`topic.${topic}`)}</span>
              {marked.has(topic) && <LevelIcon level="bad" size={14} />}
              {count > 0 && (
                <span className={styles.count}>
                  <span aria-hidden>{count}</span>
                  <span className="unseen">{t("run.given", { count })}</span>
                </span>
              )}
            </button>
          </li>
        );
      })}
    </ul>
  );
}
