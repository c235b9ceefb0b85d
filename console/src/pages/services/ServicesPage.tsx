import { useMemo } from "react";
import { useNamespace } from "../../app/namespace";
import { ENDPOINT_SLICES, INGRESSES, SERVICES } from "../../api/resources";
import { countEndpoints } from "../../domain/services";
import { useI18n } from "../../i18n/i18n";
import { useLive } from "../../live/useLive";
import { Stack } from "../../ui/kit";
import { Card, Page, WhenLive } from "../../ui/Page";
import { ServiceTable } from "./ServiceTable";
import { SiteTable } from "./SiteTable";

export function ServicesPage() {
  const { t } = useI18n();
  const [namespace] = useNamespace();
  const services = useLive(SERVICES, { namespace });
  const ingresses = useLive(INGRESSES, { namespace });
  const slices = useLive(ENDPOINT_SLICES, { namespace });
  const endpoints = useMemo(() => countEndpoints(slices.items), [slices.items]);
  return (
    <Page title={t("nav.services")}>
      <Stack gap="lg">
        <Card title={t("services.sites")} isFlush>
          <WhenLive live={ingresses}>
            <SiteTable ingresses={ingresses.items} endpoints={endpoints} />
          </WhenLive>
        </Card>
        <Card title={t("services.services")} isFlush>
          <WhenLive live={services}>
            <ServiceTable
              services={services.items}
              endpoints={endpoints}
              areEndpointsKnown={!slices.isLoading && !slices.isAbsent}
            />
          </WhenLive>
        </Card>
      </Stack>
    </Page>
  );
}
