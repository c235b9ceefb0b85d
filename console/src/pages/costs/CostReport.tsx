// What was used at which cost: a bar for each month, and the lines of the chosen one.
import { useEffect, useState } from "react";
import { costReport } from "../../api/costs";
import { keyText, lastMonths, money, type Report } from "../../domain/costs";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { type Column, DataTable } from "../../ui/DataTable";
import { Group, Select, Stack, TextInput, useDebouncedValue } from "../../ui/kit";
import { Notice } from "../../ui/Notice";
import { Shimmer } from "../../ui/Page";
import { CostChart } from "./CostChart";

const MONTHS = 6;
const GROUPINGS = ["namespace", "host", "cluster", "label"] as const;

export function CostReport() {
  const { t } = useI18n();
  const [by, setBy] = useState<string>("namespace");
  const [label, setLabel] = useState("app");
  const [months] = useState(() => lastMonths(new Date(), MONTHS));
  const [month, setMonth] = useState(months.at(-1) ?? "");
  const [settled] = useDebouncedValue(by === "label" ? `label:${label}` : by, 300);
  const { reports, refusal } = useReports(settled, months);
  return (
    <Stack>
      <Group align="end">
        <Select
          label={t("costs.by")}
          allowDeselect={false}
          value={by}
          data={GROUPINGS.map((value) => ({ value, label: t(`costsBy.${value}`) }))}
          onChange={(value) => setBy(value ?? "namespace")}
        />
        {by === "label" && (
          <TextInput
            label={t("costs.label")}
            value={label}
            onChange={(event) => setLabel(event.currentTarget.value.trim())}
          />
        )}
      </Group>
      {refusal && (
        <Notice level="warn" role="status">
          {refusal}
        </Notice>
      )}
      {!reports && !refusal && <Shimmer label={t("live.loading")} />}
      {reports && (
        <>
          <CostChart months={reports} chosen={month} onChoose={setMonth} />
          <Lines report={reports.find((one) => one.month === month)?.report} month={month} />
        </>
      )}
    </Stack>
  );
}

function Lines({ report, month }: { report?: Report; month: string }) {
  const { t, language } = useI18n();
  if (!report) return null;
  const columns: Column<Report["lines"][number]>[] = [
    {
      id: "key",
      title: t("column.name"),
      cell: ({ key }) => keyText(key, t("costs.idle"), t("costs.unnamed")),
      sortBy: ({ key }) => key,
    },
    {
      id: "amount",
      title: t("costs.amount"),
      width: "180px",
      align: "right",
      cell: ({ amount }) => money(amount, report.currency, language),
      sortBy: ({ amount }) => Number(amount),
    },
  ];
  return (
    <section aria-label={t("costs.ofMonth", { month })}>
      <DataTable
        label={t("costs.ofMonth", { month })}
        rows={report.lines}
        columns={columns}
        keyOf={({ key }) => key}
        sortedBy="amount"
        isDescending
        empty={t("costs.nothing")}
        rowHeight={38}
      />
      <p style={{ margin: "10px 18px 0", textAlign: "right" }}>
        <b>{t("costs.total", { total: money(report.total, report.currency, language) })}</b>
      </p>
    </section>
  );
}

const EVERY_MS = 60_000;

/** The reports of all months; the present one grows, so they are asked for again each minute. */
function useReports(by: string, months: readonly string[]) {
  const { explain } = useActing();
  const [reports, setReports] = useState<{ month: string; report: Report }[]>();
  const [refusal, setRefusal] = useState("");
  useEffect(() => {
    const stop = new AbortController();
    const ask = () =>
      Promise.all(months.map(async (month) => ({ month, report: await costReport(by, month, stop.signal) }))).then(
        (found) => {
          setReports(found);
          setRefusal("");
        },
        (error: unknown) => stop.signal.aborted || setRefusal(explain(error)),
      );
    void ask();
    const timer = setInterval(() => void ask(), EVERY_MS);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [by, months, explain]);
  return { reports, refusal };
}
