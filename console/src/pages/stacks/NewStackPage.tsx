import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ApiFailure } from "../../api/http";
import { createStack } from "../../api/stacks";
import type { StackSpec } from "../../domain/stacks";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { Button, Group, TextInput } from "../../ui/kit";
import { Notice } from "../../ui/Notice";
import { Card, Page } from "../../ui/Page";
import { FilesForm } from "./FilesForm";
import { useStackCheck } from "./useStackCheck";

/** A stack from pasted or uploaded files. */
export function NewStackPage() {
  const { t } = useI18n();
  const [name, setName] = useState("");
  const [namespace, setNamespace] = useState("");
  const [spec, setSpec] = useState<StackSpec>({ compose: "" });
  const check = useStackCheck(name || "stack", spec);
  const { create, refusals, isSending } = useCreate(name, namespace || name, spec);
  return (
    <Page title={t("stacks.new")}>
      <Card>
        <FilesForm spec={spec} onSpec={setSpec} check={check}>
          <Group grow align="start">
            <TextInput
              label={t("create.name")}
              required
              value={name}
              error={refusals.name}
              onChange={(event) => setName(event.currentTarget.value.trim())}
            />
            <TextInput
              label={t("column.namespace")}
              placeholder={name}
              value={namespace}
              error={refusals.namespace}
              onChange={(event) => setNamespace(event.currentTarget.value.trim())}
            />
          </Group>
          {refusals.other && (
            <Notice level="bad" role="alert">
              {refusals.other}
            </Notice>
          )}
          <Group>
            <Button loading={isSending} disabled={!check.checked} onClick={() => void create()}>
              {t("create.submit")}
            </Button>
          </Group>
        </FilesForm>
      </Card>
    </Page>
  );
}

interface Refusals {
  name?: string;
  namespace?: string;
  other?: string;
}

function useCreate(name: string, namespace: string, spec: StackSpec) {
  const { t } = useI18n();
  const { explain } = useActing();
  const navigate = useNavigate();
  const [refusals, setRefusals] = useState<Refusals>({});
  const [isSending, setSending] = useState(false);
  const create = async () => {
    if (!name) return setRefusals({ name: t("create.required") });
    setSending(true);
    setRefusals({});
    try {
      await createStack(name, namespace, spec);
      void navigate({ to: "/stacks/$namespace/$name", params: { namespace, name } });
    } catch (error) {
      setRefusals(refusalsOf(error, explain(error)));
    }
    setSending(false);
  };
  return { create, refusals, isSending };
}

function refusalsOf(error: unknown, message: string): Refusals {
  const { details } = error instanceof ApiFailure ? error.status : {};
  const isName = details?.causes?.some(({ field }) => field === "metadata.name") || /already exists/.test(message);
  if (isName && details?.kind === "namespaces") return { namespace: message };
  return isName ? { name: message } : { other: message };
}
