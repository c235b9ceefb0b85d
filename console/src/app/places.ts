// The pages that the navigation and the search offer.
import type { ComponentType } from "react";
import type { Key } from "../i18n/texts";
import {
  Activity,
  Blocks,
  Boxes,
  Coins,
  ContainerIcon,
  Globe,
  Hammer,
  HardDrive,
  House,
  KeyRound,
  Layers,
  Plus,
  ScrollText,
  Server,
  Store,
  Webhook,
} from "../ui/icons";

export const SECTIONS = ["start", "applications", "automation", "platform"] as const;

export interface Place {
  to:
    | "/"
    | "/workloads"
    | "/pods"
    | "/services"
    | "/hosts"
    | "/events"
    | "/create"
    | "/stacks"
    | "/catalog"
    | "/clusters"
    | "/costs"
    | "/builds"
    | "/hooks"
    | "/keys"
    | "/storage"
    | "/audit";
  title: Extract<Key, `nav.${string}`>;
  section: (typeof SECTIONS)[number];
  Icon: ComponentType<{ size?: number }>;
  /** Offered when one of these is served, as `GROUP/PLURAL`; without it always. */
  needs?: string[];
  /** It shows what is the whole platform's, so it is offered in its own cluster only. */
  isOfPlatform?: boolean;
}

export const PLACES: Place[] = [
  { to: "/", title: "nav.home", section: "start", Icon: House },
  { to: "/create", title: "nav.create", section: "start", Icon: Plus },
  { to: "/workloads", title: "nav.workloads", section: "applications", Icon: Boxes },
  {
    to: "/stacks",
    title: "nav.stacks",
    section: "applications",
    Icon: Layers,
    needs: ["stacks.bouvier.io/stacks"],
  },
  {
    to: "/catalog",
    title: "nav.catalog",
    section: "applications",
    Icon: Store,
    needs: ["catalog.bouvier.io/catalogentries"],
  },
  {
    to: "/builds",
    title: "nav.builds",
    section: "automation",
    Icon: Hammer,
    needs: ["build.openshift.io/buildconfigs"],
  },
  { to: "/hooks", title: "nav.hooks", section: "automation", Icon: Webhook, needs: ["hooks.bouvier.io/receivers"] },
  { to: "/keys", title: "nav.keys", section: "automation", Icon: KeyRound, needs: ["keys.bouvier.io/apikeys"] },
  {
    to: "/storage",
    title: "nav.storage",
    section: "applications",
    Icon: HardDrive,
    needs: ["storage.k8s.io/storageclasses"],
  },
  { to: "/pods", title: "nav.pods", section: "applications", Icon: ContainerIcon },
  { to: "/services", title: "nav.services", section: "applications", Icon: Globe },
  { to: "/hosts", title: "nav.hosts", section: "platform", Icon: Server },
  {
    to: "/clusters",
    title: "nav.clusters",
    section: "platform",
    Icon: Blocks,
    needs: ["clusters.bouvier.io/clusters"],
    isOfPlatform: true,
  },
  {
    to: "/costs",
    title: "nav.costs",
    section: "platform",
    Icon: Coins,
    needs: ["billing.bouvier.io/pricelists"],
    isOfPlatform: true,
  },
  { to: "/events", title: "nav.events", section: "platform", Icon: Activity },
  {
    to: "/audit",
    title: "nav.audit",
    section: "platform",
    Icon: ScrollText,
    needs: ["audit.bouvier.io/auditevents"],
  },
];
