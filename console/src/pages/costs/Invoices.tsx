import { useState } from "react";
import { draftInvoice, INVOICES, issueInvoice, saveInvoice } from "../../api/costs";
import { useNamespaceNames } from "../../app/NamespacePicker";
import { type Invoice, isOver, lastMonths, money } from "../../domain/costs";
import { useI18n } from "../../i18n/i18n";
import { useLive } from "../../live/useLive";
import { useActing } from "../../ui/Actions";
import { type Column, DataTable } from "../../ui/DataTable";
import { Download } from "../../ui/icons";
import { Button, Group, Select } from "../../ui/kit";
import { WhenLive } from "../../ui/Page";

const MONTHS = 12;

/** A draft for any project and month, and the invoices that are final. */
export function Invoices() {
  const { t } = useI18n();
  const live = useLive(INVOICES);
  return (
    <>
      <NewInvoice />
      <WhenLive live={live}>
        <DataTable
          label={t("costs.invoices")}
          rows={live.items}
          columns={useColumns()}
          keyOf={({ metadata }) => metadata.uid}
          sortedBy="number"
          isDescending
          empty={t("invoices.none")}
        />
      </WhenLive>
    </>
  );
}

function NewInvoice() {
  const { t } = useI18n();
  const { run, confirm } = useActing();
  const namespaces = useNamespaceNames();
  const [months] = useState(() => lastMonths(new Date(), MONTHS).reverse());
  const [project, setProject] = useState("default");
  const [month, setMonth] = useState(months[0] ?? "");
  const save = (form: "pdf" | "csv") => run(async () => saveInvoice("", await draftInvoice(project, month), form));
  const issue = async () => {
    const sure = await confirm({
      title: t("invoices.issueTitle", { project, month }),
      text: t("invoices.issueText"),
      verb: t("invoices.issue"),
    });
    if (sure) await run(async () => issueInvoice(await draftInvoice(project, month), new Date()), t("invoices.issued"));
  };
  return (
    <Group align="end" p="md">
      <Select
        label={t("invoices.project")}
        searchable
        allowDeselect={false}
        data={namespaces.includes(project) ? namespaces : [project, ...namespaces]}
        value={project}
        onChange={(value) => setProject(value ?? "default")}
      />
      <Select
        label={t("invoices.month")}
        w={130}
        allowDeselect={false}
        data={months}
        value={month}
        onChange={(value) => setMonth(value ?? "")}
      />
      <Button variant="default" leftSection={<Download size={15} />} onClick={() => void save("pdf")}>
        {t("invoices.draftPdf")}
      </Button>
      <Button variant="default" leftSection={<Download size={15} />} onClick={() => void save("csv")}>
        {t("invoices.draftCsv")}
      </Button>
      <Button disabled={!isOver(month, new Date())} title={t("invoices.issueHint")} onClick={() => void issue()}>
        {t("invoices.issue")}
      </Button>
    </Group>
  );
}

function useColumns(): Column<Invoice>[] {
  const { t, language } = useI18n();
  const { run } = useActing();
  return [
    {
      id: "number",
      title: t("invoices.number"),
      width: "150px",
      cell: ({ metadata }) => <b>{metadata.name}</b>,
      sortBy: ({ metadata }) => metadata.name,
    },
    {
      id: "project",
      title: t("invoices.project"),
      cell: ({ spec }) => spec.project,
      sortBy: ({ spec }) => spec.project,
    },
    {
      id: "month",
      title: t("invoices.month"),
      width: "110px",
      cell: ({ spec }) => spec.month,
      sortBy: ({ spec }) => spec.month,
    },
    {
      id: "total",
      title: t("costs.amount"),
      width: "150px",
      align: "right",
      cell: ({ spec }) => money(spec.total, spec.currency, language),
    },
    { id: "issued", title: t("invoices.day"), width: "130px", cell: ({ spec }) => spec.issued ?? "–" },
    {
      id: "files",
      title: t("invoices.files"),
      width: "150px",
      cell: ({ metadata, spec }) => (
        <Group gap={4} wrap="nowrap">
          {(["pdf", "csv"] as const).map((form) => (
            <Button
              key={form}
              size="compact-xs"
              variant="default"
              aria-label={t("invoices.save", { number: metadata.name, form: form.toUpperCase() })}
              onClick={() => void run(() => saveInvoice(metadata.name, spec, form))}
            >
              {form.toUpperCase()}
            </Button>
          ))}
        </Group>
      ),
    },
  ];
}
