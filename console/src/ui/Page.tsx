// The frame of every page: one heading, what can be done, the content.
import { type ReactNode, useEffect } from "react";
import type { Live } from "../live/useLive";
import { useI18n } from "../i18n/i18n";
import { Skeleton } from "./kit";
import { Notice } from "./Notice";
import styles from "./Page.module.css";

interface PageProps {
  title: string;
  /** Beside the heading: a badge, a kind. */
  beside?: ReactNode;
  /** Under the heading. */
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ title, beside, lead, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Bouvier`;
  }, [title]);
  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <div className={styles.heading}>
          <h1 className={styles.title}>{title}</h1>
          {beside}
        </div>
        <div className={styles.actions}>{actions}</div>
        {lead && <div className={styles.lead}>{lead}</div>}
      </header>
      {children}
    </div>
  );
}

export function Card({
  title,
  beside,
  children,
  isFlush = false,
}: {
  title?: string;
  beside?: ReactNode;
  children: ReactNode;
  isFlush?: boolean;
}) {
  return (
    <section className={`${styles.card} ${isFlush ? styles.flush : ""}`} aria-label={title}>
      {title && (
        <div className={styles.cardHeader}>
          <h2 className={styles.cardTitle}>{title}</h2>
          {beside}
        </div>
      )}
      {children}
    </section>
  );
}

export function Empty({ children }: { children: ReactNode }) {
  return <div className={styles.empty}>{children}</div>;
}

/** Content that needs a live list: a shimmer before, and the server's words when it refuses. */
export function WhenLive({
  live,
  children,
}: {
  live: Pick<Live<unknown>, "isLoading" | "isAbsent" | "error">;
  children: ReactNode;
}) {
  const { t } = useI18n();
  if (live.isAbsent) return <Empty>{t("live.absent")}</Empty>;
  if (live.error) {
    return (
      <Notice level="bad" title={t("live.refused")}>
        {live.error.message}
      </Notice>
    );
  }
  if (live.isLoading) return <Shimmer label={t("live.loading")} />;
  return children;
}

export function Shimmer({ label }: { label: string }) {
  return (
    <div className={styles.shimmer} role="status" aria-label={label}>
      <Skeleton height={14} width="40%" />
      <Skeleton height={14} width="70%" />
      <Skeleton height={14} width="55%" />
    </div>
  );
}
