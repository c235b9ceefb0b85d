import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { usePlatform } from "../../app/platform";
import { INGRESSES } from "../../api/resources";
import { capacityOf, hostState } from "../../domain/hosts";
import type { Host } from "../../domain/objects";
import { bytes } from "../../domain/quantities";
import { sitesOf } from "../../domain/services";
import type { Level } from "../../domain/state";
import { healthOf } from "../../domain/workloads";
import { useI18n } from "../../i18n/i18n";
import { type Live, useLive } from "../../live/useLive";
import { Anchor } from "../../ui/kit";
import { Boxes, ContainerIcon, Globe, Server } from "../../ui/icons";
import type { WorkloadRow } from "../workloads/useWorkloads";
import styles from "./Home.module.css";
import { Slices } from "./Slices";

const SITES_SHOWN = 3;

export function WorkloadCard({ rows }: { rows: WorkloadRow[] }) {
  const { t } = useI18n();
  return (
    <Tile icon={<Boxes size={18} aria-hidden />} title={t("nav.workloads")} number={rows.length} to="/workloads">
      <Slices levels={rows.map((row) => row.state.level)} to="/workloads" />
    </Tile>
  );
}

export function PodCard({ rows }: { rows: WorkloadRow[] }) {
  const { t } = useI18n();
  const healths = rows.filter((row) => row.workload.kind !== "Job").map((row) => healthOf(row.workload));
  const ready = healths.reduce((sum, health) => sum + Math.min(health.ready, health.desired), 0);
  const desired = healths.reduce((sum, health) => sum + health.desired, 0);
  const levels: Level[] = [...Array<Level>(ready).fill("ok"), ...Array<Level>(desired - ready).fill("busy")];
  return (
    <Tile icon={<ContainerIcon size={18} aria-hidden />} title={t("nav.pods")} number={desired} to="/pods">
      <Slices levels={levels} to="/pods" words={t("home.podsReady", { ready, count: desired })} />
    </Tile>
  );
}

export function HostCard({ hosts }: { hosts: Live<Host> }) {
  const { t, language } = useI18n();
  const totals = hosts.items.map(capacityOf);
  const cpus = totals.reduce((sum, one) => sum + (one.cpus || 0), 0);
  const memory = totals.reduce((sum, one) => sum + (one.memory || 0), 0);
  return (
    <Tile icon={<Server size={18} aria-hidden />} title={t("nav.hosts")} number={hosts.items.length} to="/hosts">
      <Slices
        levels={hosts.items.map((host) => hostState(host).level)}
        to="/hosts"
        words={t("home.capacity", { cpus, memory: bytes(memory, language) })}
      />
    </Tile>
  );
}

export function SiteCard({ namespace }: { namespace: string }) {
  const { t } = useI18n();
  const { balancer } = usePlatform();
  const ingresses = useLive(INGRESSES, { namespace });
  const sites = ingresses.items.flatMap((ingress) => sitesOf(ingress, balancer)).filter((site) => site.url);
  return (
    <Tile icon={<Globe size={18} aria-hidden />} title={t("services.sites")} number={sites.length} to="/services">
      <ul className={styles.sites}>
        {sites.slice(0, SITES_SHOWN).map((site) => (
          <li key={site.url}>
            <Anchor href={site.url} target="_blank" rel="noreferrer" size="sm">
              {site.host}
              {site.path === "/" ? "" : site.path}
            </Anchor>
          </li>
        ))}
        {sites.length === 0 && <li className={styles.dim}>{t("home.noSites")}</li>}
      </ul>
    </Tile>
  );
}

interface TileProps {
  icon: ReactNode;
  title: string;
  number: number;
  to: "/workloads" | "/pods" | "/hosts" | "/services";
  children: ReactNode;
}

function Tile({ icon, title, number, to, children }: TileProps) {
  const { language } = useI18n();
  return (
    <section className={styles.tile} aria-label={title}>
      <h2 className={styles.tileTitle}>
        {icon} {title}
      </h2>
      <Link to={to} className={styles.number} aria-label={`${title}: ${number}`}>
        {new Intl.NumberFormat(language).format(number)}
      </Link>
      {children}
    </section>
  );
}
