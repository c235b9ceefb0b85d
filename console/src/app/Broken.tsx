import type { ErrorComponentProps } from "@tanstack/react-router";
import { useI18n } from "../i18n/i18n";
import { Button } from "../ui/kit";
import { Notice } from "../ui/Notice";
import { Page } from "../ui/Page";

/** A page that could not be shown, with the way on. */
export function Broken({ error }: ErrorComponentProps) {
  const { t } = useI18n();
  return (
    <Page title={t("broken.title")}>
      <Notice level="bad" title={t("broken.what")}>
        <p>{error instanceof Error ? error.message : String(error)}</p>
        <Button onClick={() => location.reload()}>{t("broken.reload")}</Button>
      </Notice>
    </Page>
  );
}
