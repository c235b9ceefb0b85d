// Who did what: a sentence for each event of the audit log, the newest first.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { readAudit } from "../../api/audit";
import { useNamespace } from "../../app/namespace";
import { type AuditEvent, type AuditFilter, deed, isDone, VERBS, what, where, who, why } from "../../domain/audit";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { type Column, DataTable } from "../../ui/DataTable";
import { RefreshCw } from "../../ui/icons";
import { Button, Group, Select, TextInput, useDebouncedValue } from "../../ui/kit";
import { Notice } from "../../ui/Notice";
import { Card, Page, Shimmer } from "../../ui/Page";
import { Ago } from "../../ui/Time";

const SETTLE_MS = 300;

export function AuditPage() {
  const { t } = useI18n();
  const [namespace] = useNamespace();
  const { user, verb, resource, name } = useSearch({ from: "/shell/audit" });
  const log = useAudit(namespace, { user, verb, resource, name });
  const again = (
    <Button variant="default" leftSection={<RefreshCw size={16} />} onClick={log.again}>
      {t("audit.again")}
    </Button>
  );
  return (
    <Page title={t("nav.audit")} actions={again} lead={<Filters />}>
      {log.refusal && (
        <Notice level="bad" role="alert">
          {log.refusal}
        </Notice>
      )}
      <Card isFlush>
        {log.events ? <Events events={log.events} /> : !log.refusal && <Shimmer label={t("live.loading")} />}
      </Card>
      {log.more && (
        <Group justify="center" mt="md">
          <Button variant="default" onClick={log.more}>
            {t("audit.more")}
          </Button>
        </Group>
      )}
    </Page>
  );
}

function Filters() {
  const { t } = useI18n();
  const filter = useSearch({ from: "/shell/audit" });
  const navigate = useNavigate({ from: "/audit" });
  const set = (change: AuditFilter) => void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const field = (key: "user" | "resource" | "name", label: string, placeholder: string) => (
    <TextInput
      w={200}
      label={label}
      placeholder={placeholder}
      value={filter[key] ?? ""}
      onChange={(event) => set({ [key]: event.currentTarget.value.trim() || undefined })}
    />
  );
  return (
    <Group align="end">
      {field("user", t("audit.user"), "alice")}
      <Select
        w={200}
        label={t("audit.verb")}
        allowDeselect={false}
        value={filter.verb ?? ""}
        data={[{ value: "", label: t("audit.anyVerb") }, ...VERBS.map((value) => ({ value, label: value }))]}
        onChange={(value) => set({ verb: value || undefined })}
      />
      {field("resource", t("audit.resource"), "deployments")}
      {field("name", t("column.name"), "web")}
    </Group>
  );
}

function Events({ events }: { events: AuditEvent[] }) {
  const { t, say } = useI18n();
  const columns: Column<AuditEvent>[] = [
    {
      id: "when",
      title: t("column.when"),
      width: "140px",
      cell: ({ stageTimestamp }) => <Ago then={Date.parse(stageTimestamp)} />,
    },
    {
      id: "what",
      title: t("audit.what"),
      cell: (event) => {
        const thing = where(event) ? t("audit.whatIn", { what: what(event), namespace: where(event) }) : what(event);
        return t(deed(event), { who: say(who(event)), what: thing });
      },
    },
    {
      id: "result",
      title: t("audit.result"),
      width: "140px",
      cell: (event) => (isDone(event) ? t("audit.done") : (event.responseStatus?.reason ?? t("audit.refused"))),
    },
    { id: "why", title: t("audit.why"), width: "32%", cell: why },
  ];
  return (
    <DataTable
      label={t("nav.audit")}
      rows={events}
      columns={columns}
      keyOf={({ metadata }) => metadata.name}
      empty={t("audit.none")}
    />
  );
}

/** What has been read of the log so far, and how to go on. */
function useAudit(namespace: string, filter: AuditFilter) {
  const { explain } = useActing();
  const [asked] = useDebouncedValue(JSON.stringify({ namespace, filter }), SETTLE_MS);
  const [turn, setTurn] = useState(0);
  const [events, setEvents] = useState<AuditEvent[]>();
  const [next, setNext] = useState("");
  const [refusal, setRefusal] = useState("");
  const read = async (known: AuditEvent[], from: string, signal?: AbortSignal) => {
    const question = JSON.parse(asked) as { namespace: string; filter: AuditFilter };
    try {
      const page = await readAudit(question.namespace, question.filter, from, signal);
      setEvents([...known, ...page.items]);
      setNext(page.next);
      setRefusal("");
    } catch (error) {
      if (!signal?.aborted) setRefusal(explain(error));
    }
  };
  useEffect(() => {
    const stop = new AbortController();
    void read([], "", stop.signal);
    return () => stop.abort();
    // What is read follows from the question and the turn alone.
  }, [asked, turn]);
  return {
    events,
    refusal,
    again: () => setTurn(turn + 1),
    more: next ? () => void read(events ?? [], next) : undefined,
  };
}
