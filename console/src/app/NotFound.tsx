import { Link } from "@tanstack/react-router";
import { useI18n } from "../i18n/i18n";
import { Empty, Page } from "../ui/Page";

export function NotFound() {
  const { t } = useI18n();
  return (
    <Page title={t("notFound.title")}>
      <Empty>
        <Link to="/">{t("notFound.home")}</Link>
      </Empty>
    </Page>
  );
}
