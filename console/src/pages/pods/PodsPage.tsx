import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { useNamespace } from "../../app/namespace";
import { PODS } from "../../api/resources";
import { useI18n } from "../../i18n/i18n";
import { useLive } from "../../live/useLive";
import { Group, TextInput } from "../../ui/kit";
import { Search } from "../../ui/icons";
import { Card, Page, WhenLive } from "../../ui/Page";
import { PodTable } from "./PodTable";

export function PodsPage() {
  const { t } = useI18n();
  const [namespace] = useNamespace();
  const { q = "", host = "" } = useSearch({ from: "/shell/pods" });
  const navigate = useNavigate({ from: "/pods" });
  const live = useLive(PODS, { namespace, fields: host ? `spec.nodeName=${host}` : "" });
  const sought = q.trim().toLowerCase();
  const pods = useMemo(
    () =>
      live.items.filter((pod) =>
        `${pod.metadata.namespace}/${pod.metadata.name} ${pod.spec.nodeName ?? ""}`.includes(sought),
      ),
    [live.items, sought],
  );
  return (
    <Page
      title={host ? t("pods.onHost", { host }) : t("nav.pods")}
      lead={
        <Group>
          <TextInput
            w={260}
            leftSection={<Search size={15} aria-hidden />}
            placeholder={t("list.find")}
            aria-label={t("list.find")}
            value={q}
            onChange={(event) =>
              void navigate({ search: (before) => ({ ...before, q: event.target.value || undefined }), replace: true })
            }
          />
          {host && (
            <Link to="/pods" search={{}}>
              {t("pods.everywhere")}
            </Link>
          )}
        </Group>
      }
    >
      <Card isFlush>
        <WhenLive live={live}>
          <PodTable pods={pods} empty={live.items.length ? t("list.noMatch") : t("pods.none")} />
        </WhenLive>
      </Card>
    </Page>
  );
}
