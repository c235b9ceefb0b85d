// Something that must not be overlooked, in the colour of how bad it is.
import type { ReactNode } from "react";
import type { Level } from "../domain/state";
import styles from "./Notice.module.css";

interface NoticeProps {
  level: Level;
  title?: string;
  /** `alert` when it appears as the answer to what the reader did. */
  role?: "alert" | "status";
  children: ReactNode;
}

export function Notice({ level, title, role, children }: NoticeProps) {
  return (
    <div className={styles.notice} data-level={level} role={role}>
      {title && <b>{title}</b>}
      {children}
    </div>
  );
}
