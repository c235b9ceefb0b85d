// Ctrl-K: every page and every object by a few letters of its name.
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { HOSTS, NAMESPACES, SERVICES, WORKLOADS } from "../api/resources";
import { keyOf } from "../domain/objects";
import { WORKLOAD_KINDS } from "../domain/workloads";
import { useI18n } from "../i18n/i18n";
import { useLive } from "../live/useLive";
import { Boxes, Globe, Search, Server } from "../ui/icons";
import { Spotlight, type SpotlightActionData, spotlight } from "../ui/kit";
import { useNamespace } from "./namespace";
import { usePlaces } from "./usePlaces";

export const openPalette = () => spotlight.open();
const MOST_SHOWN = 12;

/** What is found only after the last letter is not marked; Enter then means the first of it. */
function takeFirst() {
  if (document.querySelector("[data-action][data-selected]")) return;
  document.querySelector<HTMLElement>("[data-action]")?.click();
}

export function Palette() {
  const { t } = useI18n();
  const [isOpen, setOpen] = useState(false);
  const actions = useActions(!isOpen);
  return (
    <Spotlight
      actions={actions}
      onSpotlightOpen={() => setOpen(true)}
      onSpotlightClose={() => setOpen(false)}
      shortcut={["mod + K", "/"]}
      limit={MOST_SHOWN}
      scrollable
      maxHeight={420}
      nothingFound={t("palette.nothing")}
      searchProps={{
        leftSection: <Search size={18} />,
        placeholder: t("palette.hint"),
        "aria-label": t("palette.hint"),
        onKeyDown: (event) => {
          if (event.key === "Enter" && !event.nativeEvent.isComposing) takeFirst();
        },
      }}
      highlightQuery
      centered={false}
      attributes={{ content: { "aria-label": t("shell.search") } }}
    />
  );
}

function useActions(isOff: boolean): SpotlightActionData[] {
  const { t } = useI18n();
  const navigate = useNavigate();
  const [, chooseNamespace] = useNamespace();
  const pages = usePlaces().map(({ to, title, Icon }) => ({
    id: to,
    label: t(title),
    leftSection: <Icon size={18} />,
    onClick: () => void navigate({ to }),
  }));
  const workloads = useWorkloadActions(isOff);
  const hosts = useLive(HOSTS, { isOff }).items.map((host) => ({
    id: `host/${host.metadata.name}`,
    label: host.metadata.name,
    description: t("kind.Node"),
    leftSection: <Server size={18} />,
    onClick: () => void navigate({ to: "/pods", search: { host: host.metadata.name } }),
  }));
  const services = useLive(SERVICES, { isOff }).items.map((service) => ({
    id: `service/${keyOf(service)}`,
    label: service.metadata.name,
    description: `${t("kind.Service")} · ${service.metadata.namespace}`,
    leftSection: <Globe size={18} />,
    onClick: () => void navigate({ to: "/services", search: { ns: service.metadata.namespace } }),
  }));
  const namespaces = useLive(NAMESPACES, { isOff }).items.map((one) => ({
    id: `namespace/${one.metadata.name}`,
    label: one.metadata.name,
    description: t("palette.namespace"),
    onClick: () => chooseNamespace(one.metadata.name),
  }));
  return [...pages, ...workloads, ...hosts, ...services, ...namespaces];
}

function useWorkloadActions(isOff: boolean): SpotlightActionData[] {
  const { t } = useI18n();
  const navigate = useNavigate();
  const lists = [
    useLive(WORKLOADS.Deployment, { isOff }),
    useLive(WORKLOADS.StatefulSet, { isOff }),
    useLive(WORKLOADS.DaemonSet, { isOff }),
    useLive(WORKLOADS.Job, { isOff }),
    useLive(WORKLOADS.CronJob, { isOff }),
  ];
  return WORKLOAD_KINDS.flatMap((kind, index) =>
    (lists[index]?.items ?? []).map((obj) => {
      const { namespace = "", name } = obj.metadata;
      return {
        id: `${kind}/${keyOf(obj)}`,
        label: name,
        description: `${t(`kind.${kind}`)} · ${namespace}`,
        leftSection: <Boxes size={18} />,
        onClick: () => void navigate({ to: "/workloads/$kind/$namespace/$name", params: { kind, namespace, name } }),
      };
    }),
  );
}
