// Every address of the console. Addresses stand behind `#`, so that one-time codes never reach a server's log.
import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  retainSearchParams,
} from "@tanstack/react-router";
import { SignInPage } from "../pages/signin/SignInPage";
import { Broken } from "./Broken";
import { fetchAhead } from "./reloading";
import { NotFound } from "./NotFound";
import { Shell } from "./Shell";

/** Pages, each fetched on its own. */
const PARTS = {
  home: () => import("../pages/home/HomePage"),
  workloads: () => import("../pages/workloads/WorkloadsPage"),
  workload: () => import("../pages/workload/WorkloadPage"),
  pods: () => import("../pages/pods/PodsPage"),
  pod: () => import("../pages/pods/PodPage"),
  hosts: () => import("../pages/hosts/HostsPage"),
  services: () => import("../pages/services/ServicesPage"),
  events: () => import("../pages/events/EventsPage"),
  stacks: () => import("../pages/stacks/StacksPage"),
  stack: () => import("../pages/stacks/StackPage"),
  newStack: () => import("../pages/stacks/NewStackPage"),
  catalog: () => import("../pages/catalog/CatalogPage"),
  entry: () => import("../pages/catalog/EntryPage"),
  release: () => import("../pages/catalog/ReleasePage"),
  clusters: () => import("../pages/clusters/ClustersPage"),
  costs: () => import("../pages/costs/CostsPage"),
  builds: () => import("../pages/builds/BuildsPage"),
  build: () => import("../pages/builds/BuildPage"),
  hooks: () => import("../pages/hooks/HooksPage"),
  keys: () => import("../pages/keys/KeysPage"),
  audit: () => import("../pages/audit/AuditPage"),
  storage: () => import("../pages/storage/StoragePage"),
  create: () => import("../pages/create/CreatePage"),
};

/** Fetch the pages that are not needed yet. */
export const fetchPages = () => fetchAhead(Object.values(PARTS));

const withTab = (search: Record<string, unknown>): { tab?: string } => ({ tab: text(search.tab) });
const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);

const root = createRootRoute({
  component: Outlet,
  validateSearch: (search: Record<string, unknown>): { ns?: string; cluster?: string } => ({
    ns: text(search.ns),
    cluster: text(search.cluster),
  }),
  search: { middlewares: [retainSearchParams(["ns", "cluster"])] },
});

const signIn = createRoute({ getParentRoute: () => root, path: "/signin", component: SignInPage });
const signInWith = createRoute({ getParentRoute: () => root, path: "/signin/$code", component: SignInPage });
const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Shell });
const inShell = () => shell;

const home = createRoute({
  getParentRoute: inShell,
  path: "/",
  component: lazyRouteComponent(PARTS.home, "HomePage"),
});
const workloads = createRoute({
  getParentRoute: inShell,
  path: "/workloads",
  validateSearch: (search: Record<string, unknown>): { q?: string; state?: string; kind?: string } => ({
    q: text(search.q),
    state: text(search.state),
    kind: text(search.kind),
  }),
  component: lazyRouteComponent(PARTS.workloads, "WorkloadsPage"),
});
const workload = createRoute({
  getParentRoute: inShell,
  path: "/workloads/$kind/$namespace/$name",
  validateSearch: (search: Record<string, unknown>): { tab?: string; pod?: string } => ({
    tab: text(search.tab),
    pod: text(search.pod),
  }),
  component: lazyRouteComponent(PARTS.workload, "WorkloadPage"),
});
const pods = createRoute({
  getParentRoute: inShell,
  path: "/pods",
  validateSearch: (search: Record<string, unknown>): { q?: string; host?: string } => ({
    q: text(search.q),
    host: text(search.host),
  }),
  component: lazyRouteComponent(PARTS.pods, "PodsPage"),
});
const pod = createRoute({
  getParentRoute: inShell,
  path: "/pods/$namespace/$name",
  validateSearch: withTab,
  component: lazyRouteComponent(PARTS.pod, "PodPage"),
});
const hosts = createRoute({
  getParentRoute: inShell,
  path: "/hosts",
  validateSearch: (search: Record<string, unknown>): { state?: string } => ({ state: text(search.state) }),
  component: lazyRouteComponent(PARTS.hosts, "HostsPage"),
});
const services = createRoute({
  getParentRoute: inShell,
  path: "/services",
  component: lazyRouteComponent(PARTS.services, "ServicesPage"),
});
const events = createRoute({
  getParentRoute: inShell,
  path: "/events",
  validateSearch: (search: Record<string, unknown>): { q?: string; type?: string } => ({
    q: text(search.q),
    type: text(search.type),
  }),
  component: lazyRouteComponent(PARTS.events, "EventsPage"),
});
const create = createRoute({
  getParentRoute: inShell,
  path: "/create",
  validateSearch: (search: Record<string, unknown>): { tab?: string } => ({ tab: text(search.tab) }),
  component: lazyRouteComponent(PARTS.create, "CreatePage"),
});

const stacks = createRoute({
  getParentRoute: inShell,
  path: "/stacks",
  component: lazyRouteComponent(PARTS.stacks, "StacksPage"),
});
const newStack = createRoute({
  getParentRoute: inShell,
  path: "/stacks/new",
  component: lazyRouteComponent(PARTS.newStack, "NewStackPage"),
});
const stack = createRoute({
  getParentRoute: inShell,
  path: "/stacks/$namespace/$name",
  validateSearch: withTab,
  component: lazyRouteComponent(PARTS.stack, "StackPage"),
});

const catalog = createRoute({
  getParentRoute: inShell,
  path: "/catalog",
  validateSearch: withTab,
  component: lazyRouteComponent(PARTS.catalog, "CatalogPage"),
});
const entry = createRoute({
  getParentRoute: inShell,
  path: "/catalog/$entry",
  component: lazyRouteComponent(PARTS.entry, "EntryPage"),
});
const release = createRoute({
  getParentRoute: inShell,
  path: "/releases/$namespace/$name",
  component: lazyRouteComponent(PARTS.release, "ReleasePage"),
});

const clusters = createRoute({
  getParentRoute: inShell,
  path: "/clusters",
  component: lazyRouteComponent(PARTS.clusters, "ClustersPage"),
});

const costs = createRoute({
  getParentRoute: inShell,
  path: "/costs",
  validateSearch: withTab,
  component: lazyRouteComponent(PARTS.costs, "CostsPage"),
});

const builds = createRoute({
  getParentRoute: inShell,
  path: "/builds",
  component: lazyRouteComponent(PARTS.builds, "BuildsPage"),
});
const build = createRoute({
  getParentRoute: inShell,
  path: "/builds/$namespace/$name",
  component: lazyRouteComponent(PARTS.build, "BuildPage"),
});
const hooks = createRoute({
  getParentRoute: inShell,
  path: "/hooks",
  component: lazyRouteComponent(PARTS.hooks, "HooksPage"),
});
const keys = createRoute({
  getParentRoute: inShell,
  path: "/keys",
  component: lazyRouteComponent(PARTS.keys, "KeysPage"),
});
const storage = createRoute({
  getParentRoute: inShell,
  path: "/storage",
  component: lazyRouteComponent(PARTS.storage, "StoragePage"),
});

const audit = createRoute({
  getParentRoute: inShell,
  path: "/audit",
  validateSearch: (
    search: Record<string, unknown>,
  ): { user?: string; verb?: string; resource?: string; name?: string } => ({
    user: text(search.user),
    verb: text(search.verb),
    resource: text(search.resource),
    name: text(search.name),
  }),
  component: lazyRouteComponent(PARTS.audit, "AuditPage"),
});

const nowhere = createRoute({ getParentRoute: inShell, path: "$", component: NotFound });

const tree = root.addChildren([
  signIn,
  signInWith,
  shell.addChildren([
    home,
    workloads,
    workload,
    pods,
    pod,
    hosts,
    services,
    events,
    create,
    stacks,
    newStack,
    stack,
    catalog,
    entry,
    release,
    clusters,
    costs,
    builds,
    build,
    hooks,
    keys,
    storage,
    audit,
    nowhere,
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  history: createHashHistory(),
  defaultPreload: "intent",
  defaultErrorComponent: Broken,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
