// What surrounds every page of a signed-in reader: navigation, namespace, search, and the live connection.
import { Navigate, Outlet, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { showCluster } from "../api/cluster";
import { useI18n } from "../i18n/i18n";
import { LiveHub } from "../live/hub";
import { HubContext } from "../live/useLive";
import { WorkloadDialogs } from "../pages/workload/dialogs";
import { AppShell, useDisclosure } from "../ui/kit";
import { Navigation } from "./Navigation";
import { Palette } from "./Palette";
import { PlatformProvider } from "./platform";
import { ServedProvider } from "./served";
import { useSession } from "./session";
import styles from "./Shell.module.css";
import { TopBar } from "./TopBar";

export function Shell() {
  const { user, refresh } = useSession();
  const { cluster = "" } = useSearch({ strict: false });
  // Set before anything below asks for a path; what is below is drawn anew for each cluster.
  showCluster(cluster);
  const hub = useHubWhile(!!user, refresh);
  if (user === null) return <Navigate to="/signin" replace />;
  if (!hub) return null;
  return (
    <HubContext value={hub}>
      <PlatformProvider>
        <ServedProvider key={cluster}>
          <Frame />
        </ServedProvider>
      </PlatformProvider>
    </HubContext>
  );
}

function Frame() {
  const { t } = useI18n();
  const [isOpen, menu] = useDisclosure(false);
  return (
    <AppShell
      layout="alt"
      header={{ height: 54 }}
      navbar={{ width: 212, breakpoint: "sm", collapsed: { mobile: !isOpen } }}
    >
      <a className="skip-link" href="#content" onClick={skip}>
        {t("shell.skip")}
      </a>
      <AppShell.Header className={styles.header}>
        <TopBar isMenuOpen={isOpen} onMenu={menu.toggle} />
      </AppShell.Header>
      <AppShell.Navbar className={styles.navbar} aria-label={t("shell.navigation")}>
        <Navigation onGo={menu.close} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <WorkloadDialogs>
          <Outlet />
        </WorkloadDialogs>
      </AppShell.Main>
      <Palette />
    </AppShell>
  );
}

/** The address after `#` is the router's, so the link may not change it. */
function skip(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

/** The live connection, as long as somebody is signed in; when it is lost, find out whether that is still so. */
function useHubWhile(isSignedIn: boolean, refresh: () => Promise<void>): LiveHub | undefined {
  const hub = useMemo(() => {
    if (!isSignedIn) return undefined;
    return new LiveHub(`wss://${location.host}/bouvier/v1/live`, () => void refresh());
  }, [isSignedIn, refresh]);
  useEffect(() => {
    if (!hub) return undefined;
    const forget = hub.onLinkChange(() => hub.link === "lost" && void refresh());
    hub.start();
    return () => {
      forget();
      hub.stop();
    };
  }, [hub, refresh]);
  return hub;
}
