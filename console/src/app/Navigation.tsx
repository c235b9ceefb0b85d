import { Link, type LinkProps } from "@tanstack/react-router";
import type { ComponentType } from "react";
import bell from "../bell.svg";
import { useI18n } from "../i18n/i18n";
import type { Key } from "../i18n/texts";
import { Activity, Boxes, ContainerIcon, Globe, House, Plus, Server } from "../ui/icons";
import { usePlatform } from "./platform";
import styles from "./Shell.module.css";

export interface Place {
  to: "/" | "/workloads" | "/pods" | "/services" | "/hosts" | "/events" | "/create";
  title: "nav.home" | "nav.workloads" | "nav.pods" | "nav.services" | "nav.hosts" | "nav.events" | "nav.create";
  Icon: ComponentType<{ size?: number }>;
}

export const PLACES: (Place & { title: Key })[] = [
  { to: "/", title: "nav.home", Icon: House },
  { to: "/workloads", title: "nav.workloads", Icon: Boxes },
  { to: "/pods", title: "nav.pods", Icon: ContainerIcon },
  { to: "/services", title: "nav.services", Icon: Globe },
  { to: "/hosts", title: "nav.hosts", Icon: Server },
  { to: "/events", title: "nav.events", Icon: Activity },
  { to: "/create", title: "nav.create", Icon: Plus },
];

const exactFor = (to: string): LinkProps["activeOptions"] => ({ exact: to === "/", includeSearch: false });

export function Navigation({ onGo }: { onGo: () => void }) {
  const { t } = useI18n();
  const { version } = usePlatform();
  return (
    <>
      <Link to="/" className={styles.brand}>
        <img src={bell} alt="" width={30} height={30} />
        Bouvier
      </Link>
      <ul className={styles.links}>
        {PLACES.map(({ to, title, Icon }) => (
          <li key={to}>
            <Link to={to} className={styles.link} activeOptions={exactFor(to)} onClick={onGo}>
              <Icon size={18} />
              {t(title)}
            </Link>
          </li>
        ))}
      </ul>
      <div className={styles.foot}>{version}</div>
    </>
  );
}
