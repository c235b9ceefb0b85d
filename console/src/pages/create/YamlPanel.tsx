import { useState } from "react";
import { type Applied, applyDocument, isConflict } from "../../api/apply";
import { UnknownKind } from "../../api/discovery";
import { ApiFailure } from "../../api/http";
import { useNamespace } from "../../app/namespace";
import { type Problem, readDocuments, type Written } from "../../domain/documents";
import { type I18n, useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { Button, Group, Stack, Text } from "../../ui/kit";
import { Notice } from "../../ui/Notice";
import { type Mark, YamlEditor } from "./YamlEditor";
import styles from "./YamlPanel.module.css";

interface Outcome {
  applied: Applied[];
  marks: Mark[];
  hasConflict: boolean;
  isDryRun: boolean;
}

/** Applies any manifest; what is refused is shown on the line that is to blame. */
export function YamlPanel({ text, onText }: { text: string; onText: (text: string) => void }) {
  const { t } = useI18n();
  const [outcome, setOutcome] = useState<Outcome>();
  const { apply, isSending } = useApply(text, setOutcome);
  const change = (changed: string) => {
    onText(changed);
    setOutcome(undefined);
  };
  return (
    <Stack>
      <Text c="dimmed" size="sm">
        {t("yaml.lead")}
      </Text>
      <YamlEditor text={text} onText={change} marks={outcome?.marks ?? []} label={t("create.yaml")} />
      {outcome && <Result outcome={outcome} />}
      <Group>
        <Button loading={isSending} disabled={!text.trim()} onClick={() => void apply(false, false)}>
          {t("yaml.apply")}
        </Button>
        <Button variant="default" disabled={!text.trim() || isSending} onClick={() => void apply(true, false)}>
          {t("yaml.check")}
        </Button>
        {outcome?.hasConflict && (
          <Button variant="default" color="red" onClick={() => void apply(outcome.isDryRun, true)}>
            {t("yaml.force")}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function useApply(text: string, onOutcome: (outcome: Outcome) => void) {
  const i18n = useI18n();
  const { explain } = useActing();
  const [namespace] = useNamespace();
  const [isSending, setSending] = useState(false);
  const apply = async (isDryRun: boolean, isForced: boolean) => {
    const { documents, problems } = readDocuments(text);
    const outcome: Outcome = {
      applied: [],
      marks: problems.map((problem) => markOf(problem, i18n)),
      hasConflict: false,
      isDryRun,
    };
    setSending(true);
    for (const document of problems.length ? [] : documents) {
      try {
        outcome.applied.push(await applyDocument(document, { namespace, isDryRun, isForced }));
      } catch (error) {
        outcome.marks.push(
          ...refusals(document, error, error instanceof UnknownKind ? i18n.say(error.text) : explain(error)),
        );
        outcome.hasConflict ||= error instanceof ApiFailure && isConflict(error.status.details?.causes);
      }
    }
    setSending(false);
    onOutcome(outcome);
  };
  return { apply, isSending };
}

function Result({ outcome: { applied, marks, isDryRun } }: { outcome: Outcome }) {
  const { t } = useI18n();
  return (
    <>
      {marks.length > 0 && (
        <Notice level="bad" role="alert" title={t("yaml.refused", { count: marks.length })}>
          <ul className={styles.list}>
            {marks.map((mark) => (
              <li key={`${mark.line}${mark.message}`}>
                {t("yaml.line", { line: mark.line })} {mark.message}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {applied.length > 0 && (
        <Notice level="ok" role="status" title={isDryRun ? t("yaml.wouldApply") : t("yaml.applied")}>
          <ul className={styles.list}>
            {applied.map((one) => (
              <li key={one.number}>
                {one.kind} <b>{one.name}</b> {one.namespace && t("yaml.inNamespace", { namespace: one.namespace })}{" "}
                {one.isNew ? t("yaml.new") : t("yaml.changed")}
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </>
  );
}

function markOf(problem: Problem, { t }: I18n): Mark {
  const message = problem.missing ? t("yaml.missing", { field: problem.missing }) : (problem.message ?? "");
  return { line: problem.line, message };
}

function refusals(document: Written, error: unknown, message: string): Mark[] {
  const causes = error instanceof ApiFailure ? (error.status.details?.causes ?? []) : [];
  const named = causes.filter((cause) => cause.field);
  if (!named.length) return [{ line: document.lineOf(fieldIn(message)), message }];
  return named.map((cause) => ({
    line: document.lineOf(cause.field ?? ""),
    message: `${cause.field}: ${cause.message}`,
  }));
}

/** The field in `unknown field "spec.foo"` or `struct field ConfigMap.data`, which come without causes. */
function fieldIn(message: string): string {
  const [, quoted, plain] = /field "([^"]+)"|struct field \w+\.([\w.[\]]+)/.exec(message) ?? [];
  return quoted ?? plain ?? "";
}
