import type { CatalogEntry } from "../../domain/catalog";
import { useI18n } from "../../i18n/i18n";
import { Select, Textarea } from "../../ui/kit";
import { Notice } from "../../ui/Notice";
import { PreviewList } from "./PreviewList";
import { QuestionForm } from "./QuestionForm";
import type { useReleaseForm } from "./useReleaseForm";

interface ReleaseFieldsProps {
  entry: CatalogEntry;
  form: ReturnType<typeof useReleaseForm>;
}

/** Version, questions (or values, where a chart asks nothing), findings and preview. */
export function ReleaseFields({ entry, form }: ReleaseFieldsProps) {
  const { t } = useI18n();
  return (
    <>
      <Select
        label={t("catalog.versionLabel")}
        data={entry.spec.versions.map(({ version }) => version)}
        value={form.version}
        allowDeselect={false}
        onChange={(value) => value && form.choose(value)}
      />
      {form.questions.length > 0 ? (
        <QuestionForm
          questions={form.questions}
          answers={form.answers}
          onAnswers={form.setAnswers}
          errors={form.errors}
        />
      ) : (
        <Textarea
          label={t("catalog.values")}
          description={t("catalog.valuesHint")}
          autosize
          minRows={6}
          maxRows={24}
          value={form.yaml}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12.5 } }}
          onChange={(event) => form.setYaml(event.currentTarget.value)}
        />
      )}
      {form.errors[""] && (
        <Notice level="bad" role="alert">
          {form.errors[""]}
        </Notice>
      )}
      {form.preview && <PreviewList preview={form.preview} />}
    </>
  );
}
