// A table of any length: only the rows in sight are in the page. Columns sort; arrow keys go from row to row.
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useI18n } from "../i18n/i18n";
import styles from "./DataTable.module.css";
import { ChevronDown, ChevronUp } from "./icons";

export interface Column<T> {
  id: string;
  title: string;
  /** Width as CSS; without one the column shares what is left. */
  width?: string;
  cell: (row: T) => ReactNode;
  /** What the column sorts by; without it the column does not sort. */
  sortBy?: (row: T) => string | number;
  /** The title is for screen readers only. */
  isUntitled?: boolean;
  align?: "right";
}

interface DataTableProps<T> {
  label: string;
  rows: readonly T[];
  columns: Column<T>[];
  keyOf: (row: T) => string;
  /** Sorted by this column at first. */
  sortedBy?: string;
  isDescending?: boolean;
  empty: ReactNode;
  rowHeight?: number;
  /** What is to be said under a row, from its second column on. */
  details?: (row: T) => ReactNode;
}

const ROW_HEIGHT_PX = 46;

interface Order {
  column: string;
  isDescending: boolean;
}

export function DataTable<T>(props: DataTableProps<T>) {
  const { label, columns, keyOf, empty, details, rowHeight = ROW_HEIGHT_PX } = props;
  const [order, setOrder] = useState<Order>({
    column: props.sortedBy ?? "",
    isDescending: props.isDescending ?? false,
  });
  const rows = useSorted(props.rows, columns, order);
  const table = useRef<HTMLTableElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const place = (table.current?.getBoundingClientRect().top ?? 0) + window.scrollY;
    if (Math.abs(place - top) > 1) setTop(place);
  });
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin: top,
    getItemKey: (index) => keyOf(rows[index] as T),
  });
  const shown = virtual.getVirtualItems();
  const before = (shown[0]?.start ?? top) - top;
  const after = virtual.getTotalSize() + top - (shown.at(-1)?.end ?? top);
  return (
    <>
      <table ref={table} className={styles.table} aria-label={label} aria-rowcount={rows.length + 1} onKeyDown={walk}>
        <Head columns={columns} order={order} onOrder={setOrder} />
        <Spacer height={before} columns={columns.length} />
        {shown.map(({ index, key }) => (
          <tbody key={key} ref={virtual.measureElement} data-index={index}>
            <Row row={rows[index] as T} index={index} columns={columns} details={details} />
          </tbody>
        ))}
        <Spacer height={after} columns={columns.length} />
      </table>
      {rows.length === 0 && <div className={styles.empty}>{empty}</div>}
    </>
  );
}

interface RowProps<T> {
  row: T;
  index: number;
  columns: Column<T>[];
  details?: (row: T) => ReactNode;
}

function Row<T>({ row, index, columns, details }: RowProps<T>) {
  const more = details?.(row);
  return (
    <>
      <tr aria-rowindex={index + 2}>
        {columns.map((column) => (
          <td key={column.id} style={{ textAlign: column.align }}>
            {column.cell(row)}
          </td>
        ))}
      </tr>
      {more && (
        <tr className={styles.more}>
          <td />
          <td colSpan={columns.length - 1}>{more}</td>
        </tr>
      )}
    </>
  );
}

function Head<T>({ columns, order, onOrder }: { columns: Column<T>[]; order: Order; onOrder: (order: Order) => void }) {
  return (
    <thead>
      <tr aria-rowindex={1}>
        {columns.map((column) => (
          <th
            key={column.id}
            scope="col"
            style={{ width: column.width, textAlign: column.align }}
            aria-sort={sortOf(column.id, order)}
          >
            <HeadCell column={column} order={order} onOrder={onOrder} />
          </th>
        ))}
      </tr>
    </thead>
  );
}

function HeadCell<T>({ column, order, onOrder }: { column: Column<T>; order: Order; onOrder: (order: Order) => void }) {
  const { t } = useI18n();
  if (column.isUntitled) return <span className="unseen">{column.title}</span>;
  if (!column.sortBy) return column.title;
  const isSorted = order.column === column.id;
  const Arrow = isSorted && order.isDescending ? ChevronDown : ChevronUp;
  const onClick = () => onOrder({ column: column.id, isDescending: isSorted && !order.isDescending });
  return (
    <button type="button" className={styles.sort} onClick={onClick} title={t("table.sort", { column: column.title })}>
      {column.title}
      <Arrow size={13} aria-hidden style={{ visibility: isSorted ? "visible" : "hidden" }} />
    </button>
  );
}

function Spacer({ height, columns }: { height: number; columns: number }) {
  if (height < 1) return null;
  return (
    <tbody aria-hidden className={styles.spacer}>
      <tr>
        <td colSpan={columns} style={{ height }} />
      </tr>
    </tbody>
  );
}

function useSorted<T>(rows: readonly T[], columns: Column<T>[], order: Order): readonly T[] {
  const sortBy = columns.find((column) => column.id === order.column)?.sortBy;
  return useMemo(() => {
    if (!sortBy) return rows;
    const sign = order.isDescending ? -1 : 1;
    const keyed = rows.map((row) => ({ row, key: sortBy(row) }));
    return keyed.sort((a, b) => sign * compare(a.key, b.key)).map(({ row }) => row);
    // The columns are made anew for each rendering; which one sorts is what matters.
  }, [rows, order.column, order.isDescending]);
}

const collator = new Intl.Collator(undefined, { numeric: true });

function compare(a: string | number, b: string | number): number {
  return typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b));
}

function sortOf(column: string, order: Order): "ascending" | "descending" | undefined {
  if (column !== order.column) return undefined;
  return order.isDescending ? "descending" : "ascending";
}

/** Up and down go to the first link of the row above or below. */
function walk(event: KeyboardEvent<HTMLTableElement>): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const target = event.target as HTMLElement;
  if (target.closest("input, textarea, [role=listbox], [role=menu]")) return;
  const row = target.closest("tbody, thead");
  const next = event.key === "ArrowDown" ? row?.nextElementSibling : row?.previousElementSibling;
  const link = next?.querySelector<HTMLElement>("a, button");
  if (!link) return;
  event.preventDefault();
  link.focus();
}
