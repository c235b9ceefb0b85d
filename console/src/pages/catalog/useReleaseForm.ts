// Answers to the questions of a version, the values they make, and what the platform says of them.
import { useState } from "react";
import { parse, stringify } from "yaml";
import { previewRelease } from "../../api/catalog";
import {
  type Answers,
  type CatalogEntry,
  errorsByVariable,
  firstAnswers,
  newestVersion,
  type Preview,
  questionsOf,
  type ReleaseSpec,
  valuesOf,
} from "../../domain/catalog";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";

type Values = Record<string, unknown>;

export function useReleaseForm(entry: CatalogEntry, before: ReleaseSpec = {}) {
  const { t } = useI18n();
  const { explain } = useActing();
  const [version, setVersion] = useState(before.version ?? newestVersion(entry));
  const questions = questionsOf(entry, version);
  const [answers, setAnswers] = useState<Answers>(() => firstAnswers(questions, before.values));
  const [yaml, setYaml] = useState(() =>
    before.values && Object.keys(before.values).length ? stringify(before.values) : "",
  );
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [preview, setPreview] = useState<Preview>();
  const [isAsking, setAsking] = useState(false);

  const specOf = (): ReleaseSpec => {
    const written = questions.length ? before.values : ((parse(yaml || "{}") as Values | null) ?? {});
    const values = questions.length ? valuesOf(entry.spec.format, questions, answers, written) : (written ?? {});
    return { catalog: entry.spec.catalog, entry: entry.spec.name, version, values };
  };
  /** Ask what the release would do; undefined when it is refused, with the reasons at their questions. */
  const check = async (namespace: string, name: string): Promise<ReleaseSpec | undefined> => {
    setAsking(true);
    setPreview(undefined);
    setErrors({});
    try {
      const spec = specOf();
      const found = await previewRelease(namespace, name, spec);
      const refused = found.errors?.length ? found.errors : [t("preview.noAnswer")];
      if (found.phase === "Refused") return void setErrors(errorsByVariable(refused, questions));
      setPreview(found);
      return spec;
    } catch (error) {
      setErrors({ "": explain(error) });
      return undefined;
    } finally {
      setAsking(false);
    }
  };
  const choose = (chosen: string) => {
    setVersion(chosen);
    setAnswers({ ...firstAnswers(questionsOf(entry, chosen), before.values), ...answers });
    setPreview(undefined);
  };
  return { version, choose, questions, answers, setAnswers, yaml, setYaml, errors, preview, isAsking, check };
}
