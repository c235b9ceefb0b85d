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
import { NotFound } from "./NotFound";
import { Shell } from "./Shell";

const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);

const root = createRootRoute({
  component: Outlet,
  validateSearch: (search: Record<string, unknown>): { ns?: string } => ({ ns: text(search.ns) }),
  search: { middlewares: [retainSearchParams(["ns"])] },
});

const signIn = createRoute({ getParentRoute: () => root, path: "/signin", component: SignInPage });
const signInWith = createRoute({ getParentRoute: () => root, path: "/signin/$code", component: SignInPage });
const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Shell });
const inShell = () => shell;

const home = createRoute({
  getParentRoute: inShell,
  path: "/",
  component: lazyRouteComponent(() => import("../pages/home/HomePage"), "HomePage"),
});
const workloads = createRoute({
  getParentRoute: inShell,
  path: "/workloads",
  validateSearch: (search: Record<string, unknown>): { q?: string; state?: string; kind?: string } => ({
    q: text(search.q),
    state: text(search.state),
    kind: text(search.kind),
  }),
  component: lazyRouteComponent(() => import("../pages/workloads/WorkloadsPage"), "WorkloadsPage"),
});
const workload = createRoute({
  getParentRoute: inShell,
  path: "/workloads/$kind/$namespace/$name",
  validateSearch: (search: Record<string, unknown>): { tab?: string; pod?: string } => ({
    tab: text(search.tab),
    pod: text(search.pod),
  }),
  component: lazyRouteComponent(() => import("../pages/workload/WorkloadPage"), "WorkloadPage"),
});
const pods = createRoute({
  getParentRoute: inShell,
  path: "/pods",
  validateSearch: (search: Record<string, unknown>): { q?: string; host?: string } => ({
    q: text(search.q),
    host: text(search.host),
  }),
  component: lazyRouteComponent(() => import("../pages/pods/PodsPage"), "PodsPage"),
});
const pod = createRoute({
  getParentRoute: inShell,
  path: "/pods/$namespace/$name",
  component: lazyRouteComponent(() => import("../pages/pods/PodPage"), "PodPage"),
});
const hosts = createRoute({
  getParentRoute: inShell,
  path: "/hosts",
  validateSearch: (search: Record<string, unknown>): { state?: string } => ({ state: text(search.state) }),
  component: lazyRouteComponent(() => import("../pages/hosts/HostsPage"), "HostsPage"),
});
const services = createRoute({
  getParentRoute: inShell,
  path: "/services",
  component: lazyRouteComponent(() => import("../pages/services/ServicesPage"), "ServicesPage"),
});
const events = createRoute({
  getParentRoute: inShell,
  path: "/events",
  validateSearch: (search: Record<string, unknown>): { q?: string; type?: string } => ({
    q: text(search.q),
    type: text(search.type),
  }),
  component: lazyRouteComponent(() => import("../pages/events/EventsPage"), "EventsPage"),
});
const create = createRoute({
  getParentRoute: inShell,
  path: "/create",
  validateSearch: (search: Record<string, unknown>): { tab?: string } => ({ tab: text(search.tab) }),
  component: lazyRouteComponent(() => import("../pages/create/CreatePage"), "CreatePage"),
});

const nowhere = createRoute({ getParentRoute: inShell, path: "$", component: NotFound });

const tree = root.addChildren([
  signIn,
  signInWith,
  shell.addChildren([home, workloads, workload, pods, pod, hosts, services, events, create, nowhere]),
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
