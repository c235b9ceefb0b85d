import type { Change, Preview } from "../../domain/catalog";
import { useI18n } from "../../i18n/i18n";
import { Notice } from "../../ui/Notice";
import styles from "./Catalog.module.css";

const SIGNS = { create: "+", change: "~", delete: "−", keep: "=" } as const;

/** What a release would do: every object with its difference, hooks, and what has no effect. */
export function PreviewList({ preview }: { preview: Preview }) {
  const { t } = useI18n();
  const changes = (preview.changes ?? []).filter((one) => one.action !== "keep");
  const kept = (preview.changes ?? []).length - changes.length;
  return (
    <section aria-label={t("preview.title")} className={styles.preview}>
      <p role="status" style={{ margin: 0 }}>
        {changes.length ? t("preview.lead", { count: changes.length, kept }) : t("preview.nothing")}
      </p>
      {(preview.images ?? []).length > 0 && (
        <Notice level="idle">{t("preview.images", { images: (preview.images ?? []).join(", ") })}</Notice>
      )}
      <ul className={styles.changes}>
        {changes.map((change) => (
          <li key={`${change.kind}/${change.namespace}/${change.name}`} className={styles.change}>
            <ChangeLine change={change} />
          </li>
        ))}
      </ul>
      {(preview.ignored ?? []).length > 0 && (
        <Notice level="warn" title={t("stacks.ignored")}>
          {(preview.ignored ?? []).join(", ")}
        </Notice>
      )}
    </section>
  );
}

function ChangeLine({ change }: { change: Change }) {
  const { t } = useI18n();
  const { action, kind, name, diff } = change;
  return (
    <details>
      <summary>
        <span className={styles.sign} aria-hidden>
          {SIGNS[action]}
        </span>
        <span>
          {t(`preview.${action}`)} {kind} <b>{name}</b>
        </span>
      </summary>
      {diff && (
        <pre className={styles.diff} tabIndex={0}>
          {diff.split("\n").map((line, index) => (
            <div
              key={index}
              className={line.startsWith("+") ? styles.added : line.startsWith("-") ? styles.removed : ""}
            >
              {line || " "}
            </div>
          ))}
        </pre>
      )}
    </details>
  );
}
